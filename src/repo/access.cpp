// SPDX-License-Identifier: Apache-2.0
#include "repo/access.hpp"

#include "util/text.hpp"

#include <utility>

namespace saoluu {

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Result<Repository> Repository::open(OpenOptions options, Events& events) {
    repo::Access access = TRY(repo::open_access(std::move(options), events));
    return Repository(std::make_unique<Impl>(Impl{std::move(access)}));
}

std::string Repository::id() const {
    return impl_->access.id().hex();
}
std::string Repository::location() const {
    return impl_->access.store->describe();
}
Role Repository::role() const {
    return static_cast<Role>(impl_->access.self().role - 1);
}

namespace repo {

using util::message;
using util::tr;

Result<Access::Look> Access::look(std::initializer_list<std::string_view> prefixes) const {
    Witness seen = local.witness();
    return Look{.seen = std::move(seen),
                .view = TRY(StoreView::of(*store, kept ? &*kept : nullptr, prefixes))};
}

Result<void> Access::may_write() const {
    if (rosters.write_refusal())
        return Failure(*rosters.write_refusal());
    return {};
}

Result<void> Access::may_administer(std::string_view what) const {
    if (self().may_administer())
        return {};
    return fail(ErrorKind::wrong_key,
                message(tr("{} needs an admin's key; this key may not do it"), what));
}

Result<void> Access::may_read(std::string_view what) const {
    if (keyring.may_read())
        return {};
    return fail(ErrorKind::wrong_key, message(tr("{} needs a key that may read: this one can only "
                                                 "add backups. Use the passphrase or key file of "
                                                 "someone with the role restore or admin"),
                                              what));
}

Result<format::Authorship> Access::authorship() const {
    const format::EpochKey* epoch = TRY(keyring.epoch(roster().epoch));
    return format::Authorship{.repository = format.repository,
                              .epoch = *epoch,
                              .suite = roster().suite,
                              .signer = keyring.actor(),
                              .roster = rosters.current_hash(),
                              .pair = keyring.sign_pair()};
}

format::ActorNames Access::names_of(const format::ActorEntry& actor) const {
    const Result<format::Epoch> number = format::epoch_of_names(actor.sealed_names);
    if (!number)
        return {};
    const Result<const format::EpochKey*> epoch = keyring.epoch(*number);
    if (!epoch)
        return {};
    Result<format::ActorNames> names =
        format::open_names(id(), **epoch, actor.id, actor.sealed_names);
    return names ? std::move(*names) : format::ActorNames{};
}

format::ActorNames Access::names_of(const format::ActorId& actor) const {
    const format::ActorEntry* entry = rosters.anyone(actor);
    return entry == nullptr ? format::ActorNames{} : names_of(*entry);
}

Result<std::unique_ptr<store::Store>> open_store(const std::string& location, const Reach& reach,
                                                 store::MissingFolder missing) {
    return store::open_store(TRY(store::parse_location(location)), reach, missing);
}

} // namespace repo
} // namespace saoluu
