// SPDX-License-Identifier: Apache-2.0
// What a store lost or can't read, and what an index says wrongly: it costs what needs it, is told,
// and never gives wrong bytes.
#include "three_snapshots.hpp"

using namespace saoluu;
using namespace saoluu::test;
using repo::ChunkPlace;
using store::FaultStore;
namespace fs = std::filesystem;

TEST_CASE("a pack that can't be read costs only the files that need it") {
    const Three three;
    const std::string bad = three.pack(1, true);
    Repository reader = three.open_without(bad, key::kReader);
    Told told;
    const RestoreSummary made =
        must(try_restore(reader, three.snapshots[2], three.source, three.target, told, 2));
    CHECK(made.damaged == 1);
    CHECK(made.failed == 0);
    CHECK(told.count(Severity::damage) == 1);
    CHECK(told.has(Severity::damage, three.source + "/1"));
    CHECK(three.right_files() == 2);

    Told checked;
    const CheckReport report = check_all(reader, checked);
    CHECK(checked.has(Severity::damage, bad));
    CHECK(report.packs + 1 == three.repository.names("packs/").size()); // all others were read
    CHECK(report.damaged_snapshots == std::vector{three.snapshots[1], three.snapshots[2]});
    CHECK(report.alarms == 0);
    // Without a reader's key the same pack is told.
    Repository backup = three.open_without(bad, key::kBackup);
    Told listed;
    CHECK(check_all(backup, listed, false).damage == 1);
    CHECK(listed.has(Severity::damage, bad));
}

TEST_CASE("a catalog that can't be read costs its snapshot, and check goes on") {
    const Three three;
    const std::string bad = three.pack(2, false);
    Repository reader = three.open_without(bad, key::kReader);
    Told told;
    const Result<RestoreSummary> lost =
        try_restore(reader, three.snapshots[2], three.source, three.target, told, 2);
    CHECK((!lost ? lost.error().kind() == ErrorKind::corrupt : lost->damaged > 0));
    restore_to(reader, three.snapshots[1], three.source, three.target);
    CHECK(three.right_files() == 2);
    Told checked;
    const CheckReport report = check_all(reader, checked);
    CHECK(checked.has(Severity::damage, bad));
    CHECK(report.damaged_snapshots == std::vector{three.snapshots[2]});
    CHECK(report.packs + 1 == three.repository.names("packs/").size());
}

TEST_CASE("a store that answers no more ends a run, and is not taken for damage") {
    const Three three;
    auto faulty = std::make_unique<FaultStore>(three.repository.store());
    FaultStore& faults = *faulty;
    Told told;
    Repository reader(std::make_unique<Repository::Impl>(Repository::Impl{must(
        repo::open_access_over(std::move(faulty), three.repository.options(key::kReader), told))}));
    faults.plan({});
    must(try_restore(reader, three.snapshots[2], three.source, three.target, told, 1));
    const std::uint64_t operations = faults.operations();
    fs::remove_all(three.target);
    for (std::uint64_t n = 1; n <= operations; n += 3) {
        CAPTURE(n);
        Told now;
        faults.plan({.at = n,
                     .fault = store::Fault::fail,
                     .kind = ErrorKind::io,
                     .then = store::FaultPlan::Then::is_dead});
        const auto made =
            try_restore(reader, three.snapshots[2], three.source, three.target, now, 1);
        // When nothing but the note in the ledger is left to do, the files are there.
        INFO((made ? "came" : made.error().message()));
        CHECK((made ? made->damaged == 0 : made.error().kind() == ErrorKind::io));
        CHECK_MESSAGE(now.count(Severity::damage) == 0, now.text());
        if (fs::exists(three.target)) {
            const std::size_t right = three.right_files();
            CHECK((!made || right == 3));
        }
        fs::remove_all(three.target);
    }
}

TEST_CASE("an index that names a place twice is as good as one that names it once") {
    const Three three;
    put_segment(three.repository, data_places(three.repository));
    Repository reader = three.repository.open(key::kReader);
    restore_to(reader, three.snapshots[2], three.source, three.target);
    CHECK(three.right_files() == 3);
    Told told;
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
}

