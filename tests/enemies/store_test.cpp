// SPDX-License-Identifier: Apache-2.0
// The operator: has the store, all its objects and all its past, and no key.
#include "world.hpp"

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

/// Whether opening, or a check, says that something is wrong: by an error, damage or an alarm.
bool is_noticed(Result<Repository> opened, Told& told) {
    if (!opened)
        return true;
    CheckOptions options;
    options.read_data = opened->role() != Role::backup;
    options.threads = 1;
    return !check(*opened, options, told, {}) || is_told(told);
}
bool is_noticed(const World& world, std::string_view key, const std::string& machine = "here") {
    Told told;
    return is_noticed(world.repository.try_open(key, told, machine), told);
}

/// Copies of what this computer knows, so that each try begins with the same.
class Memory {
public:
    explicit Memory(const World& world)
        : now_(world.repository.path("here")), kept_(world.repository.path("kept")) {
        fs::copy(now_, kept_, fs::copy_options::recursive);
    }
    void recall() const {
        fs::remove_all(now_);
        fs::copy(kept_, now_, fs::copy_options::recursive);
    }

private:
    std::string now_, kept_;
};

/// Two objects of the same kind that are not the same.
std::vector<std::pair<std::string, std::string>> pairs_of(const Objects& objects) {
    std::vector<std::pair<std::string, std::string>> pairs;
    std::string last;
    for (const auto& [name, bytes] : objects) {
        const auto kind = [](const std::string& one) {
            return one.substr(0, one.find('/')) + one.substr(one.find_last_of("/.") + 1, 4);
        };
        const bool is_alike =
            !last.empty() && (kind(last) == kind(name) ||
                              (last.starts_with("packs/") && name.starts_with("packs/")));
        if (is_alike && objects.at(last) != bytes)
            pairs.emplace_back(last, name);
        last = name;
    }
    return pairs;
}

} // namespace

TEST_CASE("an object that a store hides from listings, or lists and does not give, is told") {
    const World world;
    const Memory memory(world);
    std::string missed;
    for (const auto& [name, bytes] : world.now) {
        const auto is_it = [hidden = name](std::string_view one) { return one == hidden; };
        for (const bool from_listing : {true, false}) {
            const auto lies = [&] {
                return from_listing ? Lies{.unlisted = is_it} : Lies{.withheld = is_it};
            };
            // Packs, and rosters of which a second copy is listed, are found without a listing: who
            // is given them misses nothing.
            const bool is_found =
                from_listing && (name.starts_with("packs/") ||
                                 (name.starts_with("roster/") && !name.ends_with(".2")));
            Told told;
            if (is_found) {
                Repository reader = must(open_over(world.repository, key::kReader, lies(), told));
                CHECK(world.restore_all(reader) == 3);
            } else if (!is_noticed(open_over(world.repository, key::kReader, lies(), told), told) &&
                       name != "README.txt")
                missed += "\n  " + name + (from_listing ? " (unlisted)" : " (withheld)");
            set_back(world.repository, world.now);
            memory.recall();
        }
    }
    CHECK_MESSAGE(missed.empty(), missed);
}

TEST_CASE("whatever a store hides, no other bytes come back and nothing is written over") {
    const World world;
    const Memory memory(world);
    std::size_t number = 0; // one of two ways for each object: of every kind there are several
    for (const auto& object : world.now) {
        const std::string& name = object.first;
        CAPTURE(name);
        const auto is_it = [hidden = name](std::string_view one) { return one == hidden; };
        const Lies lies = number++ % 2 == 0 ? Lies{.unlisted = is_it} : Lies{.withheld = is_it};
        Told told;
        Result<Repository> reader = open_over(world.repository, key::kReader, lies, told);
        if (reader)
            world.restore_all(*reader);
        Result<Repository> backup = open_over(world.repository, key::kBackup, lies, told);
        if (backup)
            static_cast<void>(world.back_up_again(*backup));
        set_back(world.repository, world.now);
        memory.recall();
    }
}

TEST_CASE("a store that hides only the newest is noticed by who saw it, and by nobody else") {
    const World world;
    const auto is_new = [&](std::string_view name) {
        return !world.before_last.contains(std::string(name));
    };
    const Lies lies{.unlisted = is_new, .withheld = is_new};
    Told told;
    CHECK(is_noticed(open_over(world.repository, key::kReader, lies, told), told));
    CHECK(told.has(Severity::alarm, "ledger/"));
    CHECK(told.has(Severity::alarm, "roster/"));
    Told strangers;
    CHECK(!is_noticed(open_over(world.repository, key::kReader, lies, strangers, "a new one"),
                      strangers));
}

TEST_CASE("a store that was set back is noticed by who saw it, as a whole and kind by kind") {
    const World world;
    const Memory memory(world);
    for (const std::string kind : {"", "roster/", "ledger/", "snapshots/", "index/", "packs/"}) {
        CAPTURE(kind);
        set_back(world.repository, world.before_last, kind);
        for (const std::string_view key : {key::kBackup, key::kReader})
            CHECK(is_noticed(world, key));
        // A machine without a memory sees nothing wrong in a store that is whole in itself.
        CHECK(is_noticed(world, key::kReader, "a new one") == !kind.empty());
        world.repository.forget_state("a new one");

        set_back(world.repository, world.before_last, kind);
        memory.recall();
        Repository reader = world.repository.open(key::kReader);
        CHECK(world.restore_all(reader) >= 2); // those from before are all there
        Repository backup = world.repository.open(key::kBackup);
        const Result<BackupSummary> made = world.back_up_again(backup);
        const bool may_write = !kind.empty() && kind != "roster/";
        CHECK(made.has_value() == may_write);
        if (!may_write)
            CHECK(fails(made, ErrorKind::refused));
        set_back(world.repository, world.now);
        memory.recall();
    }
}

