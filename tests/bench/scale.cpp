// SPDX-License-Identifier: Apache-2.0
// How time and memory grow with a repository and with a tree (tests/bench/README.md).
#include "bench_repository.hpp"
#include "child.hpp"
#include "crypto/secret.hpp"
#include "repo/index.hpp"
#include "synthetic.hpp"
#include "util/file.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace saoluu;
using namespace saoluu::bench;

constexpr const char* kUsage =
    "usage: saoluu_scale make FOLDER CHUNKS ENTRIES    a repository and a tree; one that is there\n"
    "                                                  grows to so many chunks\n"
    "       saoluu_scale measure FOLDER [RUNS [WHAT]]  what commands take on it: medians; of all,\n"
    "                                                  or of those with WHAT in their name\n"
    "       saoluu_scale lookups FOLDER ASKED          loads its index and asks it so often,\n"
    "                                                  in this process\n"
    "The program that is measured is the saoluu of the same build, or SAOLUU.\n";

/// What a folder holds.
struct Facts {
    std::uint64_t chunks = 0;
    std::uint64_t entries = 0;
};

struct Paths {
    explicit Paths(const std::string& where)
        : folder(std::filesystem::absolute(where).lexically_normal().string()),
          tree(folder + "/tree"), facts(folder + "/facts") {}
    std::string folder, tree, facts;

    [[nodiscard]] Facts read() const {
        Facts read;
        std::ifstream(facts) >> read.chunks >> read.entries;
        return read;
    }
    void write(const Facts& what) const {
        std::ofstream(facts) << what.chunks << " " << what.entries << "\n";
    }
};

using Words = std::vector<std::string>;

/// Runs commands of saoluu on one repository.
class Program {
public:
    explicit Program(const Paths& paths) : paths_(paths), repository_(paths.folder) {}

    Cost run(const Words& words, std::string_view key) const {
        Words all = {path()};
        all.insert(all.end(), words.begin(), words.end());
        const Words tail = {"--repo", repository_.location(), "--key-file",
                            repository_.key_file(key)};
        all.insert(all.end(), tail.begin(), tail.end());
        return run_any(all);
    }
    /// This program's own `lookups`.
    Cost look_up(std::size_t asked) const {
        return run_any({std::filesystem::read_symlink("/proc/self/exe").string(), "lookups",
                        paths_.folder, std::to_string(asked)});
    }
    [[nodiscard]] std::string output() const {
        constexpr std::size_t kMost = 16 << 20;
        const util::Bytes bytes = must(util::read_file(paths_.folder + "/output", kMost));
        return std::string(util::as_text(bytes));
    }

private:
    static std::string path() {
        const char* given = std::getenv("SAOLUU");
        return given != nullptr ? given : SAOLUU_PROGRAM;
    }
    Cost run_any(const Words& words) const {
        const Cost cost = run_program(words,
                                      {{"SAOLUU_STATE_DIR", repository_.folders().state},
                                       {"SAOLUU_CACHE_DIR", repository_.folders().cache}},
                                      paths_.folder + "/output");
        if (cost.exit_code != 0)
            give_up(words[0] + " " + words[1] + " ended with " + std::to_string(cost.exit_code) +
                    ":\n" + output());
        return cost;
    }
    const Paths& paths_;
    BenchRepository repository_;
};

Words backup_words(const Paths& paths) {
    return {"backup", paths.tree, "--job", "tree"};
}

