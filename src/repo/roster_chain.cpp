// SPDX-License-Identifier: Apache-2.0
#include "repo/roster_chain.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <set>

namespace saoluu::repo {

using format::RosterHash;
using format::RosterObject;
using util::message;
using util::tr;

namespace {

struct Candidate {
    RosterObject object;
    util::Bytes bytes;
};
/// A roster that this version can't take apart.
struct Unreadable {
    std::string name;
    util::Bytes bytes;
    Error error;
};
struct Candidates {
    std::map<std::uint64_t, std::vector<Candidate>> readable;
    std::multimap<std::uint64_t, Unreadable> unreadable;
};

/// The bytes of a roster whose hash is in its name, from either copy.
Result<util::Bytes> read_either(store::Store& store, const std::string& name,
                                const RosterHash& hash, Events& events) {
    for (const std::string& copy : {name, name + std::string(format::names::kSecond)}) {
        Result<util::Bytes> bytes = store.get(copy, format::limits::kRoster);
        if (bytes && format::name_of<RosterHash>(*bytes) == hash)
            return bytes;
        events.finding({Severity::damage, copy,
                        bytes ? tr("this copy of a roster is damaged") : bytes.error().message()});
    }
    return fail(ErrorKind::corrupt,
                message(tr("{}: both copies of this roster are missing or damaged"), name));
}

Result<Candidates> read_all(store::Store& store, Events& events) {
    std::map<std::pair<std::uint64_t, RosterHash>, std::string> names;
    for (const store::ObjectInfo& info : TRY(store::list_all(store, format::names::kRosters)))
        if (const auto name = format::names::parse_as<format::names::RosterName>(info.name))
            names.emplace(std::pair(name->n, name->hash),
                          format::names::roster(name->n, name->hash));
    Candidates candidates;
    for (const auto& [key, name] : names) {
        Result<util::Bytes> bytes = read_either(store, name, key.second, events);
        if (!bytes) {
            events.finding({Severity::damage, name, bytes.error().message()});
            continue;
        }
        Result<RosterObject> object = RosterObject::decode(*bytes);
        if (!object && object.error().kind() == ErrorKind::unsupported)
            candidates.unreadable.emplace(
                key.first, Unreadable{name, std::move(*bytes), std::move(object.error())});
        else if (object && object->roster.n == key.first)
            candidates.readable[key.first].push_back({std::move(*object), std::move(*bytes)});
        else
            events.finding({Severity::alarm, name,
                            object ? tr("a roster says another number than its name")
                                   : object.error().message()});
    }
    return candidates;
}

/// What never changes from one roster to the next: an actor's role, domain and keys; nobody leaves
/// but as revoked; and who is revoked stays so. Otherwise what someone signed before could not be
/// judged later.
bool keeps_history(const format::Roster& next, const format::Roster& before) {
    const bool keeps_actors =
        std::ranges::all_of(before.actors, [&](const format::ActorEntry& was) {
            const format::ActorEntry* is = next.find(was.id);
            if (is == nullptr)
                return next.revocation(was.id) != nullptr;
            return is->role == was.role && is->domain == was.domain && is->slot == was.slot;
        });
    return keeps_actors && std::ranges::all_of(before.revoked, [&](const format::Revocation& was) {
               return next.revocation(was.actor) != nullptr;
           });
}

/// Whether `next` is signed by someone who may, according to `before` (null: by the founder).
bool may_follow(const Candidate& next, const RosterObject* before,
                const format::FormatObject& format) {
    const format::Roster& roster = next.object.roster;
    if (roster.repository != format.repository)
        return false;
    if (before == nullptr) {
        const format::ActorId founder =
            format::actor_id(format.repository, format.founder_sign, format.founder_seal);
        const format::ActorEntry* entry = roster.find(founder);
        return next.object.previous.is_zero() && next.object.signer == founder &&
               entry != nullptr && entry->is(format::Role::admin) &&
               RosterObject::is_signed_by(next.bytes, next.object, format.founder_sign);
    }
    const format::ActorEntry* signer = before->roster.find(next.object.signer);
    return next.object.previous == before->hash && signer != nullptr && signer->may_administer() &&
           keeps_history(roster, before->roster) &&
           RosterObject::is_signed_by(next.bytes, next.object, signer->sign);
}

/// A roster of a newer version that an admin signed can't be passed over: it may revoke someone.
/// One that nobody who may has signed is rubbish.
bool is_from_admin(const Unreadable& roster, std::uint64_t n, const RosterObject* before,
                   const format::FormatObject& format) {
    const Result<format::SignedView> view =
        format::SignedView::decode(util::BytesView(roster.bytes).subspan(format::Header::kSize));
    if (!view)
        return false;
    const util::Bytes subject = util::Writer().u64(n).take();
    const format::SignContext context{
        .repository = format.repository, .kind = format::Kind::roster, .subject = subject};
    if (before == nullptr)
        return view->is_signed_by(context, format.founder_sign);
    const format::ActorEntry* signer = before->roster.find(view->signer);
    return view->roster == before->hash && signer != nullptr && signer->may_administer() &&
           view->is_signed_by(context, signer->sign);
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

} // namespace

Result<RosterChain> RosterChain::load(store::Store& store, const format::FormatObject& format,
                                      const Witness& seen, Events& events) {
    Candidates all = TRY(read_all(store, events));
    const std::set<RosterHash> seen_before = seen_chain(all, seen);
    RosterChain chain;
    for (std::uint64_t n = 0;; ++n) {
        const RosterObject* before = chain.chain_.empty() ? nullptr : &chain.chain_.back();
        for (auto [it, end] = all.unreadable.equal_range(n); it != end; ++it) {
            if (is_from_admin(it->second, n, before, format))
                return Failure(Error(it->second.error).within(it->second.name));
            events.finding(
                {Severity::alarm, it->second.name,
                 tr("a roster that no admin of the roster before signed; it is not obeyed")});
        }
        if (!all.readable.contains(n))
            break;
        std::vector<const Candidate*> valid;
        for (const Candidate& candidate : all.readable[n]) {
            if (may_follow(candidate, before, format))
                valid.push_back(&candidate);
            else
                events.finding(
                    {Severity::alarm, format::names::roster(n, candidate.object.hash),
                     tr("a roster that no admin of the roster before signed; it is not obeyed")});
        }
        if (valid.empty())
            break;
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
    const std::string same_number = name.substr(0, name.find('-') + 1);
    for (const std::string& copy : {name, name + std::string(format::names::kSecond)})
        if (TRY(store.put(copy, object)) == store::Put::exists)
            return fail(ErrorKind::exists, message(tr("{}: exists already"), copy));
    for (const store::ObjectInfo& info : TRY(store::list_all(store, same_number)))
        if (!info.name.starts_with(name))
            return fail(ErrorKind::refused,
                        message(tr("another admin made roster number {} at the same moment: ask "
                                   "him, then let a person decide"),
                                n));
    return {};
}

} // namespace saoluu::repo
