// SPDX-License-Identifier: Apache-2.0
#include "format/names.hpp"
#include "format/slot.hpp"
#include "repo/access.hpp"
#include "repo/known_places.hpp"
#include "repo/read_place.hpp"
#include "util/text.hpp"

#include <optional>
#include <set>
#include <utility>

#include <sys/stat.h>

namespace saoluu::repo {

using util::message;
using util::tr;

namespace {

format::SlotSecrets secrets_of(format::KeyFile key) {
    return {.repository = key.repository,
            .sign_seed = std::move(key.sign_seed),
            .seal_secret = std::move(key.seal_secret)};
}

Result<format::SlotSecrets> read_key_file(const std::string& path, Events& events) {
    util::Bytes bytes = TRY(util::read_file(path, format::limits::kTextObject));
    Result<format::KeyFile> key = format::KeyFile::decode(bytes).within(util::printable(path));
    crypto::wipe(bytes);
    if (!key)
        return Failure(key.error());
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & 077) != 0)
        events.finding(
            {Severity::warning, path,
             tr("other users of this computer can read this key file: run \"chmod 600\" on it")});
    return secrets_of(std::move(*key));
}

/// Opens one slot, by its second copy where the first is damaged, or where it does not open and the
/// second is another: whoever can write may have put one of them there.
Result<format::SlotSecrets> open_slot(store::Store& store, const format::SlotId& id,
                                      const crypto::SecretBytes& passphrase, Events& events) {
    const std::string name = format::names::slot(id);
    std::optional<Error> error;
    std::optional<util::Bytes> tried; // by the passphrase, in vain
    for (const std::string& copy : {name, name + std::string(format::names::kSecond)}) {
        const Result<util::Bytes> object = store.get(copy, format::Slot::kSize);
        const Result<format::SlotId> inside =
            object ? format::Slot::id_of(*object) : Failure(object.error());
        if (inside && *inside == id) {
            if (tried && util::equal(*tried, *object))
                break;
            Result<format::SlotSecrets> opened =
                format::Slot::open(*object, passphrase).within(copy);
            if (opened && tried)
                events.finding({Severity::alarm, name,
                                tr("the two copies of this key slot differ, and only the second "
                                   "one opens")});
            if (opened || opened.error().kind() == ErrorKind::no_memory)
                return opened;
            tried = *object;
            error = opened.error();
            continue;
        }
        Error fault = inside ? Error(ErrorKind::corrupt,
                                     message(tr("{}: this slot says that it is another"), copy))
                             : inside.error();
        events.finding({Severity::damage, copy, fault.message()});
        if (!error)
            error = std::move(fault);
    }
    return Failure(std::move(*error));
}

Result<format::SlotSecrets> open_by_passphrase(store::Store& store, const format::Roster& roster,
                                               const Passphrase& passphrase,
                                               const std::string& slot, Events& events) {
    const crypto::SecretBytes secret =
        crypto::SecretBytes::copy_of(util::as_bytes(passphrase.reveal()));
    std::size_t tried = 0;
    std::optional<Error> obstacle; // kept a slot from being tried
    for (const format::ActorEntry& actor : roster.actors) {
        if (actor.slot_kind != format::SlotKind::passphrase || !actor.slot.hex().starts_with(slot))
            continue;
        ++tried;
        Result<format::SlotSecrets> opened = open_slot(store, actor.slot, secret, events);
        if (opened)
            return opened;
        const ErrorKind kind = opened.error().kind();
        // One slot that asks for more memory than there is, or can't be read, must not keep the
        // holder of another out.
        if (!obstacle && kind != ErrorKind::wrong_key && kind != ErrorKind::corrupt &&
            kind != ErrorKind::not_found)
            obstacle = std::move(opened.error());
    }
    if (obstacle)
        return Failure(std::move(*obstacle));
    if (tried == 0)
        return fail(ErrorKind::wrong_key,
                    slot.empty()
                        ? tr("no key of this repository is under a passphrase: use --key-file")
                        : message(tr("no slot of this repository begins with {}"), slot));
    return fail(ErrorKind::wrong_key, message(tr("the passphrase is wrong: it opens none of the {} "
                                                 "key slots (look at the keyboard: Caps Lock, "
                                                 "Telex or VNI)"),
                                              tried));
}

/// Every secret in the bundle must be the one that the rosters of its epoch name by its public half
/// or its hash: otherwise whoever made the bundle leads this actor's backups to other keys.
void check_secrets(const Access& access, Events& events) {
    std::set<format::Epoch> told;
    for (const format::RosterObject& object : access.rosters.accepted()) {
        const format::Roster& roster = object.roster;
        const Result<const crypto::SealPair*> content = access.keyring.content(roster.epoch);
        const Result<const format::EpochKey*> epoch = access.keyring.epoch(roster.epoch);
        const bool fits =
            (!content || (*content)->public_half() == roster.content_public) &&
            (!epoch || format::hash_of_secret(access.id(), **epoch) == roster.epoch_secret_hash);
        if (!fits && told.insert(roster.epoch).second)
            events.finding(
                {Severity::alarm, format::names::roster(roster.n, object.hash),
                 message(tr("the secrets that this key was given for epoch {} are not those of "
                            "this roster: whoever issued the key may be leading backups elsewhere"),
                         roster.epoch)});
    }
}

