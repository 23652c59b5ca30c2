// SPDX-License-Identifier: Apache-2.0
#include "saoluu/mirror.hpp"

#include "engine/mirror_run.hpp"
#include "engine/mirror_sessions.hpp"
#include "repo/known_places.hpp"
#include "repo/marks.hpp"
#include "repo/read_place.hpp"
#include "store/forwarding.hpp"
#include "store/memory.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace saoluu {
namespace engine {
namespace {

using util::message;
using util::tr;

void add_condemned(std::set<format::PackId>& packs, const repo::Marks& marks) {
    packs.insert(marks.packs.begin(), marks.packs.end());
    packs.insert(marks.elsewhere.begin(), marks.elsewhere.end());
}

Result<repo::Access> open_side(store::Store& store, const MirrorOptions& options, Events& events) {
    return repo::open_access_over(std::make_unique<store::ForwardingStore>(store), options.from,
                                  events);
}

/// The packs that marks of either side name, whichever place they are of.
/// errors: usage where a key is needed and none is given; wrong_key; corrupt (a mark that can't be
///         read)
Result<std::set<format::PackId>> find_condemned(store::Store& from, store::Store& to,
                                                const MirrorOptions& options,
                                                const MirrorTarget& target, Events& events) {
    std::set<format::PackId> packs;
    if (TRY(list_of(from, format::names::kMarks)).empty() &&
        TRY(list_of(to, format::names::kMarks)).empty())
        return packs;
    if (!options.has_key)
        return fail(ErrorKind::usage,
                    tr("some packs of this repository are condemned, and only a key tells which: "
                       "name one of any role with --key-file; the backup key is enough"));
    Events silent; // what else is wrong with either side is told by its own check
    repo::Access access = TRY(open_side(from, options, events));
    const repo::Ledger ledger = TRY(repo::Ledger::load(access, silent));
    add_condemned(packs, TRY(repo::load_marks(access, ledger, events)));
    if (!target.is_new) {
        Result<repo::Access> there = open_side(to, options, silent);
        if (there) {
            const repo::Ledger own = TRY(repo::Ledger::load(*there, silent));
            add_condemned(packs, TRY(repo::load_marks(*there, own, events)));
            return packs;
        }
        if (there.error().kind() != ErrorKind::wrong_key)
            return Failure(there.error());
        // A copy that lags does not know this key yet: its marks are judged as the source's are.
    }
    add_condemned(packs, TRY(repo::load_marks(access, ledger, repo::StoreView(to), silent)));
    return packs;
}

/// One run.
class Mirror {
public:
    Mirror(store::Store& from, store::Store& to, const format::PlaceObject& here,
           const MirrorOptions& options, Events& events, const std::stop_token& stop)
        : from_(from), to_(to), options_(options), exclusive_create_(here.exclusive_create()),
          copier_(from, to, here.repository, options, events, stop) {}

    /// The order is what makes it safe: a session's `done` is the last of all that it needs.
    Result<MirrorReport> run(const MirrorTarget& target, Events& events) {
        is_new_ = target.is_new;
        copier_.count([&](MirrorReport& report) {
            report.dry_run = options_.dry_run;
            report.is_new = target.is_new;
        });
        const std::set<format::SessionId> settled = TRY(settled_sessions(from_));
        condemned_ = TRY(find_condemned(from_, to_, options_, target, events));
        TRY(copy_all(format::names::kMarks));
        TRY(copy_packs());
        TRY(copy_all(format::names::kIndex));
        TRY(copy_people_and_ledger());
        TRY(copy_fixed(std::string(format::names::kReadme), false));
        TRY(SessionCopier(from_, to_, exclusive_create_, options_.dry_run, copier_).copy(settled));
        const std::string format(format::names::kFormat);
        TRY(copy_fixed(format + std::string(format::names::kSecond), true));
        TRY(copy_fixed(format, true));
        return copier_.report();
    }

private:
    /// Objects whose name is their hash: one of that name is there or not.
    Result<void> copy_all(std::string_view prefix) {
        const Listing there = TRY(list_of(to_, prefix));
        std::vector<Wanted> wanted;
        for (const auto& [name, size] : TRY(list_of(from_, prefix)))
            want(wanted, there, {.name = name, .sources = {name}, .size = size});
        return copier_.copy(std::move(wanted));
    }

