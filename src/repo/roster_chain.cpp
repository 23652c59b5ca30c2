// SPDX-License-Identifier: Apache-2.0
#include "repo/roster_chain.hpp"

#include "format/names.hpp"
#include "repo/roster_candidates.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <set>

namespace saoluu::repo {

using format::RosterHash;
using format::RosterObject;
using util::message;
using util::tr;

namespace {

Failure cannot_take_apart(const Unreadable& roster) {
    return fail(roster.error.kind(),
                message(tr("{}: an admin signed this roster, and it can't be read ({}): a newer "
                           "version of saoluu made it, or it is malformed. It may revoke someone, "
                           "so nothing is done: use a newer saoluu"),
                        roster.name, roster.error.message()));
}

/// Whether a later roster that follows `winner` names all its rivals as settled, signed by one whom
/// every rival has as an admin: whoever one of them revoked can't decide between them.
bool settles(const Candidates& all, const Candidate& winner,
             const std::vector<const Candidate*>& rivals, const format::FormatObject& format) {
    const auto later = all.readable.find(winner.object.roster.n + 1);
    return later != all.readable.end() &&
           std::ranges::any_of(later->second, [&](const Candidate& next) {
               return may_follow(next, &winner.object, format) &&
                      std::ranges::all_of(rivals, [&](const Candidate* rival) {
                          const format::ActorEntry* signer =
                              rival->object.roster.find(next.object.signer);
                          return signer != nullptr && signer->may_administer() &&
                                 (rival == &winner ||
                                  std::ranges::binary_search(next.object.roster.rivals,
                                                             rival->object.hash));
                      });
           });
}

/// The roster that this client saw last and all that led to it: whoever followed those does not
/// follow a rival of one of them that comes up later.
std::set<RosterHash> seen_chain(const Candidates& all, const Witness& seen) {
    std::set<RosterHash> chain;
    if (!seen.roster_n)
        return chain;
    RosterHash hash = seen.roster;
    for (auto at = all.readable.find(*seen.roster_n); at != all.readable.end();) {
        const auto found = std::ranges::find(
            at->second, hash, [](const Candidate& candidate) { return candidate.object.hash; });
        if (found == at->second.end())
            break;
        chain.insert(hash);
        hash = found->object.previous;
        at = at->first == 0 ? all.readable.end() : all.readable.find(at->first - 1);
    }
    return chain;
}

/// Which of several valid rosters of one number this client follows, and whether a person must
/// decide.
struct Choice {
    const Candidate* followed;
    bool open_question;
};
Choice choose(const Candidates& all, std::vector<const Candidate*> valid,
              const std::set<RosterHash>& seen, const format::FormatObject& format) {
    std::ranges::sort(valid, {}, [](const Candidate* c) { return c->object.hash; });
    if (valid.size() == 1)
        return {valid.front(), false};
    std::vector<const Candidate*> settled;
    for (const Candidate* one : valid)
        if (settles(all, *one, valid, format))
            settled.push_back(one);
    if (settled.size() == 1)
        return {settled.front(), false};
    for (const Candidate* one : valid)
        if (seen.contains(one->object.hash))
            return {one, false};
    return {valid.front(), true};
}

std::string listed(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

/// The actor, if he is or was an admin in one of these rosters.
const format::ActorEntry* admin_of_any(const std::vector<RosterObject>& chain,
                                       const format::ActorId& actor) {
    for (const RosterObject& one : chain)
        if (const format::ActorEntry* entry = one.roster.find(actor);
            entry != nullptr && entry->may_administer())
            return entry;
    return nullptr;
}

/// Tells of the rosters that are not obeyed.
/// followable: those that follow an accepted one, whether this client follows them or not
/// returns: those that an admin signed and to which nothing leads: one in between is missing
std::vector<std::string> report_others(const Candidates& all,
                                       const std::vector<RosterObject>& chain,
                                       const std::vector<const Candidate*>& followable,
                                       const format::FormatObject& format, Events& events) {
    std::map<RosterHash, const RosterObject*> branches;
    for (const Candidate* one : followable)
        branches.emplace(one->object.hash, &one->object);
    std::vector<std::string> unattached;
    const auto report = [&](const std::string& name, std::uint64_t n, bool is_from_past_admin) {
        const bool shows_a_gap = is_from_past_admin && n >= chain.size();
        if (shows_a_gap)
            unattached.push_back(name);
        events.finding(
            {Severity::alarm, name,
             shows_a_gap
                 ? tr("a roster that an admin signed, and that the rosters here do not lead to: "
                      "one in between is missing")
                 : tr("a roster that no admin of the roster before signed; it is not obeyed")});
    };
    const auto is_elsewhere = [&](const RosterHash& previous) {
        return !chain.empty() && previous != chain.back().hash;
    };
    for (const auto& [n, candidates] : all.readable)
        for (const Candidate& one : candidates) {
            const RosterObject& object = one.object;
            if (branches.contains(object.hash))
                continue;
            const auto before = branches.find(object.previous);
            const bool follows_a_rival =
                before != branches.end() && may_follow(one, before->second, format);
            if (follows_a_rival)
                branches.emplace(object.hash, &object);
            const format::ActorEntry* signer = admin_of_any(chain, object.signer);
            report(format::names::roster(n, object.hash), n,
                   !follows_a_rival && is_elsewhere(object.previous) && signer != nullptr &&
                       RosterObject::is_signed_by(one.bytes, object, signer->sign));
        }
    for (const auto& [n, one] : all.unreadable) {
        const std::optional<RosterFrame> frame = RosterFrame::of(one, n);
        const format::ActorEntry* signer = frame ? admin_of_any(chain, frame->signer()) : nullptr;
        report(one.name, n,
               signer != nullptr && is_elsewhere(frame->previous()) &&
                   frame->is_signed_by(format, signer->sign));
    }
    return unattached;
}

} // namespace

Result<RosterChain> RosterChain::load(const StoreView& store, const format::FormatObject& format,
                                      const Witness& seen, Events& events) {
    Candidates all = TRY(read_candidates(store, events));
    const std::set<RosterHash> seen_before = seen_chain(all, seen);
    RosterChain chain;
    std::vector<const Candidate*> followable;
    for (std::uint64_t n = 0;; ++n) {
        const RosterObject* before = chain.chain_.empty() ? nullptr : &chain.chain_.back();
        for (auto [it, end] = all.unreadable.equal_range(n); it != end; ++it) {
            if (is_from_admin(it->second, n, before, format))
                return cannot_take_apart(it->second);
        }
        if (!all.readable.contains(n))
            break;
        std::vector<const Candidate*> valid;
        for (const Candidate& candidate : all.readable[n]) {
            if (may_follow(candidate, before, format))
                valid.push_back(&candidate);
        }
        if (valid.empty())
            break;
        followable.insert(followable.end(), valid.begin(), valid.end());
        const Choice choice = choose(all, valid, seen_before, format);
        if (valid.size() > 1) {
            std::vector<std::string> rivals;
            for (const Candidate* one : valid)
                rivals.push_back(one->object.hash.hex());
            events.finding(
                {Severity::alarm, std::string(format::names::kRosters),
                 message(tr("two admins made rival rosters number {}: {}"), n, listed(rivals))});
            if (choice.open_question)
                chain.refuse_writing(ErrorKind::refused,
                                     message(tr("there are rival rosters number {} ({}), and this "
                                                "computer saw none of them before: "
                                                "ask the head of the unit which one counts; "
                                                "reading is possible meanwhile"),
                                             n, listed(rivals)));
        }
        chain.chain_.push_back(choice.followed->object);
    }
    const std::vector<std::string> unattached =
        report_others(all, chain.chain_, followable, format, events);
    if (chain.chain_.empty())
        return fail(
            ErrorKind::corrupt,
            tr("no roster that the founder signed can be read: who may open this repository "
               "is not known; copy the folder roster back from another copy of the repository"));
    const format::Roster& current = chain.current();
    const std::vector<std::string> unreadable = format::unknown_features(current.read_features);
    if (!unreadable.empty())
        return fail(ErrorKind::unsupported,
                    message(tr("the repository needs features that this version does not know "
                               "({}): use a newer saoluu"),
                            listed(unreadable)));
    const std::vector<std::string> unwritable = format::unknown_features(current.write_features);
    if (!unwritable.empty())
        chain.refuse_writing(ErrorKind::unsupported,
                             message(tr("writing to this repository needs features that this "
                                        "version does not know ({}): "
                                        "use a newer saoluu"),
                                     listed(unwritable)));
    if (!unattached.empty())
        chain.refuse_writing(
            ErrorKind::refused,
            message(tr("a roster before {} is missing: who may do what now is not known, so "
                       "nothing is written; copy the folder roster back from another copy of the "
                       "repository"),
                    unattached.front()));
    const bool went_back =
        seen.roster_n && (*seen.roster_n > current.n ||
                          (chain.find(seen.roster) == nullptr && *seen.roster_n <= current.n));
    if (went_back) {
        const std::string text =
            message(tr("this computer saw roster number {} before, and the store shows it no more: "
                       "the store was set back, "
                       "or someone removed it; nothing is written until that is cleared up"),
                    *seen.roster_n);
        events.finding({Severity::alarm, std::string(format::names::kRosters), text});
        chain.refuse_writing(ErrorKind::refused, text);
    }
    return chain;
}

const format::Roster* RosterChain::find(const RosterHash& hash) const {
    const auto found = std::ranges::find(chain_, hash, &RosterObject::hash);
    return found == chain_.end() ? nullptr : &found->roster;
}

const format::ActorEntry* RosterChain::authority(const RosterHash& roster,
                                                 const format::ActorId& actor, Power power) const {
    const format::Roster* found = find(roster);
    const format::ActorEntry* entry = found == nullptr ? nullptr : found->find(actor);
    if (entry == nullptr)
        return nullptr;
    const bool may = power == Power::administer ? entry->may_administer()
                     : power == Power::mark_damage
                         ? entry->may_read()
                         : entry->is(format::Role::backup) || entry->may_read();
    return may ? entry : nullptr;
}

const format::ActorEntry* RosterChain::anyone(const format::ActorId& actor) const {
    for (auto roster = chain_.rbegin(); roster != chain_.rend(); ++roster)
        if (const format::ActorEntry* entry = roster->roster.find(actor))
            return entry;
    return nullptr;
}

void RosterChain::accept(RosterObject next) {
    chain_.push_back(std::move(next));
}

Result<void> put_roster(store::Store& store, std::uint64_t n, util::BytesView object) {
    const std::string name = format::names::roster(n, format::name_of<RosterHash>(object));
    for (const std::string& copy : {name, name + std::string(format::names::kSecond)})
        if (TRY(store.put(copy, object)) == store::Put::exists)
            return fail(ErrorKind::exists, message(tr("{}: exists already"), copy));
    return {};
}

} // namespace saoluu::repo
