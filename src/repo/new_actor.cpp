// SPDX-License-Identifier: Apache-2.0
#include "repo/new_actor.hpp"

#include "format/names.hpp"
#include "format/slot.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::repo {

using util::message;
using util::tr;

format::ActorEntry entry_of(const format::RepositoryId& repository, const NewActor& actor,
                            const ActorFacts& facts, const format::EpochKey& epoch,
                            format::Suite suite) {
    format::ActorEntry entry;
    entry.sign = actor.sign.public_half();
    entry.seal = actor.seal.public_half();
    entry.id = format::actor_id(repository, entry.sign, entry.seal);
    entry.role = static_cast<std::uint8_t>(facts.role);
    entry.domain = facts.domain;
    entry.slot = actor.slot;
    entry.slot_kind = facts.slot_kind;
    entry.issued = facts.issued;
    entry.expires = facts.expires;
    const format::SealContext context{
        .repository = repository,
        .epoch = epoch,
        .header = {.kind = format::Kind::names, .suite = suite, .epoch = epoch.epoch},
        .subject = entry.id.view()};
    entry.sealed_names = format::seal_names(context, facts.names);
    return entry;
}

format::Bundle bundle_for(const format::ActorEntry& actor, const format::Bundle& all) {
    format::Bundle bundle;
    for (const format::EpochKey& epoch : all.epochs)
        bundle.epochs.push_back({.epoch = epoch.epoch, .secret = epoch.secret.copy()});
    for (const format::DomainSecret& domain : all.domains)
        if (actor.may_read() || domain.domain == actor.domain)
            bundle.domains.push_back(
                {.domain = domain.domain, .suite = domain.suite, .secret = domain.secret.copy()});
    if (actor.may_read())
        for (const format::ContentKey& content : all.contents)
            bundle.contents.push_back({.epoch = content.epoch, .secret = content.secret.copy()});
    return bundle;
}

Result<util::Bytes> seal_slot(const format::RepositoryId& repository, const NewActor& actor,
                              format::Suite suite, const crypto::PassphraseCost& cost,
                              const Passphrase& passphrase) {
    crypto::PassphraseSalt salt{};
    crypto::random_bytes(salt);
    const crypto::SecretBytes secret =
        crypto::SecretBytes::copy_of(util::as_bytes(passphrase.reveal()));
    return format::Slot::seal(actor.slot, suite, salt, cost, secret,
                              {.repository = repository,
                               .sign_seed = actor.sign.seed().copy(),
                               .seal_secret = actor.seal.secret().copy()});
}

Result<void> put_slot(store::Store& store, const format::SlotId& slot, util::BytesView object) {
    const std::string name = format::names::slot(slot);
    for (const std::string& copy : {name, name + std::string(format::names::kSecond)})
        if (TRY(store.put(copy, object)) == store::Put::exists)
            return fail(ErrorKind::exists, message(tr("{}: exists already"), copy));
    return {};
}

Result<void> create_key_file(const std::string& path, const format::RepositoryId& repository,
                             const NewActor& actor) {
    const format::KeyFile key{.repository = repository,
                              .slot = actor.slot,
                              .sign_seed = actor.sign.seed().copy(),
                              .seal_secret = actor.seal.secret().copy()};
    Result<void> made = util::create_file_durably(path, key.encode().view(), 0600);
    if (!made && made.error().kind() == ErrorKind::exists)
        return fail(
            ErrorKind::exists,
            message(tr("{} exists already, and a key file is never overwritten: name another file"),
                    util::printable(path)));
    return std::move(made).within(tr("the key file could not be written"));
}

Result<crypto::PassphraseCost> passphrase_cost(std::uint32_t mib, std::uint32_t passes) {
    using Cost = crypto::PassphraseCost;
    const std::uint32_t most = Cost::kMostMemoryKib / 1024;
    const Cost cost{.memory_kib = std::min(mib, most + 1) * 1024, .passes = passes};
    if (!cost.is_accepted())
        return fail(ErrorKind::usage,
                    message(tr("the cost of a passphrase may be {} to {} MiB and 1 to {} passes; "
                               "{} MiB and {} passes were asked for"),
                            Cost::kLeastMemoryKib / 1024, most, std::uint32_t{Cost::kMostPasses},
                            mib, passes));
    return cost;
}

} // namespace saoluu::repo
