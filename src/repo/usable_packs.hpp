// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/access.hpp"
#include "repo/index_run.hpp"

#include <map>
#include <set>

namespace saoluu::repo {

/// Which packs this actor may build on (FORMAT.md 10.4, step 3): still there with their size,
/// or healed by a copy that has it, so that what someone deleted is stored anew by the next backup;
/// not marked; not seen bad by this computer, until it is read or healed; of its own dedup domain, or copied out by an admin; and of a key that was not
/// revoked, for a stolen key can write garbage under good ids.
class UsablePacks {
public:
    /// Lists the packs. absent: those that marks name. access: must outlive it
    /// errors: the store's
    static Result<UsablePacks> find(const Access& access, std::set<format::PackId> absent,
                                    const StoreView& view);

    bool operator()(const PackRow& pack);

private:
    UsablePacks(const Access& access, std::set<format::PackId> absent)
        : access_(access), absent_(std::move(absent)) {}
    [[nodiscard]] bool is_there(const PackRow& pack) const;
    [[nodiscard]] bool is_trusted(const format::ActorId& actor) const;

    const Access& access_;
    std::set<format::PackId> absent_;
    std::map<format::PackId, std::uint64_t> listed_;      ///< size
    std::multimap<format::PackId, std::uint64_t> healed_; ///< size of each copy
    std::map<format::ActorId, bool> actors_;
};

} // namespace saoluu::repo
