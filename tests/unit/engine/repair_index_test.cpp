// SPDX-License-Identifier: Apache-2.0
#include "saoluu/repair.hpp"

#include "three_snapshots.hpp"

#include <filesystem>

using namespace saoluu;
using namespace saoluu::test;
namespace fs = std::filesystem;

namespace {

Result<RepairIndexReport> try_repair(const RepositoryCase& repository, std::string_view key,
                                     Told& told, bool dry_run = false) {
    Repository opened = repository.open(key);
    return repair_index(opened, {.dry_run = dry_run, .threads = 2}, told, {});
}

RepairIndexReport repair(const RepositoryCase& repository, std::string_view key = key::kFounder) {
    Told told;
    return must(try_repair(repository, key, told));
}

/// Sound to every key, and nothing even noted.
void demand_sound(const RepositoryCase& repository) {
    for (const std::string_view key : {key::kBackup, key::kReader}) {
        Repository opened = repository.open(key);
        Told told;
        const CheckReport report = check_all(opened, told, key != key::kBackup);
        CHECK_MESSAGE(told.findings.empty(), told.text());
        CHECK(report.sound());
        CHECK(report.doubled_entries == 0);
        CHECK(report.unused_packs == 0);
    }
}

void demand_restorable(const Three& three, std::size_t files = 3) {
    Repository reader = three.repository.open(key::kReader);
    Told told;
    static_cast<void>(
        must(try_restore(reader, three.snapshots[2], three.source, three.target, told, 2)));
    CHECK(three.right_files() == files);
    fs::remove_all(three.target);
}

void remove_index(const RepositoryCase& repository) {
    for (const std::string& name : repository.names("index/"))
        repository.remove(name);
}

} // namespace

TEST_CASE("an index that is whole is left as it is") {
    const Three three;
    const auto before = three.repository.names();
    for (const std::string_view key : {key::kFounder, key::kBackup}) {
        const RepairIndexReport report = repair(three.repository, key);
        CHECK(report.sound());
        CHECK(report.complete());
        CHECK(report.segments_put == 0);
        CHECK(report.packs == three.repository.names("packs/").size());
    }
    CHECK(three.repository.names() == before);
}

