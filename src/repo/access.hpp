// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/session_objects.hpp"
#include "format/text_objects.hpp"
#include "repo/catalog_packs.hpp"
#include "repo/kept_objects.hpp"
#include "repo/keyring.hpp"
#include "repo/local_state.hpp"
#include "repo/roster_chain.hpp"
#include "repo/store_view.hpp"
#include "store/open.hpp"
#include "util/clock.hpp"

#include "saoluu/repository.hpp"

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace saoluu::repo {

/// A repository that one actor has opened: what every other part of this room works on.
struct Access {
    std::unique_ptr<store::Store> store;
    format::FormatObject format;
    format::PlaceObject place;
    LocalState local;
    RosterChain rosters;
    Keyring keyring;
    /// Of a store behind a network; none for others, whose objects are as near as copies of them.
    std::optional<KeptObjects> kept = {};
    std::string spool_folder = {}; ///< as Reach has it
    const util::Clock* clock = &util::system_clock();
    /// Null where the store is on this machine.
    std::unique_ptr<CatalogPacks> catalog_packs = {};

    [[nodiscard]] const format::RepositoryId& id() const { return format.repository; }
    [[nodiscard]] const format::Roster& roster() const { return rosters.current(); }
    /// The actor of this key in the current roster.
    [[nodiscard]] const format::ActorEntry& self() const {
        return *rosters.current().find(keyring.actor());
    }
    /// What this machine remembers, and then the store as it is now.
    struct Look {
        Witness seen; ///< what it names is in the view, or was taken away
        StoreView view;
    };
    /// prefixes: of which listings are wanted
    /// errors: the store's
    [[nodiscard]] Result<Look> look(std::initializer_list<std::string_view> prefixes) const;
    /// errors: refused, unsupported: why nothing may be written now
    [[nodiscard]] Result<void> may_write() const;
    /// errors: wrong_key, which says that `what` needs an admin's key
    [[nodiscard]] Result<void> may_administer(std::string_view what) const;
    /// errors: wrong_key, which says that `what` needs a reader's key
    [[nodiscard]] Result<void> may_read(std::string_view what) const;
    /// How this actor signs and seals now. Borrows from this.
    [[nodiscard]] Result<format::Authorship> authorship() const;
    /// Holder, unit and domain of an actor of any accepted roster; empty names where they can't be
    /// opened.
    [[nodiscard]] format::ActorNames names_of(const format::ActorId& actor) const;
    [[nodiscard]] format::ActorNames names_of(const format::ActorEntry& actor) const;
};

/// The store of a location as a person writes it.
/// errors: unsupported for a kind of store that this version has not; no_repository; usage
Result<std::unique_ptr<store::Store>> open_store(const std::string& location, const Reach& reach,
                                                 store::MissingFolder missing);

Result<Access> open_access(OpenOptions options, Events& events);
/// The same over a store that is open already; `location` is not looked at.
Result<Access> open_access_over(std::unique_ptr<store::Store> store, const OpenOptions& options,
                                Events& events);

/// errors: usage if the name is empty or one that people share (admin, chung, vanphong, …): a key
/// is one person's
Result<void> check_holder(std::string_view name);

} // namespace saoluu::repo

namespace saoluu {
struct Repository::Impl {
    repo::Access access;
};
} // namespace saoluu
