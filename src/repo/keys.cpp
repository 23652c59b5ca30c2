// SPDX-License-Identifier: Apache-2.0
#include "format/names.hpp"
#include "repo/ledger.hpp"
#include "repo/new_actor.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <unistd.h>

namespace saoluu {
namespace repo {
namespace {

using util::message;
using util::tr;

KeyInfo info_of(const Access& access, const format::ActorEntry& actor) {
    const format::ActorNames names = access.names_of(actor);
    return {.actor = actor.id.hex(),
            .slot = actor.slot.hex(),
            .holder = names.holder,
            .unit = names.unit,
            .role = static_cast<Role>(actor.role - 1),
            .domain = actor.domain,
            .domain_name = names.domain,
            .issued = actor.issued,
            .expires = actor.expires,
            .by_passphrase = actor.slot_kind == format::SlotKind::passphrase,
            .is_own = actor.id == access.keyring.actor()};
}

/// The domain of that name, or a new one: its secret is added to `all`.
format::Domain domain_for(const Access& access, const std::string& name, format::Suite suite,
                          format::Bundle& all) {
    if (!name.empty())
        for (const format::ActorEntry& actor : access.roster().actors)
            if (access.names_of(actor).domain == name)
                return actor.domain;
    format::Domain newest = 0;
    for (const format::DomainSecret& domain : all.domains)
        newest = std::max(newest, domain.domain);
    all.domains.push_back({.domain = newest + 1, .suite = suite, .secret = crypto::Key::random()});
    return newest + 1;
}

format::Role role_of(Role role) {
    return static_cast<format::Role>(static_cast<int>(role) + 1);
}

Result<void> check_request(const Access& access, const IssueOptions& options) {
    TRY(access.may_administer(tr("issuing a key")));
    TRY(access.may_write());
    TRY(check_holder(options.holder));
    if (options.role == Role::recovery)
        return fail(ErrorKind::usage,
                    tr("a recovery key is not issued this way: choose backup, restore or admin"));
    if (options.expires && *options.expires <= access.clock->now())
        return fail(ErrorKind::usage, tr("the date of expiry has passed already"));
    return {};
}

/// The store's newest roster must be the one that is known here, without a rival.
Result<void> demand_newest(const Access& access, const format::RosterHash& expected) {
    Events silent; // opening has told what is wrong with rosters
    const RosterChain now = TRY(
        RosterChain::load(StoreView(*access.store), access.format, access.local.witness(), silent));
    if (now.write_refusal())
        return Failure(*now.write_refusal());
    if (now.current_hash() != expected)
        return fail(ErrorKind::refused,
                    message(tr("another admin made roster number {} at the same moment: ask "
                               "him, then let a person decide"),
                            now.current().n));
    return {};
}

/// Puts the roster that makes a new key count.
/// key_file: the new key's, or empty; deleted only where the roster is surely not there, because a
///           key that counts and that nobody has can't be got back
Result<void> put_issuing_roster(const Access& access, std::uint64_t n, util::BytesView object,
                                const std::string& key_file) {
    const auto hash = format::name_of<format::RosterHash>(object);
    // Asked again: Argon2 took its time.
    Result<void> done = demand_newest(access, access.rosters.current_hash());
    bool is_there = false;
    if (done) {
        done = put_roster(*access.store, n, object);
        if (!done) {
            const Result<store::ObjectInfo> found =
                access.store->stat(format::names::roster(n, hash));
            is_there = found || found.error().kind() != ErrorKind::not_found;
        } else {
            is_there = true;
            done = demand_newest(access, hash);
        }
    }
    if (done)
        return {};
    if (!is_there && !key_file.empty())
        ::unlink(key_file.c_str());
    if (!is_there || key_file.empty())
        return done;
    return std::move(done).within(
        message(tr("{}: kept, because the key may count already; \"saoluu key list\" says so"),
                util::printable(key_file)));
}

Result<KeyInfo> issue(Access& access, const IssueOptions& options) {
    TRY(check_request(access, options));
    const crypto::PassphraseCost cost = TRY(passphrase_cost(options.kdf_mib, options.kdf_passes));
    const std::string domain_name = TRY(util::to_nfc(options.domain));
    const ActorFacts wanted{.role = role_of(options.role),
                            .domain = 0,
                            .slot_kind = std::holds_alternative<Passphrase>(options.secret)
                                             ? format::SlotKind::passphrase
                                             : format::SlotKind::key_file,
                            .issued = access.clock->now(),
                            .expires = options.expires,
                            .names = {.holder = TRY(util::to_nfc(options.holder)),
                                      .unit = TRY(util::to_nfc(options.unit)),
                                      .domain = domain_name}};
    const format::EpochKey& epoch = *TRY(access.keyring.epoch(access.roster().epoch));
    const format::Suite suite = access.roster().suite;

    format::Bundle all =
        bundle_for(access.self(), access.keyring.bundle()); // an admin's bundle is all there is
    ActorFacts facts = wanted;
    facts.domain = domain_for(access, domain_name, suite, all);
    const NewActor actor;
    const format::ActorEntry added = entry_of(access.id(), actor, facts, epoch, suite);

    format::Roster next = access.roster();
    next.n += 1;
    next.made = facts.issued;
    next.rivals.clear();
    next.actors.push_back(added);
    std::ranges::sort(next.actors, {}, &format::ActorEntry::id);
    for (format::ActorEntry& one : next.actors)
        if (one.id == added.id || one.may_read()) // readers get the new domain too
            one.bundle = format::seal_bundle(access.id(), suite, next.epoch, one.id, one.seal,
                                             bundle_for(one, all));
    const util::Bytes object = format::RosterObject::encode(
        next, access.rosters.current_hash(), access.keyring.actor(), access.keyring.sign_pair());

    TRY(demand_newest(access, access.rosters.current_hash()));
    const auto* file = std::get_if<Credential::KeyFile>(&options.secret);
    if (file != nullptr) {
        TRY(create_key_file(file->path, access.id(), actor));
    } else {
        const util::Bytes slot =
            TRY(seal_slot(access.id(), actor, suite, cost, std::get<Passphrase>(options.secret)));
        TRY(put_slot(*access.store, actor.slot, slot));
    }
    TRY(put_issuing_roster(access, next.n, object, file != nullptr ? file->path : ""));
    format::RosterObject accepted = TRY(format::RosterObject::decode(object));
    access.rosters.accept(std::move(accepted));
    access.keyring.adopt(TRY(format::open_bundle(
        access.id(), access.keyring.actor(), access.keyring.seal_pair(), access.self().bundle)));
    Events silent;
    TRY(append_entry(access, format::Act::issue,
                     format::encode_facts({.roster = access.rosters.current_hash(),
                                           .session = {},
                                           .mark = {},
                                           .text = added.id.hex()}),
                     silent));
    return info_of(access, *access.roster().find(added.id));
}

} // namespace
} // namespace repo

Result<std::vector<KeyInfo>> list_keys(Repository& repository) {
    const repo::Access& access = repository.impl().access;
    std::vector<KeyInfo> keys;
    for (const format::ActorEntry& actor : access.roster().actors)
        keys.push_back(repo::info_of(access, actor));
    std::ranges::sort(keys, [](const KeyInfo& a, const KeyInfo& b) {
        return std::tuple(-static_cast<int>(a.role), a.holder, a.issued) <
               std::tuple(-static_cast<int>(b.role), b.holder, b.issued);
    });
    return keys;
}

Result<KeyInfo> issue_key(Repository& repository, const IssueOptions& options) {
    return repo::issue(repository.impl().access, options);
}

} // namespace saoluu
