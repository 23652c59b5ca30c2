// SPDX-License-Identifier: Apache-2.0
#include "small_repository.hpp"

#include "crypto/hash.hpp"
#include "format/ledger_entry.hpp"
#include "format/names.hpp"
#include "format/text_objects.hpp"
#include "random_bytes.hpp"
#include "repo/ledger.hpp"
#include "store/memory.hpp"

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::test {
namespace {

namespace fs = std::filesystem;
using format::names::Part;

Seen worst_of(const Told& told) {
    if (told.count(Severity::alarm) > 0)
        return Seen::alarm;
    if (told.count(Severity::damage) > 0)
        return Seen::damage;
    if (told.count(Severity::warning) > 0)
        return Seen::warning;
    return told.text().find("healed: ") != std::string::npos ? Seen::healed : Seen::nothing;
}

std::unique_ptr<store::Store> store_of(const Objects& objects) {
    auto store = store::make_memory_store();
    for (const auto& [name, bytes] : objects)
        must(store->put(name, bytes));
    return store;
}

std::string kind_of(const std::string& name, const util::Bytes& bytes) {
    struct Kind {
        const util::Bytes& bytes;
        std::string operator()(const format::names::RosterName&) const { return "roster"; }
        std::string operator()(const format::names::SlotName&) const { return "keys"; }
        std::string operator()(const format::names::PackName&) const {
            return bytes.at(7) == std::byte{1} ? "data pack" : "catalog pack";
        }
        std::string operator()(const format::names::IndexName&) const { return "index"; }
        std::string operator()(const format::names::SessionName& session) const {
            return session.part == Part::open   ? "open"
                   : session.part == Part::done ? "done"
                                                : "forgotten";
        }
        std::string operator()(const format::names::LedgerName&) const { return "ledger"; }
        std::string operator()(const format::names::MarkName&) const { return "mark"; }
        std::string operator()(const format::names::FixedName&) const { return "text"; }
    };
    return std::visit(Kind{bytes}, *format::names::parse(name));
}

} // namespace

SmallRepository::SmallRepository() {
    fs::create_directories(source_ + "/folder");
    write_file(source_ + "/a", random_bytes(1500, 1));
    write_file(source_ + "/folder/b", std::string(400, 'b'));
    write_file(source_ + "/empty", "");
    REQUIRE(::symlink("folder/b", (source_ + "/link").c_str()) == 0);
    back_up_now(key::kBackup);
    earlier_ = read_all();
    write_file(source_ + "/a", random_bytes(900, 2));
    write_file(source_ + "/c", random_bytes(700, 3));
    back_up_now(key::kBackup);
    back_up_now(key::kOther);
    condemn_and_forget();
    {
        Repository founder = case_.open(key::kFounder);
        must(issue_key(founder,
                       {.role = Role::restore,
                        .holder = "Đỗ Văn Mật",
                        .unit = "",
                        .domain = "",
                        .expires = {},
                        .secret = must(Passphrase::from_text("mot cum mat khau nua de thu")),
                        .kdf_mib = 64,
                        .kdf_passes = 1}));
    }
    {
        // The next entry of its maker says that his last snapshot was seen.
        Repository backup = case_.open(key::kBackup);
        Told told;
        check_all(backup, told, false);
    }
    for (const Made& made : made_) // of the third the entry of the fourth says it
        seen_.insert("snapshots/" + made.id + "/done");
    // A healed copy beside its good pack.
    for (const std::string& name : case_.names("packs/"))
        if (kind_of(name, case_.read(name)) == "data pack") {
            case_.write(name + ".1", case_.read(name));
            break;
        }
    objects_ = read_all();
    remember();
    auto place = must(format::PlaceObject::decode(objects_.at("place")));
    place.place.bytes[0] ^= std::byte{1};
    other_place_ = util::copy_of(util::as_bytes(place.encode()));
}

Objects SmallRepository::read_all() const {
    Objects all;
    for (const std::string& name : case_.names())
        all.emplace(name, case_.read(name));
    return all;
}

void SmallRepository::back_up_now(std::string_view key) {
    Repository backup = case_.open(key);
    const std::string id = back_up(backup, source_).snapshot;
    made_.push_back({id, tree_of(source_)});
}

/// A snapshot that is forgotten, and a mark on one of its packs, both told in the ledger.
void SmallRepository::condemn_and_forget() {
    write_file(source_ + "/gone", random_bytes(300, 4));
    const auto before = case_.names();
    const auto is_new = [&](const std::string& name) {
        return std::ranges::find(before, name) == before.end();
    };
    back_up_now(key::kOther);
    const std::string gone = made_.back().id;
    made_.pop_back();
    fs::remove(source_ + "/gone");
    std::vector<format::PackId> packs;
    for (const std::string& name : case_.names("packs/"))
        if (is_new(name)) {
            marked_.insert(name);
            packs.push_back(format::names::parse_as<format::names::PackName>(name)->pack);
        }
    for (const std::string& name : case_.names("index/"))
        if (is_new(name))
            forgotten_segments_.insert(name);
    repo::Access deputy = case_.access(key::kDeputy);
    Told told;
    const auto session =
        format::names::parse_as<format::names::SessionName>("snapshots/" + gone + "/done")->session;
    const format::MarkId mark = put_mark(deputy, format::MarkPurpose::prune, packs);
    must(repo::append_entry(
        deputy, format::Act::mark,
        format::encode_facts({.roster = {}, .session = {}, .mark = mark, .text = ""}), told));
    put_object(deputy, session,
               format::Forgotten{.session = session, .time = 1, .reason = "a test", .place = {}});
    must(repo::append_entry(
        deputy, format::Act::forget,
        format::encode_facts({.roster = {}, .session = session, .mark = {}, .text = ""}), told));
}

/// What a machine that looked just now knows: everything, with either key.
void SmallRepository::remember() const {
    for (const std::string_view key : {key::kBackup, key::kReader}) {
        const repo::Access access = case_.access(key, "knowing");
        Told told;
        const repo::Ledger ledger = must(repo::Ledger::load(access, told));
        must(access.local.remember({.roster_n = {}, .roster = {}, .heads = ledger.heads()}));
    }
}

std::vector<std::string> SmallRepository::names(std::string_view kind) const {
    std::vector<std::string> found;
    for (const auto& [name, bytes] : objects_)
        if (kind_of(name, bytes) == kind)
            found.push_back(name);
    return found;
}

bool SmallRepository::has_copy(const std::string& pack) const {
    return pack.ends_with(".1") || objects_.contains(pack + ".1");
}

std::unique_ptr<Repository> SmallRepository::check_with(std::string_view key,
                                                        const Objects& objects, Machine machine,
                                                        Sight& sight) const {
    const std::string name = "looking";
    fs::remove_all(case_.path(name));
    if (machine == Machine::knowing)
        fs::copy(case_.path("knowing"), case_.path(name), fs::copy_options::recursive);
    const bool is_reader = key == key::kReader;
    Seen& seen = is_reader ? sight.check_data : sight.check;
    Told told;
    Result<repo::Access> access =
        repo::open_access_over(store_of(objects), case_.options(key, name), told);
    seen = access ? worst_of(told) : Seen::error;
    sight.text += told.text();
    if (is_reader)
        sight.opening = seen;
    if (!access) {
        sight.text += access.error().message() + "\n";
        return nullptr;
    }
    auto repository = std::make_unique<Repository>(
        std::make_unique<Repository::Impl>(Repository::Impl{std::move(*access)}));
    Told checked;
    CheckOptions options;
    options.read_data = is_reader;
    options.threads = 1;
    const Result<CheckReport> report = check(*repository, options, checked, {});
    sight.text += checked.text();
    if (report) {
        const Seen worst = worst_of(checked);
        CHECK(report->sound() == (worst <= Seen::warning));
        seen = std::max(worst, seen);
    } else {
        sight.text += report.error().message() + "\n";
        seen = Seen::error;
    }
    return repository;
}

Sight SmallRepository::look(const Objects& objects, Machine machine,
                            std::optional<std::size_t> one_of_all) const {
    Sight sight;
    check_with(key::kBackup, objects, machine, sight);
    const auto reader = check_with(key::kReader, objects, machine, sight);
    for (std::size_t i = 0; i < made_.size(); ++i) {
        if (one_of_all && i != *one_of_all % made_.size())
            continue;
        ++sight.snapshots;
        if (reader)
            restore_with(*reader, made_[i], sight);
    }
    return sight;
}

void SmallRepository::restore_with(Repository& reader, const Made& made, Sight& sight) const {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const std::string target = folder / "out";
    Told told;
    const Result<RestoreSummary> restored = try_restore(reader, made.id, source_, target, told, 1);
    sight.text += told.text();
    if (!restored)
        sight.text += restored.error().message() + "\n";
    if (!fs::exists(target)) {
        CHECK(!restored);
        return;
    }
    const auto tree = tree_of(target);
    if (restored && restored->damaged == 0 && restored->failed == 0) {
        check_same(tree, made.tree);
        ++sight.restored;
        return;
    }
    // Less than all, and told; but nothing that was never backed up.
    for (const auto& node : tree) {
        const auto& path = node.first;
        const auto& facts = node.second;
        const auto wanted = made.tree.find(path);
        CHECK_MESSAGE(wanted != made.tree.end(), "made up: " << path);
        if (wanted != made.tree.end() && !S_ISDIR(facts.mode))
            CHECK_MESSAGE(facts == wanted->second, "wrong: " << path);
    }
}

const SmallRepository& small_repository() {
    static const SmallRepository one;
    return one;
}

} // namespace saoluu::test
