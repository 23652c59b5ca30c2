// SPDX-License-Identifier: Apache-2.0
// The rotating check on repositories: what it reads, what it remembers, and what backups make of
// it.
#include "engine/full_checks.hpp"
#include "repo/hashed_packs.hpp"
#include "store/forwarding.hpp"
#include "three_snapshots.hpp"

#include "saoluu/heal.hpp"
#include "saoluu/mirror.hpp"

#include <atomic>
#include <chrono>

using namespace saoluu;
using namespace saoluu::test;
using std::chrono::hours;
namespace fs = std::filesystem;

namespace {

constexpr UnixTime kDay = 24 * 3600;

struct FakeClock final : util::Clock {
    [[nodiscard]] std::int64_t now() const override { return time; }
    std::int64_t time = std::time(nullptr);
};

struct Rotated {
    Three three;
    FakeClock clock;

    CheckReport turn(Events& events, std::string_view key = key::kBackup) {
        Repository repository = three.repository.open(key);
        repository.impl().access.clock = &clock;
        return must(check(repository, {.rotate = hours(24 * 4), .threads = 2}, events, {}));
    }
    CheckReport full(bool read_data, std::string_view key, const std::string& machine = "here") {
        Repository repository = three.repository.open(key, machine);
        repository.impl().access.clock = &clock;
        Told told;
        return must(check(repository, {.read_data = read_data, .threads = 2}, told, {}));
    }
    static std::string hex(const std::string& pack) { return pack.substr(pack.rfind('/') + 1); }
};

/// Reads some objects wrong, once each.
class FlippingStore final : public store::ForwardingStore {
public:
    FlippingStore(std::unique_ptr<store::Store> base, std::string object)
        : ForwardingStore(std::move(base)), object_(std::move(object)) {}
    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        Result<void> done = ForwardingStore::read(name, offset, out);
        if (name == object_ && out.size() > 500'000 && !flipped_.exchange(true))
            out[3000] ^= std::byte{1};
        return done;
    }

private:
    const std::string object_;
    std::atomic<bool> flipped_ = false;
};

} // namespace

TEST_CASE("a rotating check reads its share, and after a cycle every byte was seen") {
    Rotated world;
    std::set<std::string> read;
    for (int day = 0; day < 4; ++day) {
        Told told;
        const CheckReport report = world.turn(told);
        CHECK_MESSAGE(report.sound(), told.text());
        CHECK(report.packs < report.listed_packs);
        CHECK(report.pack_bytes >= report.listed_pack_bytes / 4);
        REQUIRE(report.rotation);
        CHECK(report.rotation->longest_unseen <= hours(24 * day));
        world.clock.time += kDay;
    }
    Told told;
    CHECK(world.turn(told).rotation->seen_percent == 100);
    // It leaves nothing in the ledger, where it would stay for ever.
    const std::size_t entries = world.three.repository.names("ledger/").size();
    world.turn(told);
    CHECK(world.three.repository.names("ledger/").size() == entries);
}

TEST_CASE("what is damaged is found within the cycle, stays known, and is read each time") {
    Rotated world;
    const std::string bad = world.three.pack(1, true);
    world.three.repository.flip_bit(bad, 3000);
    int found = -1;
    for (int day = 0; day < 8; ++day) {
        Told told;
        const CheckReport report = world.turn(told);
        if (!report.sound() && found < 0)
            found = day;
        CHECK(report.sound() == (found < 0));
        if (found >= 0) {
            CHECK(told.has(Severity::damage, bad));
            CHECK(report.bad_packs == std::vector<std::string>{Rotated::hex(bad)});
        }
        world.clock.time += kDay;
    }
    CHECK(found >= 0);
    CHECK(found <= 4);
}

