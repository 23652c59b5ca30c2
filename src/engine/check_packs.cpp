// SPDX-License-Identifier: Apache-2.0
#include "engine/check_pack.hpp"
#include "engine/check_sample.hpp"
#include "repo/damage.hpp"

#include "format/names.hpp"
#include "store/read_ahead.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace saoluu::engine {

using format::PackId;
using util::message;
using util::tr;

bool PackFindings::is_good(const repo::ChunkPlace& place) const {
    if (!listed.contains(place.pack) || bad_frames.contains({place.pack, place.frame}) ||
        untried.contains(place.pack))
        return false;
    return read_data || !bad.contains(place.pack);
}

namespace {

/// Packs that the index names must be there, with the size that it says.
Result<void> demand_packs(const repo::Access& access, const IndexedPacks& indexed,
                          CheckEvents& events, PackFindings& packs) {
    for (const auto& [pack, said] : indexed) {
        const std::string name = format::names::pack(pack);
        auto there = packs.listed.find(pack);
        if (there == packs.listed.end()) {
            if (packs.marked.contains(pack))
                continue; // a sweep took it away
            // A backup may have made it since the listing.
            const Result<store::ObjectInfo> now = access.store->stat(name);
            if (!now) {
                const Error error = repo::as_damage(access, now.error());
                if (error.kind() == ErrorKind::io)
                    return Failure(error);
                // What a snapshot misses by it the catalogs tell, to whoever can read them.
                if (error.kind() == ErrorKind::not_found && packs.elsewhere.contains(pack))
                    events.finding({Severity::warning, name,
                                    tr("condemned at another place of this repository, and left "
                                       "out here by a mirror")});
                else
                    events.finding({Severity::damage, name,
                                    error.kind() == ErrorKind::not_found
                                        ? tr("missing: the index names this pack")
                                        : error.message()});
                packs.bad.insert(pack);
                packs.concerns.push_back(concern_of(access, nullptr, &said));
                continue;
            }
            // One that listings leave out is lost to who must find the packs without an index.
            if (!TRY(store::is_listed(*access.store, name)))
                events.finding({Severity::damage, name,
                                tr("the store has it, and leaves it out when it lists what it has: "
                                   "ask who runs the store")});
            there = packs.listed.emplace(pack, now->size).first;
        }
        if (there->second != said.size)
            events.finding(
                {Severity::damage, name,
                 message(tr("it has {} bytes and should have {}"), there->second, said.size)});
    }
    return {};
}

/// One object to be read, and how far.
struct Work {
    PackId pack;
    std::uint64_t size = 0;
    bool is_chosen = true;
    bool is_healed = false; ///< what lies under the name of a pack that a copy stands for
};

/// Whose turn it is in a rotating check; of other checks: all.
class Turn {
public:
    Turn(const PackFindings& packs, const ChooseTurn& choose) {
        if (!choose)
            return;
        std::map<PackId, std::uint64_t> sizes;
        for (const auto& [pack, size] : packs.listed)
            if (!packs.marked.contains(pack)) // never used again
                sizes.emplace(pack, size);
        for (const PackFindings::Copy& copy : packs.copies)
            if (!packs.marked.contains(copy.pack))
                sizes[copy.pack] += copy.size;
        chosen_ = choose(sizes);
    }
    [[nodiscard]] bool has(const PackId& pack) const { return !chosen_ || chosen_->contains(pack); }

private:
    std::optional<std::set<PackId>> chosen_;
};

std::vector<Work> plan(const PackFindings& packs, double sample_percent, const Turn& turn) {
    std::vector<Work> work;
    std::vector<std::uint64_t> sizes;
    for (const auto& [pack, size] : packs.listed)
        if (turn.has(pack))
            work.push_back({.pack = pack, .size = size});
    for (const auto& [pack, size] : packs.originals)
        if (turn.has(pack))
            work.push_back({.pack = pack, .size = size, .is_healed = true});
    for (const Work& one : work)
        sizes.push_back(one.size);
    const std::vector<bool> chosen = choose_share(sizes, sample_percent, random_below);
    for (std::size_t i = 0; i < work.size(); ++i)
        work[i].is_chosen = chosen[i];
    return work;
}

constexpr std::uint64_t kShares = 2; ///< of what is fetched ahead, for packs not begun

/// How much is fetched ahead of each pack in hand; 0 where the store is on this machine.
std::uint64_t share_of(const repo::Access& access, unsigned workers) {
    return access.store->nature().is_remote
               ? store::kReadAheadReach / (workers * PackCheck::kTogether + kShares)
               : 0;
}

/// Over a network: what workers will begin next is under way before they do.
class PacksAhead {
public:
    /// share: of each pack; 0: nothing is announced
    PacksAhead(const repo::Access& access, const std::vector<Work>& work, std::uint64_t share)
        : access_(access), work_(work), share_(share) {}