TEST_CASE("places that an index makes up give no wrong bytes, and check tells of them") {
    const Three three;
    auto forged = data_places(three.repository);
    REQUIRE(forged.size() > 3);
    SUBCASE("another chunk's") {
        // Each says that it lies where the next one does.
        const ChunkPlace first = forged.begin()->second;
        for (auto it = forged.begin(); it != forged.end(); ++it)
            it->second = std::next(it) == forged.end() ? first : std::next(it)->second;
    }
    SUBCASE("another frame's number") {
        for (auto& [id, place] : forged)
            ++place.frame;
    }
    SUBCASE("a place between two frames") {
        for (auto& [id, place] : forged)
            place.offset += 1;
    }
    SUBCASE("another length") {
        for (auto& [id, place] : forged)
            place.stored_size -= 1, place.plain_size -= 1;
    }
    SUBCASE("another codec") {
        for (auto& [id, place] : forged) {
            place.plain_size = place.stored_size + 1;
            place.codec = data::Codec::zstd;
        }
    }
    SUBCASE("a pack that is not there") {
        for (auto& [id, place] : forged)
            place.pack.bytes[0] ^= std::byte{1};
    }
    put_segment(three.repository, forged);
    three.repository.forget_state();
    Told told;
    {
        Repository reader = three.repository.open(key::kReader);
        restore_to(reader, three.snapshots[2], three.source, three.target);
        CHECK(three.right_files() == 3);
        CHECK(!check_all(reader, told).sound());
    }
    Repository backup = three.repository.open(key::kBackup);
    CHECK(!check_all(backup, told, false).sound()); // seen by who may only write, too

    // And where nothing else leads to the chunks any more.
    for (const auto& names : three.segments)
        for (const std::string& name : names) {
            util::Bytes kept = three.repository.read(name);
            three.repository.remove(name);
        }
    fs::remove_all(three.target);
    Repository reader = three.repository.open(key::kReader);
    const auto lost = try_restore(reader, three.snapshots[2], three.source, three.target, told, 2);
    CHECK((!lost || lost->damaged > 0));
    CHECK(three.right_files() == 0);
}

TEST_CASE(
    "an index segment that is lost is told with its snapshot, and the next backup makes good") {
    const Three three;
    const bool forgets = [] {
        bool all = false;
        SUBCASE("on the computer that had it cached") {}
        SUBCASE("on one that never saw it") {
            all = true;
        }
        return all;
    }();
    for (const std::string& name : three.segments[1])
        three.repository.remove(name);
    if (forgets)
        three.repository.forget_state();
    for (const std::string_view key : {key::kBackup, key::kReader}) {
        Repository opened = three.repository.open(key);
        Told told;
        const CheckReport report = check_all(opened, told, key != key::kBackup);
        CHECK(!report.sound());
        CHECK(told.has(Severity::damage, three.segments[1].front()));
        CHECK_MESSAGE(told.text().find(three.snapshots[1].substr(0, 12)) != std::string::npos,
                      told.text());
        if (key != key::kBackup)
            CHECK(std::ranges::count(report.damaged_snapshots, three.snapshots[2]) == 1);
    }
    Repository reader = three.repository.open(key::kReader);
    Told told;
    CHECK(must(try_restore(reader, three.snapshots[2], three.source, three.target, told)).damaged ==
          1);
    CHECK(three.right_files() == 2);
    fs::remove_all(three.target);

    Repository backup = three.repository.open(key::kBackup);
    const BackupSummary next = back_up(backup, three.source);
    CHECK(next.new_chunk_bytes >= 900'000); // of the one file
    CHECK(next.new_chunk_bytes < 1'000'000);
    restore_to(reader, next.snapshot, three.source, three.target);
    CHECK(three.right_files() == 3);
    // The same file of the older snapshot has come back with it.
    fs::remove_all(three.target);
    restore_to(reader, three.snapshots[2], three.source, three.target);
    CHECK(three.right_files() == 3);
}
