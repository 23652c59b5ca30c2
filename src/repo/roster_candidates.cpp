// SPDX-License-Identifier: Apache-2.0
#include "repo/roster_candidates.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::repo {

using format::RosterHash;
using format::RosterObject;
using util::message;
using util::tr;

namespace {

/// The bytes of a roster whose hash is in its name, from either copy.
Result<util::Bytes> read_either(const StoreView& store, const std::string& name,
                                const RosterHash& hash, Events& events) {
    for (const std::string& copy : {name, name + std::string(format::names::kSecond)}) {
        Result<util::Bytes> bytes =
            store.get(copy, crypto::Hash::from(hash.view()), format::limits::kRoster);
        if (bytes && format::name_of<RosterHash>(*bytes) == hash)
            return bytes;
        events.finding({Severity::damage, copy,
                        bytes ? tr("this copy of a roster is damaged") : bytes.error().message()});
    }
    return fail(ErrorKind::corrupt,
                message(tr("{}: both copies of this roster are missing or damaged"), name));
}

/// What never changes from one roster to the next: an actor's role, domain and keys; nobody leaves
/// but as revoked; and who is revoked stays so. Otherwise what someone signed before could not be
/// judged later. A slot may change, as when someone changes his passphrase.
bool keeps_history(const format::Roster& next, const format::Roster& before) {
    const bool keeps_actors =
        std::ranges::all_of(before.actors, [&](const format::ActorEntry& was) {
            const format::ActorEntry* is = next.find(was.id);
            if (is == nullptr)
                return next.revocation(was.id) != nullptr;
            return is->role == was.role && is->domain == was.domain;
        });
    return keeps_actors && std::ranges::all_of(before.revoked, [&](const format::Revocation& was) {
               return next.revocation(was.actor) != nullptr;
           });
}

/// Nobody is both an actor and revoked, and someone is left who can make the next roster.
bool makes_sense(const format::Roster& roster) {
    return std::ranges::none_of(roster.revoked,
                                [&](const format::Revocation& revocation) {
                                    return roster.find(revocation.actor) != nullptr;
                                }) &&
           std::ranges::any_of(roster.actors, &format::ActorEntry::may_administer);
}

/// Epochs only rise, and each has one E and one W: otherwise what is sealed from now on could go to
/// someone else's keys unnoticed.
bool keeps_epoch(const format::Roster& next, const format::Roster& before) {
    return next.epoch > before.epoch ||
           (next.epoch == before.epoch && next.content_public == before.content_public &&
            next.epoch_secret_hash == before.epoch_secret_hash);
}

} // namespace

Result<Candidates> read_candidates(const StoreView& store, Events& events) {
    std::map<std::pair<std::uint64_t, RosterHash>, std::string> names;
    for (const store::ObjectInfo& info : TRY(store.list_all(format::names::kRosters)))
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
        if (!object)
            candidates.unreadable.emplace(
                key.first, Unreadable{name, std::move(*bytes), std::move(object.error())});
        else if (object->roster.n == key.first)
            candidates.readable[key.first].push_back({std::move(*object), std::move(*bytes)});
        else
            events.finding(
                {Severity::alarm, name, tr("a roster says another number than its name")});
    }
    return candidates;
}

bool may_follow(const Candidate& next, const RosterObject* before,
                const format::FormatObject& format) {
    const format::Roster& roster = next.object.roster;
    if (roster.repository != format.repository || !makes_sense(roster))
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
           keeps_history(roster, before->roster) && keeps_epoch(roster, before->roster) &&
           RosterObject::is_signed_by(next.bytes, next.object, signer->sign);
}

std::optional<RosterFrame> RosterFrame::of(const Unreadable& roster, std::uint64_t n) {
    // The suite may be one that is not known here: the header is taken as it is.
    if (roster.bytes.size() < format::Header::kSize)
        return std::nullopt;
    const format::Header header{.kind = format::Kind::roster,
                                .suite = static_cast<format::Suite>(roster.bytes[8]),
                                .epoch = util::load_le<format::Epoch>(roster.bytes.data() + 12)};
    if (!util::equal(header.encode(), util::BytesView(roster.bytes).first(header.kSize)))
        return std::nullopt;
    Result<format::SignedView> view =
        format::SignedView::decode(util::BytesView(roster.bytes).subspan(header.kSize));
    if (!view)
        return std::nullopt;
    return RosterFrame(header, *view, n);
}

bool RosterFrame::is_signed_by(const format::FormatObject& format,
                               const crypto::SignPublic& signer) const {
    const util::Bytes subject = util::Writer().u64(n_).take();
    return view_.is_signed_by(
        {.repository = format.repository, .header = header_, .subject = subject}, signer);
}

bool is_from_admin(const Unreadable& roster, std::uint64_t n, const RosterObject* before,
                   const format::FormatObject& format) {
    const std::optional<RosterFrame> frame = RosterFrame::of(roster, n);
    if (!frame)
        return false;
    if (before == nullptr)
        return frame->is_signed_by(format, format.founder_sign);
    const format::ActorEntry* signer = before->roster.find(frame->signer());
    return frame->previous() == before->hash && signer != nullptr && signer->may_administer() &&
           frame->is_signed_by(format, signer->sign);
}

} // namespace saoluu::repo