    /// Someone begins work[at].
    void beginning(std::size_t at) {
        if (share_ == 0)
            return;
        const std::lock_guard lock(mutex_);
        next_ = std::max(next_, at);
        std::uint64_t bytes = 0;
        for (std::size_t i = at; i < work_.size() && i < at + kMostPacks; ++i) {
            if (bytes >= kShares * share_)
                break;
            const std::uint64_t begun = work_[i].is_chosen ? std::min(share_, work_[i].size) : 0;
            bytes += begun + repo::kEndsGuess;
            if (i < next_)
                continue;
            next_ = i + 1;
            const std::string name = format::names::pack(work_[i].pack);
            access_.store->will_read(name, 0, begun);
            if (!work_[i].is_healed)
                repo::announce_contents(access_, name, work_[i].size);
        }
    }

private:
    static constexpr std::size_t kMostPacks = 16; ///< small ones
    const repo::Access& access_;
    const std::vector<Work>& work_;
    const std::uint64_t share_;
    std::mutex mutex_;
    std::size_t next_ = 0; ///< those before were announced
};

/// How far the workers are together.
class PackProgress {
public:
    explicit PackProgress(CheckEvents& events) : events_(events) {}
    /// More to do than was known.
    void expect(std::uint64_t packs, std::uint64_t bytes) {
        all_ += packs;
        all_bytes_ += bytes;
    }
    void add_bytes(std::uint64_t bytes) { tell(bytes_ += bytes, done_, ""); }
    void add_pack(const std::string& name) { tell(bytes_, ++done_, name); }

private:
    void tell(std::uint64_t bytes, std::uint64_t done, const std::string& name) {
        events_.progress({.files = done,
                          .total_files = all_,
                          .bytes = bytes,
                          .total_bytes = all_bytes_,
                          .current = name});
    }
    CheckEvents& events_;
    std::uint64_t all_ = 0, all_bytes_ = 0;
    std::atomic<std::uint64_t> done_ = 0, bytes_ = 0;
};

/// Several workers, each with a few packs in hand: `begin` begins the n-th of `count`.
Result<void> work_off(const PackCheckContext& context, Crew& crew, unsigned threads,
                      std::size_t count,
                      const std::function<Result<void>(PackCheck& check, std::size_t at)>& begin) {
    std::atomic<std::size_t> next = 0;
    struct Join { // the threads use what stands above
        Crew& crew;
        ~Join() { crew.join(); }
    } const join{crew};
    for (unsigned i = 0; i < Crew::workers(threads); ++i)
        crew.start([&]() -> Result<void> {
            PackCheck check(context);
            while (!crew.is_stopping()) {
                while (check.has_room() && next < count)
                    if (const std::size_t at = next++; at < count)
                        TRY(begin(check, at));
                if (check.is_idle())
                    break;
                TRY(check.step());
            }
            return {};
        });
    crew.join();
    return crew.outcome();
}

/// Reads the healed copies, which are few: a good one stands for its pack from then on. One whose
/// turn it is not is believed if it has the size that the index gives its pack.
Result<void> check_copies(const PackCheckContext& context, Crew& crew, unsigned threads,
                          const Turn& turn) {
    PackFindings& packs = context.packs;
    std::vector<PackFindings::Copy> copies;
    for (const PackFindings::Copy& copy : packs.copies) {
        const auto said = context.indexed.find(copy.pack);
        if (turn.has(copy.pack))
            copies.push_back(copy);
        else if (said != context.indexed.end() && said->second.size == copy.size)
            packs.listed[copy.pack] = copy.size;
    }
    if (copies.empty())
        return {};
    TRY(work_off(context, crew, threads, copies.size(),
                 [&](PackCheck& check, std::size_t at) -> Result<void> {
                     check.begin_copy(copies[at]);
                     return {};
                 }));
    for (const PackFindings::Copy& copy : copies) {
        const auto healed = packs.healed.find(copy.pack);
        if (healed == packs.healed.end() || healed->second != copy.name)
            continue;
        const auto [there, is_missing] = packs.listed.emplace(copy.pack, copy.size);
        if (!is_missing)
            packs.originals.emplace(copy.pack, std::exchange(there->second, copy.size));
    }
    return {};
}

} // namespace