    void want(std::vector<Wanted>& wanted, const Listing& there, Wanted one) {
        const auto found = there.find(one.name);
        if (found == there.end()) {
            wanted.push_back(std::move(one));
            return;
        }
        if (found->second != one.size)
            tell_sizes(one.name, found->second, one.size);
        copier_.count_present();
    }

    /// One of the two is damaged; which one its own check says.
    void tell_sizes(const std::string& name, std::uint64_t there, std::uint64_t here) {
        copier_.damage(name,
                       message(tr("it has {} bytes at {} and {} at {}: one of them is damaged; "
                                  "run saoluu check at both, and heal the one from the other"),
                               here, from_.describe(), there, to_.describe()),
                       false);
    }

    /// A pack under its own name, or its healed copies: what counts is that one of them is good. A
    /// pack that is there with another size gets a good copy beside it.
    Result<void> copy_packs() {
        const std::map<format::PackId, Listing> there = TRY(packs_of(to_));
        std::vector<Wanted> wanted;
        for (const auto& from : TRY(packs_of(from_))) {
            // Not structured bindings: clang 14 lets no lambda have them.
            const auto& pack = from.first;
            const auto& objects = from.second;
            if (condemned_.contains(pack)) {
                copier_.count([](MirrorReport& report) { ++report.left_out; });
                continue;
            }
            const auto found = there.find(pack);
            const Listing none;
            const Listing& copies = found == there.end() ? none : found->second;
            const bool has_it = std::ranges::any_of(copies, [&](const auto& copy) {
                return std::ranges::any_of(
                    objects, [&](const auto& object) { return object.second == copy.second; });
            });
            if (has_it) {
                copier_.count_present();
                continue;
            }
            std::uint64_t k = 0;
            while (copies.contains(format::names::pack(pack, k)))
                ++k;
            Wanted one{.name = format::names::pack(pack, k), .sources = {}, .size = 0};
            for (const auto& [name, size] : objects) {
                if (one.sources.empty())
                    one.size = size;
                one.sources.push_back(name);
            }
            wanted.push_back(std::move(one));
        }
        return copier_.copy(std::move(wanted));
    }

    static Result<std::map<format::PackId, Listing>> packs_of(store::Store& store) {
        std::map<format::PackId, Listing> packs;
        for (auto& [name, size] : TRY(list_of(store, format::names::kPacks)))
            if (const auto pack = format::names::parse_as<format::names::PackName>(name))
                packs[pack->pack].emplace(name, size);
        return packs;
    }

    /// The ledger is listed until nothing is added: then whatever an entry names is in the list,
    /// because it was put before. Rosters that entries were made under are listed after that.
    Result<void> copy_people_and_ledger() {
        constexpr int kMostListings = 10;
        Listing ledger = TRY(list_of(from_, format::names::kLedger));
        for (int i = 0; i < kMostListings; ++i) {
            Listing again = TRY(list_of(from_, format::names::kLedger));
            const bool is_stable = again == ledger;
            ledger = std::move(again);
            if (is_stable)
                break;
        }
        TRY(copy_twice_kept(format::names::kKeys));
        TRY(copy_twice_kept(format::names::kRosters));

        const Listing there = TRY(list_of(to_, format::names::kLedger));
        std::map<format::ActorId, std::vector<Wanted>> chains;
        std::vector<Wanted> wanted;
        for (const auto& [name, size] : ledger) {
            std::vector<Wanted> one;
            want(one, there, {.name = name, .sources = {name}, .size = size});
            const auto entry = format::names::parse_as<format::names::LedgerName>(name);
            for (Wanted& missing : one)
                (is_new_ ? wanted : chains[entry->actor]).push_back(std::move(missing));
        }
        // Into a copy that is in use a chain comes in its order: no entry before the one it names.
        std::vector<std::vector<Wanted>> in_order;
        for (auto& [actor, chain] : chains)
            in_order.push_back(std::move(chain));
        TRY(copier_.copy(std::move(wanted)));
        return copier_.copy_chains(std::move(in_order));
    }