void make(const Paths& paths, const Facts& wanted) {
    const BenchRepository repository(paths.folder);
    Facts facts = paths.read();
    if (facts.chunks == 0)
        run_apart([&] {
            std::filesystem::create_directories(paths.folder);
            repository.make();
        });
    if (facts.chunks < wanted.chunks)
        run_apart([&] { add_chunks(repository, facts.chunks, wanted.chunks); });
    facts.chunks = std::max(facts.chunks, wanted.chunks);
    paths.write(facts);
    run_apart([&] { make_tree(paths.tree, wanted.entries, facts.chunks); });
    facts.entries = wanted.entries;
    paths.write(facts);
    // What was changed within the two seconds before a run is read again by the next.
    const Program program(paths);
    program.run(backup_words(paths), BenchRepository::kBackup);
    program.run(backup_words(paths), BenchRepository::kBackup);
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Nanoseconds for each id.
double time_of(const repo::Index& index, std::span<const format::ChunkId> ids, bool wanted) {
    const auto start = std::chrono::steady_clock::now();
    for (const format::ChunkId& id : ids)
        if (index.is_usable(format::ChunkKind::data, id) != wanted)
            give_up("the index does not say what is stored");
    return seconds_since(start) * 1e9 / static_cast<double>(ids.size());
}

void look_up(const Paths& paths, std::size_t asked) {
    const Facts facts = paths.read();
    const repo::Access access = BenchRepository(paths.folder).access(BenchRepository::kBackup);
    const format::DomainKeys& domain = *access.keyring.domain(access.self().domain);
    Complaints complaints;
    repo::Index index = must(repo::Index::load(access, complaints));
    if (asked == 0)
        return;
    index.choose_usable([](const repo::PackRow&) { return true; });
    std::mt19937_64 random(facts.chunks);
    std::vector<format::ChunkId> hits(asked), misses(asked);
    for (std::size_t i = 0; i < asked; ++i) {
        hits[i] = domain.chunk_id(format::ChunkKind::data, content_of(random() % facts.chunks));
        misses[i] = crypto::random_id<format::ChunkId>();
    }
    // The first time a page of the index is touched the system maps it; a second look is the index
    // alone.
    const double first_ns = time_of(index, hits, true);
    const double hit_ns = time_of(index, hits, true);
    const double miss_ns = time_of(index, misses, false);
    std::printf("%.0f %.0f %.0f %llu\n", first_ns, hit_ns, miss_ns,
                static_cast<unsigned long long>(index.entries()));
}

/// Prints a line of the table: the medians of some runs.
class Table {
public:
    Table(Facts facts, std::size_t runs, std::string what)
        : facts_(facts), runs_(runs), what_(std::move(what)) {
        std::printf("| chunks | entries | what | wall s | CPU s | peak MiB | own MiB | wall an "
                    "item |\n|---:|---:|---|---:|---:|---:|---:|---:|\n");
    }
    template <class Run>
    void add(const char* what, std::uint64_t items, const char* item, const Run& run) const {
        if (std::string_view(what).find(what_) == std::string_view::npos)
            return;
        std::vector<double> wall, cpu, peak, own;
        for (std::size_t i = 0; i < runs_; ++i) {
            const Cost cost = run();
            wall.push_back(cost.wall_seconds);
            cpu.push_back(cost.cpu_seconds);
            peak.push_back(cost.peak_mib);
            own.push_back(cost.own_mib);
        }
        const double seconds = median(wall);
        std::printf("| %llu | %llu | %s | %.3f | %.3f | %.1f | %.1f | %.2f µs/%s |\n",
                    static_cast<unsigned long long>(facts_.chunks),
                    static_cast<unsigned long long>(facts_.entries), what, seconds, median(cpu),
                    median(peak), median(own), seconds * 1e6 / static_cast<double>(items), item);
        std::fflush(stdout);
    }

private:
    Facts facts_;
    std::size_t runs_;
    std::string what_; ///< what is asked for has this in its name
};

void measure(const Paths& paths, std::size_t runs, const std::string& what) {
    const Facts facts = paths.read();
    if (facts.entries == 0)
        give_up("make it first");
    const Program program(paths);
    const Table table(facts, runs, what);
    const std::string cache = BenchRepository(paths.folder).folders().cache;
    // Away and back: what the list of files says must stay for the backups.
    const std::string kept = cache + ".kept";
    table.add("index, read anew", facts.chunks, "chunk", [&] {
        std::filesystem::rename(cache, kept);
        const Cost cost = program.look_up(0);
        std::filesystem::remove_all(cache);
        std::filesystem::rename(kept, cache);
        return cost;
    });
    table.add("index, from the cache", facts.chunks, "chunk", [&] { return program.look_up(0); });
    constexpr std::size_t kAsked = 200'000;
    std::vector<double> first, hit, miss;
    double places = 0;
    table.add("index, and 400,000 look-ups", facts.chunks, "chunk", [&] {
        const Cost cost = program.look_up(kAsked);
        double values[4] = {};
        if (std::sscanf(program.output().c_str(), "%lf %lf %lf %lf", &values[0], &values[1],
                        &values[2], &values[3]) != 4)
            give_up("lookups said something else");
        first.push_back(values[0]);
        hit.push_back(values[1]);
        miss.push_back(values[2]);
        places = values[3];
        return cost;
    });
    table.add("backup, nothing new", facts.entries, "entry",
              [&] { return program.run(backup_words(paths), BenchRepository::kBackup); });
    table.add("ls of one folder", facts.chunks, "chunk", [&] {
        const std::string folder = middle_folder(paths.tree, facts.entries);
        const Cost cost = program.run({"ls", "latest:tree:" + folder}, BenchRepository::kReader);
        const std::string listed = program.output();
        if (static_cast<std::uint64_t>(std::ranges::count(listed, '\n')) != kFilesInFolder)
            give_up("ls listed something else:\n" + listed);
        return cost;
    });
    table.add("check", facts.chunks, "chunk",
              [&] { return program.run({"check"}, BenchRepository::kReader); });
    if (!hit.empty())
        std::printf(
            "\n%.0f places; look-up: hit %.0f ns the first time and %.0f ns later, miss %.0f "
            "ns\n",
            places, median(first), median(hit), median(miss));
}

int run(std::span<char*> words) {
    const auto number = [&](std::size_t at, std::uint64_t otherwise) -> std::uint64_t {
        return words.size() > at ? std::stoull(words[at]) : otherwise;
    };
    const std::string command = words.size() > 2 ? words[1] : "";
    must(crypto::start());
    if (command == "make" && words.size() == 5)
        make(Paths(words[2]), {.chunks = number(3, 0), .entries = number(4, 0)});
    else if (command == "measure" && words.size() <= 5)
        measure(Paths(words[2]), std::max<std::uint64_t>(number(3, 3), 1),
                words.size() > 4 ? words[4] : "");
    else if (command == "lookups" && words.size() == 4)
        look_up(Paths(words[2]), number(3, 0));
    else
        give_up(kUsage);
    return 0;
}

} // namespace

int main(int count, char** words) {
    try {
        return run({words, static_cast<std::size_t>(count)});
    } catch (const std::exception& thrown) {
        give_up(thrown.what());
    }
}
