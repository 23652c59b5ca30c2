// SPDX-License-Identifier: Apache-2.0
// What one copy of a repository lost another gives back; what none has is condemned, and stored
// anew by the next backup.
#include "engine/heal_run.hpp"
#include "store/forwarding.hpp"
#include "three_snapshots.hpp"

#include "saoluu/heal.hpp"
#include "saoluu/mirror.hpp"

using namespace saoluu;
using namespace saoluu::test;
using store::FaultStore;
namespace fs = std::filesystem;

namespace {

struct Healed {
    Three three;
    std::string copy = three.repository.path("copy");

    Healed() {
        Told told;
        MirrorOptions options;
        options.from = three.repository.options(key::kBackup, "mirror");
        options.to = copy;
        must(mirror(options, told, {}));
    }
    HealReport run(Events& events, std::string_view key = key::kBackup, bool dry_run = false,
                   bool from_copy = true) const {
        Repository repository = three.repository.open(key);
        HealOptions options;
        if (from_copy)
            options.from = {copy};
        options.dry_run = dry_run;
        options.threads = 2;
        return must(heal(repository, options, events, {}));
    }
    /// Every byte is there again: check is content, and what is restored is right.
    void demand_whole() const {
        Repository reader = three.repository.open(key::kReader);
        for (const bool read_data : {false, true}) {
            Told told;
            const CheckReport report = check_all(reader, told, read_data);
            CHECK_MESSAGE(report.sound(), told.text());
            CHECK(report.damaged_files == 0);
        }
        fs::remove_all(three.target);
        restore_to(reader, three.snapshots[2], three.source, three.target);
        CHECK(three.right_files() == 3);
    }
    void cut(const std::string& name) const {
        util::Bytes bytes = three.repository.read(name);
        bytes.resize(bytes.size() / 2);
        three.repository.write(name, bytes);
    }
};

} // namespace

