// SPDX-License-Identifier: Apache-2.0
// What checks and restores ask of a store behind a network.
#include "counting_store.hpp"
#include "made_snapshots.hpp"
#include "random_bytes.hpp"

#include "store/read_ahead.hpp"

#include "saoluu/check.hpp"

#include <algorithm>

using namespace saoluu;
using namespace saoluu::test;
using format::Entry;

namespace {

constexpr std::size_t kMiB = 1 << 20;

class Far final : public store::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    [[nodiscard]] store::Nature nature() const override {
        return {.is_remote = true, .requests_at_once = 8};
    }
};

/// Files that fill two packs, read over a network.
struct FarRepository {
    RepositoryCase repository;
    std::shared_ptr<CountingStore::Reads> reads = std::make_shared<CountingStore::Reads>();
    std::string snapshot;
    Told told;

    explicit FarRepository(std::size_t files = 42) {
        SnapshotMaker maker(repository);
        std::vector<Entry> entries;
        for (std::size_t i = 0; i < files; ++i)
            entries.push_back(maker.file_of("file" + std::to_string(i),
                                            util::as_text(random_bytes(kMiB + i * 1000, i))));
        snapshot = maker.commit(entries);
    }
    Repository open() {
        return Repository(std::make_unique<Repository::Impl>(Repository::Impl{must(
            repo::open_access_over(store::make_reading_ahead(std::make_unique<Far>(
                                       std::make_unique<CountingStore>(repository.store(), reads))),
                                   repository.options(key::kReader), told))}));
    }
    /// Bytes that were read more than once, of all packs.
    std::uint64_t read_again() {
        std::uint64_t again = 0;
        for (auto& [name, all] : reads->of) {
            if (!name.starts_with("packs/"))
                continue;
            std::ranges::sort(all, {}, &CountingStore::Read::offset);
            std::uint64_t end = 0;
            for (const CountingStore::Read& read : all) {
                const std::uint64_t stop = read.offset + read.size;
                again += std::min(end, stop) - std::min(end, read.offset);
                end = std::max(end, stop);
            }
        }
        return again;
    }
    std::size_t requests() const {
        std::size_t count = 0;
        for (const auto& [name, all] : reads->of)
            count += name.starts_with("packs/") ? all.size() : 0;
        return count;
    }
};

} // namespace

TEST_CASE("a restore over a network reads no byte twice, in large pieces") {
    FarRepository far;
    for (const unsigned threads : {1U, 2U, 8U}) {
        CAPTURE(threads);
        far.reads->of.clear();
        Repository reader = far.open();
        const ScratchFolder folder = ScratchFolder::in_memory();
        RestoreOptions options;
        options.threads = threads;
        const RestoreSummary made =
            restore_all(reader, far.snapshot, folder / "out", far.told, options);
        CHECK(made.files == 42);
        CHECK(made.damaged + made.failed == 0);
        CHECK(far.read_again() == 0);
        CHECK(far.requests() <= 20); // 42 MiB by 4, the headers of two packs, a catalog
    }
    CHECK_MESSAGE(far.told.findings.empty(), far.told.text());
}

TEST_CASE("a check over a network reads packs once but for their ends") {
    FarRepository far;
    for (const unsigned threads : {1U, 2U, 8U}) {
        CAPTURE(threads);
        far.reads->of.clear();
        Repository reader = far.open();
        CheckOptions options;
        options.read_data = true;
        options.threads = threads;
        const CheckReport report = must(check(reader, options, far.told, {}));
        CHECK(report.packs == 3);
        CHECK(far.read_again() <= 4 * (std::uint64_t{64} << 10) + kMiB); // and the catalog
        CHECK(far.requests() <= 60);
    }
    CHECK_MESSAGE(far.told.findings.empty(), far.told.text());
}

TEST_CASE("a check over a network sees each bit that is wrong now") {
    FarRepository far(3);
    const auto packs = far.repository.names("packs/");
    for (const std::string& pack : packs) {
        const std::size_t size = far.repository.read(pack).size();
        for (const std::size_t at : {std::size_t{7}, size / 2, size - 50}) {
            CAPTURE(at);
            far.repository.flip_bit(pack, at);
            Repository reader = far.open();
            CheckOptions options;
            options.read_data = true;
            Told told;
            static_cast<void>(check(reader, options, told, {}));
            CHECK(told.has(Severity::damage));
            far.repository.flip_bit(pack, at);
            Told healed;
            Repository again = far.open(); // a folder's store keeps files open
            must(check(again, options, healed, {}));
            CHECK_MESSAGE(!healed.has(Severity::damage), healed.text());
        }
    }
}

TEST_CASE("a catalog over a network is fetched by its pack, not by its page") {
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    std::vector<Entry> entries = {folder_at("a")};
    for (int i = 0; i < 20'000; ++i)
        entries.push_back(entry_of("a/" + std::to_string(i), format::FileType::file));
    const std::string snapshot = maker.commit(entries);
    const auto reads = std::make_shared<CountingStore::Reads>();
    Told told;
    Repository reader(
        std::make_unique<Repository::Impl>(Repository::Impl{must(repo::open_access_over(
            std::make_unique<Far>(std::make_unique<CountingStore>(repository.store(), reads)),
            repository.options(key::kReader), told))}));
    RestoreOptions options;
    options.dry_run = true;
    restore_all(reader, snapshot, repository.path("out"), told, options);
    std::size_t count = 0;
    for (const auto& [name, all] : reads->of)
        count += name.starts_with("packs/") ? all.size() : 0;
    CHECK(count == 1);
}
