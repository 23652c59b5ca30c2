// SPDX-License-Identifier: Apache-2.0
#include "saoluu/check.hpp"

#include "format/names.hpp"
#include "repo/ledger.hpp"
#include "repo/write_session.hpp"
#include "trees.hpp"

#include <filesystem>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

/// A tiny repository with two snapshots, and what a check on this computer has seen of it.
struct Tiny {
    RepositoryCase repository;
    std::string source = repository.path("source");
    std::vector<std::string> objects;

    Tiny() {
        fs::create_directory(source);
        write_file(source + "/a", "first");
        Repository backup = repository.open(key::kBackup);
        back_up(backup, source);
        write_file(source + "/b", "second");
        back_up(backup, source);
        // The next entry of its maker says that the last snapshot was seen: before that a missing
        // `done` is what a run that was cut short leaves.
        Told told;
        check_all(backup, told, false);
        objects = repository.names();
    }
    /// Findings of a check with the backup key (L0 to L2) or a reader's (all data).
    [[nodiscard]] Result<CheckReport> check(std::string_view key, Told& told) const {
        Result<Repository> opened = repository.try_open(key, told);
        if (!opened)
            return Failure(opened.error());
        return check_all(*opened, told, key != key::kBackup);
    }
    /// Copies of the objects, to undo what a test does to them.
    [[nodiscard]] std::map<std::string, util::Bytes> copy() const {
        std::map<std::string, util::Bytes> all;
        for (const std::string& name : objects)
            all.emplace(name, repository.read(name));
        return all;
    }
    /// As it was, what the checks' own ledger entries added included.
    void restore(const std::map<std::string, util::Bytes>& all) const {
        for (const std::string& name : repository.names())
            if (!all.contains(name))
                repository.remove(name);
        for (const auto& [name, bytes] : all)
            if (!fs::exists(repository.location() + "/" + name) || repository.read(name) != bytes)
                repository.write(name, bytes);
    }
};

/// Whether a check found something, by an error or a finding worse than a notice.
bool is_found(const Tiny& tiny, std::string_view key) {
    Told told;
    const Result<CheckReport> report = tiny.check(key, told);
    return !report || told.count(Severity::warning) + told.count(Severity::damage) +
                              told.count(Severity::alarm) >
                          0;
}

/// Does each change to each object, and demands that a check finds it.
template <class Change>
void check_finds(const Change& change) {
    const Tiny tiny;
    const auto good = tiny.copy();
    std::vector<std::string> missed;
    for (const std::string& name : tiny.objects)
        for (const std::string_view key : {key::kBackup, key::kReader}) {
            if (!change(tiny.repository, name))
                continue;
            if (!is_found(tiny, key))
                missed.push_back(std::string(key) + " " + name);
            tiny.restore(good);
            // What was seen of objects that are gone now is another test's matter.
            tiny.repository.forget_state();
            REQUIRE(!is_found(tiny, key));
            tiny.restore(good);
            tiny.repository.forget_state();
            // This computer has seen the newest entries, as one that runs checks has.
            repo::Access seen = tiny.repository.access(key);
            Told told;
            const repo::Ledger ledger = must(repo::Ledger::load(seen, told));
            must(seen.local.remember({.roster_n = {}, .roster = {}, .heads = ledger.heads()}));
        }
    std::string text;
    for (const std::string& name : missed)
        text += "\n  " + name;
    CHECK_MESSAGE(missed.empty(), text);
}

} // namespace

TEST_CASE("a sound repository is sound to every key that may check it") {
    const Tiny tiny;
    for (const std::string_view key : {key::kBackup, key::kReader, key::kFounder}) {
        Told told;
        const CheckReport report = must(tiny.check(key, told));
        CHECK_MESSAGE(told.findings.empty(), told.text());
        CHECK(report.sound());
        CHECK(report.snapshots == 2);
        CHECK(report.packs == tiny.repository.names("packs/").size());
        CHECK(report.unused_packs == 0);
        CHECK(report.foreign_objects == 0);
        CHECK((key == key::kBackup) == (report.chunks == 0));
    }
    Repository backup = tiny.repository.open(key::kBackup);
    Told told;
    CheckOptions options;
    options.read_data = true;
    CHECK(fails(check(backup, options, told, {}), ErrorKind::wrong_key));
}

TEST_CASE("an object that is gone is found") {
    check_finds([](const RepositoryCase& repository, const std::string& name) {
        repository.remove(name);
        return true;
    });
}

TEST_CASE("an object that was cut short is found") {
    check_finds([](const RepositoryCase& repository, const std::string& name) {
        util::Bytes bytes = repository.read(name);
        bytes.pop_back();
        repository.write(name, bytes);
        return true;
    });
}

TEST_CASE("an object of which a bit flipped is found") {
    std::size_t at = 0;
    check_finds([&at](const RepositoryCase& repository, const std::string& name) {
        repository.flip_bit(name, (at += 37) % repository.read(name).size());
        return true;
    });
}

TEST_CASE("an object that took another's place is found") {
    std::string last;
    check_finds([&last](const RepositoryCase& repository, const std::string& name) {
        const std::string other = std::exchange(last, name);
        if (other.empty() || repository.read(other) == repository.read(name))
            return false;
        const util::Bytes one = repository.read(name), two = repository.read(other);
        repository.write(name, two);
        repository.write(other, one);
        return true;
    });
}

TEST_CASE("what damage costs is said, snapshot by snapshot") {
    const Tiny tiny;
    for (const std::string& name : tiny.repository.names("packs/"))
        tiny.repository.flip_bit(name, 90); // the first frame of each
    Told told;
    const CheckReport report = must(tiny.check(key::kReader, told));
    CHECK(!report.sound());
    CHECK(report.damaged_snapshots.size() == 2);
}

TEST_CASE("packs of a session that did not end are no damage") {
    const Tiny tiny;
    repo::Access backup = tiny.repository.access(key::kBackup);
    Told told;
    {
        const auto session = must(repo::WriteSession::begin(backup, told));
        auto packer = session->data_packer();
        data::Compressor compressor(3);
        const util::Bytes plain(1000);
        must(packer.add(format::ChunkKind::data,
                        session->domain().chunk_id(format::ChunkKind::data, plain),
                        compressor.compress(plain), plain.size()));
        must(packer.finish());
        session->keep_stored();
    }
    // Its segment never came, as where the process died.
    for (const std::string& name : tiny.repository.names("index/"))
        if (!std::ranges::count(tiny.objects, name))
            tiny.repository.remove(name);
    for (const std::string_view key : {key::kBackup, key::kReader}) {
        const CheckReport report = must(tiny.check(key, told));
        CHECK_MESSAGE(report.sound(), told.text());
        CHECK(report.unused_packs == 1);
        CHECK(report.warnings == 0);
    }
}

TEST_CASE("what saoluu did not make is counted and left alone") {
    const Tiny tiny;
    tiny.repository.write("somebody.txt", util::Bytes(10));
    tiny.repository.write("packs/aa/not a pack", util::Bytes(10));
    Told told;
    const CheckReport report = must(tiny.check(key::kBackup, told));
    CHECK(report.foreign_objects == 2);
    CHECK(report.sound());
    CHECK(tiny.repository.names("somebody.txt").size() == 1);
}