TEST_CASE("damaged, cut and missing packs are healed from another copy") {
    const Healed both;
    const std::string flipped = both.three.pack(0, true), cut = both.three.pack(1, true),
                      gone = both.three.pack(2, true), catalog = both.three.pack(2, false);
    const util::Bytes good = both.three.repository.read(flipped);
    both.three.repository.flip_bit(flipped, 3000);
    both.three.repository.flip_bit(catalog, 200);
    both.cut(cut);
    both.three.repository.remove(gone);

    Told dry;
    const HealReport looked = both.run(dry, key::kBackup, true);
    CHECK(looked.bad == 4);
    CHECK(looked.healed == 4);
    CHECK_FALSE(fs::exists(both.three.repository.location() + "/" + gone));

    Told told;
    const HealReport report = both.run(told);
    CHECK(report.bad == 4);
    CHECK(report.healed == 4);
    CHECK(report.sound());
    CHECK(both.three.repository.read(flipped + ".1") == good);
    CHECK(both.three.repository.read(flipped) != good); // nothing is overwritten
    CHECK(fs::exists(both.three.repository.location() + "/" + cut + ".1"));
    CHECK(fs::exists(both.three.repository.location() + "/" + gone));
    both.demand_whole();

    // Nothing is done twice.
    Told again;
    const HealReport second = both.run(again);
    CHECK(second.bad == 0);
    CHECK(second.healed_before == 3);
    CHECK(again.findings.empty());

    // A writer builds on healed packs.
    Repository backup = both.three.repository.open(key::kBackup, "elsewhere");
    CHECK(back_up(backup, both.three.source).stored_bytes < 200'000);
}

TEST_CASE("a healed copy that is bad itself gets another beside it") {
    const Healed both;
    const std::string bad = both.three.pack(1, true);
    both.three.repository.flip_bit(bad, 3000);
    both.three.repository.write(bad + ".1", both.three.repository.read(bad));
    Told told;
    CHECK(both.run(told).healed == 1);
    CHECK(fs::exists(both.three.repository.location() + "/" + bad + ".2"));
    Repository reader = both.three.repository.open(key::kReader);
    restore_to(reader, both.three.snapshots[2], both.three.source, both.three.target);
    CHECK(both.three.right_files() == 3);
}

TEST_CASE("a copy that is damaged too gives nothing, and no wrong bytes come from it") {
    const Healed both;
    const std::string bad = both.three.pack(1, true);
    both.three.repository.flip_bit(bad, 3000);
    {
        util::Bytes bytes = both.three.repository.read(bad);
        bytes[4000] ^= std::byte{1};
        must(util::write_file_durably(both.copy + "/" + bad, bytes, 0600));
    }
    const auto before = both.three.repository.names("packs/");
    Told told;
    const HealReport report = both.run(told);
    CHECK(report.lost == 1);
    CHECK(report.marked == 0); // a backup key only tells
    CHECK_FALSE(report.sound());
    CHECK(told.has(Severity::damage, bad));
    CHECK(both.three.repository.names("packs/") == before);
    CHECK(both.three.repository.names("marks/").empty());
}

TEST_CASE("what no copy has is condemned, and the next backup stores it anew") {
    for (const std::string_view who : {key::kReader, key::kFounder}) {
        CAPTURE(who);
        const Healed both;
        const std::string bad = both.three.pack(1, true);
        both.three.repository.flip_bit(bad, 3000);
        Told told;
        const HealReport report = both.run(told, who, false, false);
        CHECK(report.lost == 1);
        CHECK(report.marked == 1);
        CHECK(both.three.repository.names("marks/").size() == 1);
        Repository backup = both.three.repository.open(key::kBackup);
        BackupOptions again;
        again.sources = {both.three.source};
        again.force_read = true;
        Told quiet;
        const BackupSummary made = must(saoluu::backup(backup, again, quiet, {}));
        CHECK(made.stored_bytes > 800'000);
        Repository reader = both.three.repository.open(key::kReader);
        restore_to(reader, made.snapshot, both.three.source, both.three.target);
        CHECK(both.three.right_files() == 3);
        // What was condemned is not looked at again.
        Told later;
        CHECK(both.run(later, who, false, false).bad == 0);
    }
}

TEST_CASE("a copy that can't be asked is no proof that a pack is lost") {
    const Healed both;
    const std::string bad = both.three.pack(1, true);
    both.three.repository.flip_bit(bad, 3000);
    repo::Access admin = both.three.repository.access(key::kFounder);
    auto faulty = std::make_unique<FaultStore>(
        must(repo::open_store(both.copy, {}, store::MissingFolder::refuse)));
    faulty->plan({.object = bad});
    std::vector<std::unique_ptr<store::Store>> others;
    others.push_back(std::move(faulty));
    Told told;
    HealOptions options;
    options.threads = 1;
    const HealReport report = must(engine::heal_over(admin, std::move(others), options, told, {}));
    CHECK(report.unasked == 1);
    CHECK(report.marked == 0);
    CHECK(both.three.repository.names("marks/").empty());
}

TEST_CASE("of copies that nobody named, another repository is passed over, and one away told") {
    const Healed both;
    const std::string bad = both.three.pack(1, true);
    both.three.repository.flip_bit(bad, 3000);
    const RepositoryCase stranger;
    Repository reader = both.three.repository.open(key::kReader);
    HealOptions options;
    options.is_from_guessed = true;
    options.from = {stranger.location(), both.three.repository.path("away")};
    Told told;
    const HealReport asked = must(heal(reader, options, told, {}));
    CHECK(asked.unasked == 1);
    CHECK(asked.lost + asked.marked == 0);
    CHECK(told.has(Severity::warning));
    CHECK(both.three.repository.names("marks/").empty());
    options.from.push_back(both.copy);
    CHECK(must(heal(reader, options, told, {})).healed == 1);
    // All that are there were asked: what none has is lost.
    both.three.repository.remove(bad + ".1");
    options.from = {stranger.location()};
    CHECK(must(heal(reader, options, told, {})).marked == 1);
}

TEST_CASE("small objects that are missing are put back, damaged ones are told") {
    const Healed both;
    const std::string roster = both.three.repository.names("roster/").front();
    const std::string entry = both.three.repository.names("ledger/").back();
    const std::string segment = both.three.segments[1].front();
    both.three.repository.remove(roster + ".2");
    both.three.repository.remove(entry);
    both.three.repository.remove(segment);
    both.three.repository.remove("format.2");
    const auto keys = both.three.repository.names("keys/");
    both.three.repository.remove(keys.front());
    Told told;
    const HealReport report = both.run(told);
    CHECK(report.small == 5);
    CHECK(report.sound());
    both.demand_whole();
    both.three.repository.flip_bit(roster + ".2", 50);
    Told again;
    CHECK(both.run(again).small_bad == 1);
    CHECK(again.has(Severity::damage, roster + ".2"));
}

TEST_CASE("only packs that are named are looked at, and a name that is none is refused") {
    const Healed both;
    const std::string one = both.three.pack(0, true), other = both.three.pack(1, true);
    both.three.repository.flip_bit(one, 3000);
    both.three.repository.flip_bit(other, 3000);
    Repository backup = both.three.repository.open(key::kBackup);
    HealOptions options;
    options.from = {both.copy};
    options.packs = {one.substr(one.rfind('/') + 1)};
    Told told;
    CHECK(must(heal(backup, options, told, {})).healed == 1);
    CHECK_FALSE(fs::exists(both.three.repository.location() + "/" + other + ".1"));
    options.packs = {"zz"};
    CHECK(fails(heal(backup, options, told, {}), ErrorKind::usage));
    options.packs = {std::string(64, '0')};
    CHECK(fails(heal(backup, options, told, {}), ErrorKind::not_found));
    const RepositoryCase elsewhere;
    options.from = {both.three.repository.path("nothing")};
    CHECK(fails(heal(backup, options, told, {}), ErrorKind::no_repository));
}

TEST_CASE("a heal that is cut short anywhere does no harm, and goes on") {
    const Healed both;
    const std::string flipped = both.three.pack(0, true), gone = both.three.pack(1, true);
    both.three.repository.flip_bit(flipped, 3000);
    both.three.repository.remove(gone);
    const std::string location = both.three.repository.location();
    fs::copy(location, location + ".kept", fs::copy_options::recursive);
    for (std::uint64_t n = 1; n < 200; n += 5) {
        CAPTURE(n);
        fs::remove_all(location);
        fs::copy(location + ".kept", location, fs::copy_options::recursive);
        FaultStore faults(must(repo::open_store(location, {}, store::MissingFolder::refuse)));
        Told told;
        repo::Access access =
            must(repo::open_access_over(std::make_unique<store::ForwardingStore>(faults),
                                        both.three.repository.options(key::kFounder), told));
        faults.plan(
            {.at = n, .fault = store::Fault::fail, .then = store::FaultPlan::Then::is_dead});
        std::vector<std::unique_ptr<store::Store>> others;
        others.push_back(must(repo::open_store(both.copy, {}, store::MissingFolder::refuse)));
        HealOptions options;
        options.threads = 1;
        const Result<HealReport> cut =
            engine::heal_over(access, std::move(others), options, told, {});
        CHECK((faults.has_struck() != cut.has_value()));
        CHECK(both.three.repository.names("marks/").empty());
        Told again;
        both.run(again, key::kFounder);
        CHECK(both.three.repository.names("marks/").empty());
        if (!faults.has_struck())
            break;
    }
    both.demand_whole();
}