    /// Objects that are kept twice: each from its own copy, or the other where that is bad.
    Result<void> copy_twice_kept(std::string_view prefix) {
        const Listing here = TRY(list_of(from_, prefix));
        const Listing there = TRY(list_of(to_, prefix));
        const std::string second(format::names::kSecond);
        std::set<std::string> firsts;
        for (const auto& [name, size] : here)
            firsts.insert(name.ends_with(second) ? name.substr(0, name.size() - second.size())
                                                 : name);
        std::vector<Wanted> chain; // rosters in their order
        for (const std::string& first : firsts)
            for (const std::string& name : {first, first + second}) {
                Wanted one{.name = name, .sources = {}, .size = 0};
                for (const std::string& source : {name, name == first ? first + second : first})
                    if (const auto found = here.find(source); found != here.end()) {
                        if (one.sources.empty())
                            one.size = found->second;
                        one.sources.push_back(source);
                    }
                want(chain, there, std::move(one));
            }
        std::vector<std::vector<Wanted>> chains;
        chains.push_back(std::move(chain));
        return copier_.copy_chains(std::move(chains));
    }

    Result<void> copy_fixed(const std::string& name, bool is_needed) {
        const Result<store::ObjectInfo> there = to_.stat(name);
        if (there) {
            copier_.count_present();
            return {};
        }
        if (there.error().kind() != ErrorKind::not_found)
            return Failure(there.error());
        const std::string first(format::names::kFormat);
        Wanted wanted{.name = name, .sources = {name}, .size = 0};
        if (is_needed)
            wanted.sources.push_back(name == first ? first + std::string(format::names::kSecond)
                                                   : first);
        const Result<store::ObjectInfo> here = from_.stat(name);
        if (!here && !is_needed && here.error().kind() == ErrorKind::not_found)
            return {}; // nothing is lost by it
        TRY(copier_.copy_one(wanted));
        return {};
    }

    store::Store& from_;
    store::Store& to_;
    const MirrorOptions& options_;
    const bool exclusive_create_; ///< at the source: else a `void` takes a session back
    Copier copier_;
    bool is_new_ = false;
    std::set<format::PackId> condemned_;
};

} // namespace

Result<MirrorReport> mirror_over(std::unique_ptr<store::Store> from,
                                 std::unique_ptr<store::Store> to, const MirrorOptions& options,
                                 Events& events, std::stop_token stop) {
    const auto started = std::chrono::steady_clock::now();
    LockedEvents locked(events);
    const format::FormatObject format = TRY(repo::read_format(*from, locked));
    const format::PlaceObject here = TRY(repo::read_place(*from, format, locked));
    const MirrorTarget target = TRY(prepare_target(*to, format.repository, options, locked));
    if (const Result<util::Bytes> place =
            to->get(format::names::kPlace, format::limits::kTextObject)) {
        const Result<format::PlaceObject> there = format::PlaceObject::decode(*place);
        if (there && there->place == here.place)
            return fail(ErrorKind::usage,
                        message(tr("{} and {} are the same place, or one was copied by other "
                                   "means: a mirror has a place of its own"),
                                from->describe(), to->describe()));
    }
    Mirror run(*from, *to, here, options, locked, stop);
    MirrorReport report = TRY(run.run(target, locked));
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return report;
}

} // namespace engine

Result<MirrorReport> mirror(const MirrorOptions& options, Events& events, std::stop_token stop) {
    auto from = TRY(
        repo::open_store(options.from.location, options.from.reach, store::MissingFolder::refuse));
    const LocalFolders& folders = options.from.folders;
    Result<std::unique_ptr<store::Store>> to =
        options.dry_run
            ? repo::open_store(options.to, options.reach_to, store::MissingFolder::refuse)
            : repo::open_store_to_fill(options.to, options.reach_to, folders);
    if (!to && options.dry_run && to.error().kind() == ErrorKind::no_repository)
        to = store::make_memory_store(); // as empty as what would be made
    const std::unique_ptr<store::Store> target = TRY(std::move(to));
    auto report =
        engine::mirror_over(std::move(from), std::make_unique<store::ForwardingStore>(*target),
                            options, events, std::move(stop));
    // So that the next run does not begin anew on the system's disk if this one is not mounted.
    if (report && !options.dry_run)
        (void)repo::KnownPlace::at(options.to, folders).remember(*target);
    return report;
}

} // namespace saoluu