Result<void> check_packs(const repo::Access& access, const repo::Index& index,
                         const repo::SnapshotSet& snapshots, const CheckOptions& options,
                         const ChooseTurn& choose, CheckEvents& events, Crew& crew,
                         PackFindings& packs) {
    std::set<format::SessionId> sessions;
    for (const repo::Snapshot& snapshot : snapshots.snapshots)
        sessions.insert(snapshot.record.session);
    const IndexedPacks indexed = indexed_packs(index);
    PackProgress progress(events);
    std::mutex mutex;
    const PackCheckContext context{
        .access = access,
        .index = index,
        .sessions = sessions,
        .indexed = indexed,
        .events = events,
        .crew = crew,
        .mutex = mutex,
        .packs = packs,
        .on_bytes = [&progress](std::uint64_t bytes) { progress.add_bytes(bytes); },
        .on_pack = [&progress](const std::string& name) { progress.add_pack(name); },
        .ahead = share_of(access, Crew::workers(options.threads))};
    events.count([&](CheckReport& report) {
        report.listed_packs = packs.listed.size() + packs.copies.size();
        for (const auto& [pack, size] : packs.listed)
            report.listed_pack_bytes += size;
        for (const PackFindings::Copy& copy : packs.copies)
            report.listed_pack_bytes += copy.size;
    });
    const Turn turn(packs, choose);
    for (const PackFindings::Copy& copy : packs.copies)
        if (turn.has(copy.pack))
            progress.expect(1, copy.size);
    TRY(check_copies(context, crew, options.threads, turn));
    TRY(demand_packs(access, indexed, events, packs));

    const std::vector<Work> work = plan(packs, options.sample_percent, turn);
    for (const Work& one : work)
        progress.expect(1, one.is_chosen ? one.size : 0);
    PacksAhead ahead(access, work, context.ahead);
    const Result<void> done =
        work_off(context, crew, options.threads, work.size(),
                 [&](PackCheck& check, std::size_t at) -> Result<void> {
                     const Work& one = work[at];
                     ahead.beginning(at);
                     if (!one.is_healed)
                         return check.begin(one.pack, one.size,
                                            one.is_chosen ? PackCheck::Depth::every_byte
                                                          : PackCheck::Depth::directory);
                     if (one.is_chosen)
                         check.begin_healed(one.pack, one.size);
                     return {};
                 });
    if (const std::uint64_t doubled = events.report().doubled_entries; doubled > 0)
        events.finding({Severity::notice, std::string(format::names::kIndex),
                        message(util::trn("{} place is in the index more than once; that is "
                                          "harmless",
                                          "{} places are in the index more than once; that is "
                                          "harmless",
                                          doubled),
                                doubled)});
    return done;
}

} // namespace saoluu::engine
