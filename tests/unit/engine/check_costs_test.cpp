// SPDX-License-Identifier: Apache-2.0
// What a check says of the files and snapshots that damage costs, and what it must not call damage.
#include "engine/check_run.hpp"
#include "three_snapshots.hpp"

#include <filesystem>

using namespace saoluu;
using namespace saoluu::test;
using State = CheckedSnapshot::State;

namespace {

CheckReport check_with(const RepositoryCase& repository, std::string_view key, Told& told,
                       bool read_data = false) {
    Repository opened = repository.open(key);
    return check_all(opened, told, read_data);
}

std::vector<State> states_of(const CheckReport& report) {
    std::vector<State> states;
    for (const CheckedSnapshot& snapshot : report.checked)
        states.push_back(snapshot.state);
    return states;
}

/// Puts a mark and its ledger entry, as a command that condemns packs does.
void condemn(const RepositoryCase& repository, std::vector<format::PackId> packs) {
    repo::Access admin = repository.access(key::kFounder);
    const format::MarkId mark = put_mark(admin, format::MarkPurpose::prune, std::move(packs));
    Told told;
    repo::note_act(admin, format::Act::mark,
                   {.roster = {}, .session = {}, .mark = mark, .text = ""}, told);
    REQUIRE_MESSAGE(told.findings.empty(), told.text());
}

format::PackId id_of(const std::string& name) {
    return format::names::parse_as<format::names::PackName>(name)->pack;
}

} // namespace

TEST_CASE("a reader's key names the files of a damaged pack, with and without reading the data") {
    const Three three;
    three.repository.flip_bit(three.pack(1, true), 5000);
    for (const bool read_data : {false, true}) {
        CAPTURE(read_data);
        Repository reader = three.repository.open(key::kReader);
        std::vector<DamagedFile> files;
        CheckOptions options{.read_data = read_data};
        options.on_damaged_file = [&](const DamagedFile& file) { files.push_back(file); };
        Told told;
        const CheckReport report = must(check(reader, options, told, {}));
        const std::string path = three.source + "/1";
        CHECK(report.walked_catalogs);
        CHECK(report.damaged_files == 1);
        REQUIRE(report.damaged_paths.size() == 1);
        CHECK(report.damaged_paths[0].path == path);
        CHECK(report.damaged_paths[0].snapshots == std::vector<std::size_t>{1, 2});
        CHECK(states_of(report) ==
              std::vector{State::whole, State::misses_files, State::misses_files});
        // One finding for the file, and every snapshot of it for programs.
        CHECK(std::ranges::count(told.findings, path, &Finding::subject) == 1);
        REQUIRE(files.size() == 2);
        CHECK(files[0].path == path);
        CHECK(files[0].snapshot == three.snapshots[1]);
        CHECK(files[1].snapshot == three.snapshots[2]);
        CHECK(report.kinds.at(DamageKind::packs) == 1);
        CHECK(report.kinds.at(DamageKind::files) == 1);
    }
}