TEST_CASE("a backup builds on no pack that this computer saw bad, and on a healed one again") {
    Rotated world;
    const std::string copy = world.three.repository.path("copy");
    Told told;
    MirrorOptions mirrored;
    mirrored.from = world.three.repository.options(key::kBackup, "mirror");
    mirrored.to = copy;
    must(mirror(mirrored, told, {}));
    const std::string bad = world.three.pack(1, true);
    world.three.repository.flip_bit(bad, 3000);
    const auto stored_by = [&](const std::string& machine) {
        Repository backup = world.three.repository.open(key::kBackup, machine);
        BackupOptions options;
        options.sources = {world.three.source};
        options.force_read = true;
        Told quiet;
        return must(saoluu::backup(backup, options, quiet, {})).stored_bytes;
    };
    CHECK(stored_by("here") < 200'000); // nobody knows yet
    CHECK_FALSE(world.full(false, key::kBackup).sound());
    CHECK(repo::HashedPacks::load(world.three.repository.access(key::kBackup).local).bad().size() ==
          1);
    CHECK(stored_by("elsewhere") < 200'000);
    const std::uint64_t anew = stored_by("here");
    CHECK(anew > 800'000);
    CHECK(anew < 1'200'000);
    CHECK(stored_by("here") < 200'000); // it lies in another pack now

    Repository backup = world.three.repository.open(key::kBackup);
    HealOptions healed;
    healed.from = {copy};
    healed.packs = {Rotated::hex(bad)};
    CHECK(must(heal(backup, healed, told, {})).healed == 1);
    CHECK(repo::HashedPacks::load(world.three.repository.access(key::kBackup).local).bad().empty());
    CHECK(world.full(false, key::kBackup).sound());
}

TEST_CASE("what is read wrong once and right the next time is no damage") {
    Rotated world;
    const std::string object = world.three.pack(0, true);
    for (const bool read_data : {false, true}) {
        Told told;
        Repository repository(
            std::make_unique<Repository::Impl>(Repository::Impl{must(repo::open_access_over(
                std::make_unique<FlippingStore>(world.three.repository.store(), object),
                world.three.repository.options(key::kReader), told))}));
        const CheckReport report =
            must(check(repository, {.read_data = read_data, .threads = 1}, told, {}));
        CHECK_MESSAGE(report.sound(), told.text());
        CHECK(told.has(Severity::warning, object));
        CHECK(report.packs == report.listed_packs);
        CHECK(report.bad_packs.empty());
        CHECK(report.damaged_files == 0);
    }
    CHECK(world.full(true, key::kReader).sound());
}

TEST_CASE("a healed copy stands for its pack whether it is its turn or not") {
    Rotated world;
    const std::string bad = world.three.pack(1, true);
    const util::Bytes good = world.three.repository.read(bad);
    util::Bytes cut = good;
    cut.resize(good.size() / 2);
    world.three.repository.write(bad, cut);
    world.three.repository.write(bad + ".1", good);
    for (int day = 0; day < 6; ++day) {
        Told told;
        const CheckReport report = world.turn(told);
        CHECK_MESSAGE(report.sound(), told.text());
        CHECK(report.bad_packs.empty());
        world.clock.time += kDay;
    }
}

TEST_CASE("what was condemned has no turn, and does not keep the cycle from being whole") {
    Rotated world;
    const std::string bad = world.three.pack(1, true);
    world.three.repository.flip_bit(bad, 3000);
    CHECK_FALSE(world.full(false, key::kBackup).sound());
    Repository reader = world.three.repository.open(key::kReader);
    Told told;
    CHECK(must(heal(reader, {}, told, {})).marked == 1);
    for (int day = 0; day < 6; ++day) {
        world.clock.time += kDay;
        const CheckReport report = world.turn(told);
        CHECK(report.sound());
        CHECK(report.bad_packs.empty());
        CHECK(report.rotation->seen_percent == 100);
    }
}

TEST_CASE("a full check by who may read is known to every key, any other is not") {
    Rotated world;
    const auto last = [&](std::string_view key = key::kBackup) {
        Repository repository = world.three.repository.open(key, "somewhere");
        repository.impl().access.clock = &world.clock;
        Told told;
        return must(last_full_check(repository, told));
    };
    CHECK_FALSE(last());
    world.full(false, key::kBackup);
    world.full(false, key::kReader); // nothing was decrypted
    {
        Repository reader = world.three.repository.open(key::kReader);
        Told told;
        must(check(reader, {.read_data = true, .sample_percent = 50, .threads = 2}, told, {}));
    }
    CHECK_FALSE(last());
    const UnixTime at = world.clock.time += kDay;
    CHECK(world.full(true, key::kReader).last_full_check->at == at);
    REQUIRE(last());
    CHECK(last()->at == at);
    CHECK(last()->is_sound);
    CHECK_FALSE(last()->by.empty());
    CHECK(last(key::kFounder)->at == at);
    Told told;
    CHECK(world.turn(told).last_full_check->at == at);

    world.three.repository.flip_bit(world.three.pack(0, true), 3000);
    world.clock.time += kDay;
    world.full(true, key::kFounder);
    CHECK(last()->at == at + kDay);
    CHECK_FALSE(last()->is_sound);
}

TEST_CASE(
    "a writer who says that he checked everything, and a clock that is ahead, are no checks") {
    Rotated world;
    const std::string text = "packs 3 of 3 damage 0 alarms 0 read-data true unreadable 0 share 100";
    const auto enter = [&](std::string_view key, UnixTime time, const std::string& said) {
        repo::Access access = world.three.repository.access(key);
        FakeClock clock;
        clock.time = time;
        access.clock = &clock;
        Told told;
        must(repo::append_entry(
            access, format::Act::check,
            format::encode_facts({.roster = {}, .session = {}, .mark = {}, .text = said}), told));
    };
    const auto last = [&] {
        Repository repository = world.three.repository.open(key::kBackup);
        Told told;
        return must(last_full_check(repository, told));
    };
    enter(key::kBackup, world.clock.time, text);
    CHECK_FALSE(last());
    enter(key::kReader, world.clock.time + 400 * kDay, text);
    CHECK_FALSE(last());
    enter(key::kReader, world.clock.time - 10, "checked by hand");
    CHECK_FALSE(last());
    // As the first version wrote it.
    enter(key::kReader, world.clock.time - 9, "packs 2 of 3 damage 0 alarms 0 read-data true");
    CHECK_FALSE(last());
    enter(key::kReader, world.clock.time - 8, "packs 3 of 3 damage 0 alarms 0 read-data true");
    CHECK(last()->at == world.clock.time - 8);
}

TEST_CASE("what the ledger says of a check is read as it was written") {
    using engine::parse_ledger_text;
    CheckReport report;
    report.packs = report.listed_packs = 7;
    const auto said = [&](const CheckOptions& options) {
        return parse_ledger_text(engine::ledger_text(report, options));
    };
    CHECK(said({.read_data = true})->is_full);
    CHECK(said({.read_data = true})->is_sound);
    CHECK_FALSE(said({.read_data = false})->is_full);
    CHECK_FALSE(said({.read_data = true, .sample_percent = 99.5})->is_full);
    report.unreadable = 1;
    CHECK_FALSE(said({.read_data = true})->is_full);
    report.unreadable = 0;
    report.alarms = 1;
    CHECK_FALSE(said({.read_data = true})->is_sound);
    for (const char* text : {"", " ", "packs", "packs 1 of 1", "packs 1 of 1 damage 0 alarms 0",
                             "packs 1 of 1 damage 0 alarms 0 read-data",
                             "  packs 1 of 1 damage 0 alarms 0 read-data true",
                             "sacks 1 of 1 damage 0 alarms 0 read-data true"})
        CHECK_FALSE(parse_ledger_text(text));
    CHECK(parse_ledger_text("packs 1 of 1 damage 0 alarms 0 read-data true share 100 later 5 x")
              ->is_full);
}

TEST_CASE("a cycle of less than a day is a mistake") {
    Rotated world;
    Repository repository = world.three.repository.open(key::kBackup);
    Told told;
    CHECK(fails(check(repository, {.rotate = hours(23)}, told, {}), ErrorKind::usage));
}