void warn_of_expiry(const Access& access, Events& events) {
    const format::ActorEntry& self = access.self();
    if (!self.expires || *self.expires > access.clock->now())
        return;
    events.finding(
        {Severity::warning, "",
         message(tr("the key of {} expired on {}; it still works: ask an admin for a new one"),
                 util::printable(access.names_of(self).holder), util::utc_time(*self.expires))});
}

/// known: of where the store is
Result<Access> open_known(std::unique_ptr<store::Store> store, const KnownPlace& known,
                          const OpenOptions& options, Events& events) {
    const Result<format::FormatObject> found = read_format(*store, events);
    if (!found)
        return Failure(known.explain(found.error()));
    const format::FormatObject& format = *found;
    format::PlaceObject place = TRY(read_place(*store, format, events));
    TRY(known.admit(format.repository, place.place, events));
    store->use({.exclusive_create = place.exclusive_create(), .retention = place.retention()});
    const LocalState local(options.folders, format.repository, place.place);
    std::optional<KeptObjects> kept;
    if (store->nature().is_remote)
        kept.emplace(local.kept_folder());
    const Witness remembered = local.witness(); // before the listing
    const StoreView view =
        TRY(StoreView::of(*store, kept ? &*kept : nullptr, {format::names::kRosters}));
    RosterChain rosters = TRY(RosterChain::load(view, format, remembered, events));

    format::SlotSecrets secrets = TRY(
        std::holds_alternative<Credential::KeyFile>(options.credential.secret)
            ? read_key_file(std::get<Credential::KeyFile>(options.credential.secret).path, events)
            : open_by_passphrase(*store, rosters.current(),
                                 std::get<Passphrase>(options.credential.secret),
                                 options.credential.slot, events));
    if (secrets.repository != format.repository)
        return fail(ErrorKind::wrong_key,
                    message(tr("this key is for repository {}, and {} is repository {}"),
                            secrets.repository.hex().substr(0, 16), store->describe(),
                            format.repository.hex().substr(0, 16)));
    Access access{.store = std::move(store),
                  .format = format,
                  .place = std::move(place),
                  .local = local,
                  .rosters = std::move(rosters),
                  .keyring =
                      Keyring(format.repository, crypto::SignPair(std::move(secrets.sign_seed)),
                              crypto::SealPair(std::move(secrets.seal_secret))),
                  .kept = std::move(kept),
                  .spool_folder = options.reach.spool_folder};
    if (access.store->nature().is_remote)
        access.catalog_packs = std::make_unique<CatalogPacks>();
    const format::ActorEntry* self = access.roster().find(access.keyring.actor());
    if (self == nullptr)
        return fail(
            ErrorKind::wrong_key,
            tr("this key is not among the keys that count in this repository: it was revoked, "
               "or its issue did not finish; ask an admin for a new one"));
    if (self->role < 1 || self->role > 4)
        return fail(
            ErrorKind::unsupported,
            message(tr("this key has the role number {}, which this version does not know: use a "
                       "newer saoluu"),
                    self->role));
    access.keyring.adopt(TRY(format::open_bundle(format.repository, self->id,
                                                 access.keyring.seal_pair(), self->bundle)));
    check_secrets(access, events);
    warn_of_expiry(access, events);
    const Witness seen{
        .roster_n = access.roster().n, .roster = access.rosters.current_hash(), .heads = {}};
    if (!access.rosters.write_refusal())
        if (const Result<void> noted = local.remember(seen); !noted)
            events.finding({Severity::notice, "",
                            message(tr("what this computer saw could not be noted, so a store that "
                                       "is set back would go unnoticed: {}"),
                                    noted.error().message())});
    return access;
}

} // namespace

Result<Access> open_access(OpenOptions options, Events& events) {
    const KnownPlace known = KnownPlace::at(options.location, options.folders);
    auto store = open_store(options.location, options.reach, store::MissingFolder::refuse);
    if (!store)
        return Failure(known.explain(store.error()));
    Result<Access> access = open_known(*std::move(store), known, options, events);
    if (!access)
        return access;
    // Only now: a key has shown that it is a repository and no likeness of one. A `place` that
    // could not be read has no facts, and is not to be taken for the place's own.
    if (!access->place.facts.empty())
        if (const Result<void> noted = known.remember(access->id(), access->place.place); !noted)
            events.finding({Severity::notice, "",
                            message(tr("where this repository lies could not be noted, so that "
                                       "another one in its place would go unnoticed: {}"),
                                    noted.error().message())});
    return access;
}

Result<Access> open_access_over(std::unique_ptr<store::Store> store, const OpenOptions& options,
                                Events& events) {
    return open_known(std::move(store), KnownPlace(), options, events);
}

} // namespace saoluu::repo