TEST_CASE("of a damaged pack only the files are named whose chunks are damaged") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    std::filesystem::create_directory(source);
    for (int i = 0; i < 5; ++i)
        write_file(source + "/" + std::to_string(i),
                   random_bytes(50'000, static_cast<std::uint64_t>(i)));
    Repository backup = repository.open(key::kBackup);
    back_up(backup, source);
    std::string pack;
    for (const std::string& name : repository.names("packs/"))
        if (repository.read(name).size() > 200'000)
            pack = name;
    repository.flip_bit(pack, 100); // of the first frame
    Told told;
    CHECK(check_with(repository, key::kReader, told).damaged_files == 1);
    // Bytes that hold no chunk cost nothing.
    repository.flip_bit(pack, 100);
    repository.flip_bit(pack, repository.read(pack).size() - 300);
    Told padding;
    const CheckReport report = check_with(repository, key::kReader, padding);
    CHECK(!report.sound());
    CHECK(report.damaged_files == 0);
    CHECK(states_of(report) == std::vector{State::whole});
}

TEST_CASE("a key that only writes names the snapshots that may be concerned") {
    const Three three;
    SUBCASE("a pack that is damaged") {
        three.repository.flip_bit(three.pack(1, true), 5000);
    }
    SUBCASE("a pack that is gone") {
        three.repository.remove(three.pack(1, true));
    }
    SUBCASE("a pack that was cut") {
        util::Bytes bytes = three.repository.read(three.pack(1, true));
        bytes.resize(bytes.size() / 2);
        three.repository.write(three.pack(1, true), bytes);
    }
    SUBCASE("an index segment that is gone") {
        three.repository.remove(three.segments[1].front());
    }
    SUBCASE("an index segment that is damaged") {
        three.repository.flip_bit(three.segments[1].front(), 200);
    }
    // Another client's snapshot, in a domain of its own, has nothing to do with it.
    Repository other = three.repository.open(key::kOther, "there");
    const std::string theirs = back_up(other, three.source).snapshot;
    Told told;
    const CheckReport report = check_with(three.repository, key::kBackup, told);
    CHECK(!report.sound());
    CHECK(!report.walked_catalogs);
    CHECK(report.damaged_files == 0);
    REQUIRE(report.checked.size() == 4);
    for (const CheckedSnapshot& snapshot : report.checked) {
        const bool is_later =
            snapshot.id == three.snapshots[1] || snapshot.id == three.snapshots[2];
        CHECK((snapshot.state == (is_later ? State::may_miss : State::whole)));
        CHECK(!snapshot.client.empty());
    }
}

TEST_CASE("what may be concerned follows domain, chain and clocks") {
    const auto snapshot = [](unsigned char name, unsigned char actor, std::uint64_t sequence,
                             format::Domain domain, format::Time started) {
        repo::Snapshot made;
        made.record.session.bytes[0] = std::byte{name};
        made.record.sequence = sequence;
        made.record.domain = domain;
        made.record.started = started;
        made.record.ended = started + 5;
        made.actor.bytes[0] = std::byte{actor};
        return made;
    };
    repo::SnapshotSet set;
    set.snapshots = {snapshot(1, 1, 1, 7, 100), snapshot(2, 1, 2, 7, 50), // his clock went back
                     snapshot(3, 2, 1, 7, 90), snapshot(4, 2, 2, 7, 200),
                     snapshot(5, 3, 1, 8, 300)};
    const auto concerned = [&](const engine::Concern& concern) {
        Events silent;
        engine::CheckEvents events(silent);
        events.count([&](CheckReport& report) { report.checked.resize(set.snapshots.size()); });
        engine::PackFindings packs;
        packs.concerns = {concern};
        engine::tell_concerned(set, packs, events);
        std::vector<int> found;
        for (std::size_t i = 0; i < set.snapshots.size(); ++i)
            if (events.report().checked[i].state == State::may_miss)
                found.push_back(static_cast<int>(i) + 1);
        return found;
    };
    const format::SessionId first = set.snapshots[0].record.session;
    CHECK(concerned({.session = first, .domain = 7}) == std::vector{1, 2, 4});
    CHECK(concerned({.session = first, .domain = {}}) == std::vector{1, 2, 4, 5});
    CHECK(concerned({.session = set.snapshots[1].record.session, .domain = 7}) ==
          std::vector{2, 3, 4});
    format::SessionId unfinished;
    unfinished.bytes[0] = std::byte{99};
    CHECK(concerned({.session = unfinished, .domain = 7}) == std::vector{1, 2, 3, 4});
    CHECK(concerned({}) == std::vector{1, 2, 3, 4, 5});
}

TEST_CASE("two sessions' open objects that changed places are an alarm") {
    const Three three;
    const auto open_of = [&](int i) {
        return "snapshots/" + three.snapshots[static_cast<std::size_t>(i)] + "/open";
    };
    const util::Bytes one = three.repository.read(open_of(0)),
                      two = three.repository.read(open_of(1));
    three.repository.write(open_of(0), two);
    three.repository.write(open_of(1), one);
    Told told;
    CHECK(check_with(three.repository, key::kBackup, told).alarms == 2);
    CHECK(told.has(Severity::alarm, open_of(0)));
    CHECK(told.has(Severity::alarm, open_of(1)));
}

TEST_CASE("places that the index names twice are counted, and harmless") {
    const Three three;
    const auto places = data_places(three.repository);
    put_segment(three.repository, places);
    Told told;
    const CheckReport report = check_with(three.repository, key::kBackup, told);
    CHECK_MESSAGE(report.sound(), told.text());
    CHECK(report.doubled_entries == places.size());
    CHECK(told.count(Severity::notice) == 1);
    CHECK(told.count(Severity::warning) == 0);
}

TEST_CASE("packs that a mark names and a sweep took away are no damage") {
    const Three three;
    std::vector<format::PackId> packs;
    for (const std::string& name : three.packs[0])
        packs.push_back(id_of(name));
    for (const std::string& name : three.packs[0])
        three.repository.remove(name);
    Told before;
    CHECK(check_with(three.repository, key::kBackup, before).kinds.contains(DamageKind::packs));
    condemn(three.repository, packs);
    Told told;
    const CheckReport report = check_with(three.repository, key::kBackup, told);
    CHECK_MESSAGE(report.sound(), told.text());
    // Who can read sees that a snapshot needed them all the same.
    Told read;
    CHECK(check_with(three.repository, key::kReader, read, true).damaged_files > 0);
}

TEST_CASE("a marked pack that the index has dropped already is no damage") {
    const Three three;
    std::vector<format::PackId> packs;
    for (const std::string& name : three.packs[2])
        packs.push_back(id_of(name));
    condemn(three.repository, packs);
    for (const std::string& name : three.segments[2])
        three.repository.remove(name);
    Told told;
    check_with(three.repository, key::kBackup, told);
    CHECK(!told.has(Severity::damage, "packs/")); // the segment is another matter
    CHECK(told.has(Severity::damage, three.segments[2].front()));
}

TEST_CASE("what this user may not read makes a check incomplete, and is no damage") {
    const Three three;
    std::string hidden;
    SUBCASE("a pack") {
        hidden = three.pack(1, true);
    }
    SUBCASE("an entry under a session") {
        hidden = "snapshots/" + three.snapshots[0] + "/open";
    }
    auto faulty = std::make_unique<store::FaultStore>(three.repository.store());
    faulty->plan({.kind = ErrorKind::denied, .object = hidden});
    Told told;
    Repository backup(std::make_unique<Repository::Impl>(Repository::Impl{must(
        repo::open_access_over(std::move(faulty), three.repository.options(key::kBackup), told))}));
    const CheckReport report = check_all(backup, told, false);
    CHECK_MESSAGE(report.sound(), told.text());
    CHECK(report.unreadable == 1);
    CHECK(told.has(Severity::warning, hidden));
}

TEST_CASE("a catalog that is lost is said to hide what follows") {
    const Three three;
    three.repository.remove(three.pack(2, false));
    Told told;
    const CheckReport report = check_with(three.repository, key::kReader, told);
    REQUIRE(!report.damaged_paths.empty());
    CHECK(report.damaged_paths.front().and_on);
    CHECK(states_of(report) == std::vector{State::whole, State::whole, State::misses_files});
}

TEST_CASE("healed copies are checked, whether their pack is there or not") {
    const Three three;
    const std::string name = three.pack(0, true), copy = name + ".1";
    three.repository.write(copy, three.repository.read(name));
    Told good;
    CHECK_MESSAGE(check_with(three.repository, key::kBackup, good).sound(), good.text());
    three.repository.flip_bit(copy, 7);
    Told bad;
    CHECK(check_with(three.repository, key::kBackup, bad).damage == 1);
    CHECK(bad.has(Severity::damage, copy));
    // A good one makes up for its pack.
    three.repository.flip_bit(copy, 7);
    three.repository.flip_bit(name, 5000);
    Told healed;
    const CheckReport report = check_with(three.repository, key::kReader, healed);
    CHECK_MESSAGE(report.sound(), healed.text());
    CHECK(healed.has(Severity::notice, name));
    CHECK(report.damaged_files == 0);
}