TEST_CASE("an admin makes a lost index again, whatever part of it is lost") {
    const Three three;
    std::size_t lost = 0;
    SUBCASE("all of it") {
        lost = three.repository.names("index/").size();
        remove_index(three.repository);
    }
    SUBCASE("one segment, on the computer that had it cached") {
        lost = 1;
        three.repository.remove(three.segments[1].front());
    }
    SUBCASE("one segment, whose bytes are damaged") {
        lost = 1;
        three.repository.flip_bit(three.segments[1].front(), 300);
    }
    SUBCASE("one segment, which is empty") {
        lost = 1;
        three.repository.write(three.segments[1].front(), {});
    }
    const auto segments = three.repository.names("index/");
    Told told;
    const RepairIndexReport dry = must(try_repair(three.repository, key::kFounder, told, true));
    CHECK(three.repository.names("index/") == segments);
    CHECK(dry.dry_run);
    CHECK(dry.packs_added > 0);
    CHECK(dry.segments_put > 0);
    CHECK(dry.segments_lost == lost);

    const RepairIndexReport report = repair(three.repository);
    CHECK(report.sound());
    CHECK(report.complete());
    CHECK(report.packs_added == dry.packs_added);
    CHECK(report.chunks_added == dry.chunks_added);
    CHECK(report.segments_put == dry.segments_put);
    CHECK(report.segments_replaced == lost);
    demand_sound(three.repository);
    demand_restorable(three);
    CHECK(repair(three.repository).segments_put == 0);
    // The next backup builds on what was found again.
    Repository backup = three.repository.open(key::kBackup);
    CHECK(back_up(backup, three.source).new_chunk_bytes < 20'000);
    demand_sound(three.repository);
}

TEST_CASE("a backup key adds what it stored, and leaves the rest to an admin") {
    const Three three;
    Repository other = three.repository.open(key::kOther, "there");
    back_up(other, three.source);
    const std::size_t others = three.repository.names("packs/").size() - three.packs[0].size() -
                               three.packs[1].size() - three.packs[2].size();
    remove_index(three.repository);
    const RepairIndexReport report = repair(three.repository, key::kBackup);
    CHECK(report.sound());
    CHECK(!report.complete());
    CHECK(report.packs_left == others);
    CHECK(report.packs_added == report.packs - others);
    CHECK(report.segments_left == report.segments_lost);
    demand_restorable(three);
    Repository reader = three.repository.open(key::kReader);
    Told told;
    CHECK(!check_all(reader, told).sound());
    // The admin does that rest, and only that.
    const RepairIndexReport by_admin = repair(three.repository);
    CHECK(by_admin.packs_added == others);
    CHECK(by_admin.complete());
    demand_sound(three.repository);
}

TEST_CASE("a restore key may not sign an index") {
    const Three three;
    remove_index(three.repository);
    Told told;
    CHECK(fails(try_repair(three.repository, key::kReader, told), ErrorKind::wrong_key));
    CHECK(fails(try_repair(three.repository, key::kReader, told, true), ErrorKind::wrong_key));
    CHECK(three.repository.names("index/").empty());
}

TEST_CASE("a pack whose directory is damaged is named, and the others are found again") {
    const Three three;
    const std::string bad = three.pack(1, true);
    const util::Bytes good = three.repository.read(bad);
    util::Bytes cut = good;
    cut.resize(cut.size() - 1000);
    three.repository.write(bad, cut);
    SUBCASE("which no segment tells of any more") {
        remove_index(three.repository);
        Told told;
        const RepairIndexReport report = must(try_repair(three.repository, key::kFounder, told));
        CHECK(report.damaged_packs == 1);
        CHECK(report.damaged_snapshots == 2);
        CHECK(told.has(Severity::damage, bad));
        // What is lost with the segments is not hidden.
        CHECK(report.segments_left == report.segments_lost);
        demand_restorable(three, 2);
        Repository backup = three.repository.open(key::kBackup);
        CHECK(!check_all(backup, told, false).sound());
    }
    SUBCASE("which an old segment tells of") {
        Told told;
        const RepairIndexReport report = must(try_repair(three.repository, key::kFounder, told));
        CHECK(report.damaged_packs == 1);
        CHECK(report.segments_put == 0);
        CHECK(told.has(Severity::damage, bad));
    }
    // With a good copy back all is well again.
    three.repository.write(bad, good);
    CHECK(repair(three.repository).complete());
    demand_sound(three.repository);
    demand_restorable(three);
}

TEST_CASE("garbage under a directory is not believed, but frames that open are") {
    const RepositoryCase repository;
    const std::string source = repository.path("source"), target = repository.path("out");
    fs::create_directory(source);
    for (int i = 0; i < 5; ++i)
        write_file(source + "/" + std::to_string(i),
                   random_bytes(50'000, static_cast<std::uint64_t>(i)));
    Repository backup = repository.open(key::kBackup);
    const std::string snapshot = back_up(backup, source).snapshot;
    std::string pack;
    for (const std::string& name : repository.names("packs/"))
        if (repository.read(name).size() > 200'000)
            pack = name;
    repository.flip_bit(pack, 100); // of the first frame
    remove_index(repository);
    // Who can't open frames can't tell the good ones.
    Told by_backup;
    const RepairIndexReport unread = must(try_repair(repository, key::kBackup, by_backup));
    CHECK(unread.damaged_packs == 1);
    CHECK(unread.packs_added == repository.names("packs/").size() - 1);
    const RepairIndexReport report = repair(repository);
    CHECK(report.damaged_packs == 1);
    CHECK(report.chunks_added == 4);
    CHECK(repair(repository).chunks_added == 0); // and not once more
    Repository reader = repository.open(key::kReader);
    Told told;
    CHECK(must(try_restore(reader, snapshot, source, target, told)).damaged == 1);
    CHECK(tree_of(target).size() == 5); // itself and four
}

TEST_CASE("segments that say what no directory does are replaced") {
    const Three three;
    auto forged = data_places(three.repository);
    SUBCASE("another place") {
        for (auto& [id, place] : forged)
            place.offset += 1;
    }
    SUBCASE("another frame") {
        for (auto& [id, place] : forged)
            place.frame += 1000;
    }
    SUBCASE("another size of the pack") {
        for (auto& [id, place] : forged)
            place.pack_size += 1;
    }
    const auto before = three.repository.names("index/");
    put_segment(three.repository, forged);
    const auto wrong = Three::added(three.repository.names("index/"), before);
    REQUIRE(wrong.size() == 1);
    {
        Repository backup = three.repository.open(key::kBackup);
        Told told;
        CHECK(!check_all(backup, told, false).sound());
    }
    const RepairIndexReport by_backup = repair(three.repository, key::kBackup);
    CHECK(by_backup.segments_wrong == 1);
    CHECK(by_backup.segments_left == 1);
    const RepairIndexReport report = repair(three.repository);
    CHECK(report.segments_wrong == 1);
    CHECK(report.segments_replaced == 1);
    CHECK(report.segments_removed == 1);
    CHECK(report.complete());
    CHECK(!std::ranges::count(three.repository.names("index/"), wrong.front()));
    demand_sound(three.repository);
    demand_restorable(three);
}

TEST_CASE("a pack that is gone stays told, also when the index is made again") {
    const Three three;
    const std::string gone = three.pack(1, true);
    three.repository.remove(gone);
    Told told;
    const RepairIndexReport report = must(try_repair(three.repository, key::kFounder, told));
    CHECK(report.missing_packs == 1);
    CHECK(!report.sound());
    CHECK(told.has(Severity::damage, gone));
    // With its segment nothing names it any more but the catalogs.
    three.repository.remove(three.segments[1].front());
    const RepairIndexReport blind = repair(three.repository);
    CHECK(blind.damaged_snapshots == 2);
    CHECK(blind.segments_left == 1);
    Repository backup = three.repository.open(key::kBackup);
    Told checked;
    CHECK(!check_all(backup, checked, false).sound());
    // A new backup stores the file again, and then the older snapshots have it too.
    back_up(backup, three.source);
    CHECK(repair(three.repository).complete());
    demand_sound(three.repository);
}

TEST_CASE(
    "a store that lets nobody remove keeps damaged segments, and check goes by the new ones") {
    const Three three;
    const std::string bad = three.segments[1].front();
    three.repository.flip_bit(bad, 300);
    const util::Bytes kept = three.repository.read(bad);
    CHECK(repair(three.repository).segments_removed == 1);
    three.repository.write(bad, kept); // as if it could not be removed
    Repository backup = three.repository.open(key::kBackup);
    Told told;
    const CheckReport report = check_all(backup, told, false);
    CHECK_MESSAGE(report.sound(), told.text());
    CHECK(told.has(Severity::notice, bad));
    CHECK(repair(three.repository).segments_removed == 1);
    demand_sound(three.repository);
}

TEST_CASE("a segment that claims to replace others counts only from an admin") {
    const Three three;
    const auto lost = format::names::parse_as<format::names::IndexName>(three.segments[1].front());
    three.repository.remove(three.segments[1].front());
    const auto claim = [&](std::string_view key) {
        const repo::Access access = three.repository.access(key);
        const format::Authorship by = must(access.authorship());
        format::IndexSegment segment;
        segment.signer = by.signer;
        segment.roster = by.roster;
        segment.replaces = {lost->segment};
        const util::Bytes object = segment.seal(by.repository, by.epoch, by.suite, by.pair);
        must(access.store->put(format::names::index(format::name_of<format::SegmentId>(object)),
                               object));
    };
    Repository backup = three.repository.open(key::kBackup);
    claim(key::kBackup);
    Told told;
    const CheckReport by_backup = check_all(backup, told, false);
    CHECK(told.has(Severity::damage, three.segments[1].front()));
    CHECK(by_backup.alarms == 1);
    claim(key::kDeputy);
    Told after;
    check_all(backup, after, false);
    CHECK(!after.has(Severity::damage, three.segments[1].front()));
}

TEST_CASE("a repair that is cut short anywhere does no harm, and the next one ends it") {
    const Three three;
    remove_index(three.repository);
    const std::string path = three.repository.location();
    const std::string saved = three.repository.path("saved");
    fs::copy(path, saved, fs::copy_options::recursive);
    for (std::uint64_t n = 1;; n += 7) {
        CAPTURE(n);
        auto faulty = std::make_unique<store::FaultStore>(three.repository.store());
        store::FaultStore& faults = *faulty;
        Told told;
        Repository admin(
            std::make_unique<Repository::Impl>(Repository::Impl{must(repo::open_access_over(
                std::move(faulty), three.repository.options(key::kFounder), told))}));
        faults.plan({.at = n,
                     .fault = store::Fault::fail,
                     .kind = ErrorKind::io,
                     .then = store::FaultPlan::Then::is_dead});
        const auto made = repair_index(admin, {.threads = 1}, told, {});
        const bool is_through = made && !faults.has_struck();
        if (!is_through)
            CHECK(fails(made, ErrorKind::io));
        CHECK(repair(three.repository).complete());
        demand_sound(three.repository);
        if (is_through)
            break;
        fs::remove_all(path);
        fs::copy(saved, path, fs::copy_options::recursive);
        three.repository.forget_state();
    }
    demand_restorable(three);
}

TEST_CASE("a repair that a person stops says so") {
    const Three three;
    remove_index(three.repository);
    Repository admin = three.repository.open(key::kFounder);
    std::stop_source stop;
    stop.request_stop();
    Told told;
    CHECK(fails(repair_index(admin, {}, told, stop.get_token()), ErrorKind::interrupted));
    CHECK(three.repository.names("index/").empty());
}

TEST_CASE("packs of a backup that runs meanwhile may be named twice, and all stays sound") {
    const Three three;
    repo::Access access = three.repository.access(key::kBackup, "there");
    Told told;
    const auto session = must(repo::WriteSession::begin(access, told));
    auto packer = session->data_packer();
    data::Compressor compressor(3);
    const util::Bytes plain = random_bytes(1000, 77);
    must(packer.add(format::ChunkKind::data,
                    session->domain().chunk_id(format::ChunkKind::data, plain),
                    compressor.compress(plain), plain.size()));
    must(packer.finish());
    static_cast<void>(repair(three.repository));
    session->keep_stored();
    Repository backup = three.repository.open(key::kBackup);
    CHECK_MESSAGE(check_all(backup, told, false).sound(), told.text());
}