TEST_CASE("objects that changed places give no other bytes, and are told") {
    const World world;
    const Memory memory(world);
    const auto pairs = pairs_of(world.now);
    REQUIRE(pairs.size() > 10);
    for (const auto& pair : pairs) {
        const std::string& one = pair.first;
        const std::string& other = pair.second;
        CAPTURE(one);
        CAPTURE(other);
        const auto swap = [&] {
            world.repository.write(one, world.now.at(other));
            world.repository.write(other, world.now.at(one));
        };
        swap();
        for (const std::string_view key : {key::kBackup, key::kReader})
            CHECK(is_noticed(world, key));
        set_back(world.repository, world.now);
        memory.recall();
        swap();
        Told told;
        if (Result<Repository> reader = world.repository.try_open(key::kReader, told))
            world.restore_all(*reader);
        // A backup looks at the sizes of packs only: on two of one size that changed places it goes
        // on relying (THREATS.md, 5).
        const bool looks_right =
            one.starts_with("packs/") && world.now.at(one).size() == world.now.at(other).size();
        if (!looks_right)
            if (Result<Repository> backup = world.repository.try_open(key::kBackup, told))
                static_cast<void>(world.back_up_again(*backup));
        set_back(world.repository, world.now);
        memory.recall();
    }
}

TEST_CASE("an older object under a newer one's name is told, whatever kind it is of") {
    const World world;
    const Memory memory(world);
    std::map<std::string, std::string> oldest; // by what its name ends with or begins with
    std::size_t replays = 0;
    for (const auto& object : world.now) {
        const std::string& name = object.first;
        const util::Bytes& bytes = object.second;
        const std::string kind = name.starts_with("snapshots/") ? name.substr(name.rfind('/'))
                                                                : name.substr(0, name.find('/'));
        const auto [first, is_first] = oldest.emplace(kind, name);
        if (is_first || world.now.at(first->second) == bytes)
            continue;
        CAPTURE(name);
        world.repository.write(name, world.now.at(first->second));
        CHECK(is_noticed(world, key::kBackup));
        set_back(world.repository, world.now);
        memory.recall();
        ++replays;
    }
    CHECK(replays > 15);
}

TEST_CASE("another repository in the place of one's own is refused, and nothing goes into it") {
    const World world;
    const std::string own = world.repository.location();
    const std::string text = "mot cum mat khau chi de thu", his_text = "mot cum cua ke khac";
    const std::string id = world.repository.open(key::kFounder).id();
    const Objects old = objects_of(world.repository);
    fs::rename(own, world.repository.path("taken away"));
    must(init_repository({.location = own,
                          .holder = "Kẻ Mạo Danh",
                          .unit = "",
                          .kdf_mib = 64,
                          .kdf_passes = 1,
                          .passphrase = must(Passphrase::from_text(his_text)),
                          .backup_key_file = world.repository.path("his.key"),
                          .folders = {.state = world.repository.path("his state"),
                                      .cache = world.repository.path("his cache")}}));
    {
        // A slot that the passphrase of the victim opens, in the roster of the new founder.
        Told told;
        const repo::Access his = must(repo::open_access(
            {.location = own,
             .credential = {.secret = must(Passphrase::from_text(his_text)), .slot = ""},
             .folders = {.state = world.repository.path("his state"),
                         .cache = world.repository.path("his cache")}},
            told));
        const auto slot = std::ranges::find_if(
            old, [](const auto& one) { return one.first.starts_with("keys/"); });
        for (const std::string copy : {"", ".2"})
            world.repository.write(slot->first + copy, slot->second);
        put_roster_after(his, [&](format::Roster& roster) {
            for (format::ActorEntry& actor : roster.actors)
                if (actor.may_administer())
                    actor.slot =
                        format::names::parse_as<format::names::SlotName>(slot->first)->slot;
        });
    }
    const Objects before = objects_of(world.repository);
    for (const std::string_view key : {key::kBackup, key::kReader, key::kFounder}) {
        Told told;
        // A machine that was there before knows the place, one that was not has the key's word.
        const Result<Repository> known = world.repository.try_open(key, told);
        REQUIRE(fails(known, ErrorKind::refused));
        CHECK(known.error().message().find(id.substr(0, 16)) != std::string::npos);
        const Result<Repository> opened = world.repository.try_open(key, told, "elsewhere");
        REQUIRE(fails(opened, ErrorKind::wrong_key));
        CHECK(opened.error().message().find(id.substr(0, 16)) != std::string::npos);
    }
    OpenOptions options = world.repository.options(key::kBackup, "elsewhere");
    options.credential = {.secret = must(Passphrase::from_text(text)), .slot = ""};
    Told told;
    const Result<Repository> opened = Repository::open(std::move(options), told);
    REQUIRE(fails(opened, ErrorKind::wrong_key));
    CHECK(opened.error().message().find(id.substr(0, 16)) != std::string::npos);
    CHECK(objects_of(world.repository) == before);

    // The old one, put back, is as it was: nothing was forgotten.
    fs::remove_all(own);
    fs::rename(world.repository.path("taken away"), own);
    CHECK(!is_noticed(world, key::kReader));
}

TEST_CASE("a store that answers late gives all the same") {
    const World world;
    using std::chrono::microseconds;
    const Lies lies{.delay = microseconds(500)};
    Told told;
    Repository backup = must(open_over(world.repository, key::kBackup, lies, told));
    must(world.back_up_again(backup));
    Repository reader = must(open_over(world.repository, key::kReader, lies, told));
    CHECK(world.restore_all(reader) == 3);
    CHECK(check_all(reader, told).sound());
    CHECK_MESSAGE(!is_told(told), told.text());
}
