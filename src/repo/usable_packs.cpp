// SPDX-License-Identifier: Apache-2.0
#include "repo/usable_packs.hpp"

#include "format/names.hpp"
#include "repo/hashed_packs.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

Result<UsablePacks> UsablePacks::find(const Access& access, std::set<format::PackId> absent,
                                      const StoreView& view) {
    absent.merge(HashedPacks::load(access.local).bad());
    UsablePacks usable(access, std::move(absent));
    TRY(view.list(format::names::kPacks, [&](const store::ObjectInfo& info) {
        const auto name = format::names::parse_as<format::names::PackName>(info.name);
        if (name && name->copy == 0)
            usable.listed_.emplace(name->pack, info.size);
        else if (name)
            usable.healed_.emplace(name->pack, info.size);
        return true;
    }));
    return usable;
}

bool UsablePacks::operator()(const PackRow& pack) {
    if (absent_.contains(pack.pack) || !is_there(pack))
        return false;
    auto found = actors_.find(pack.actor);
    if (found == actors_.end())
        found = actors_.emplace(pack.actor, is_trusted(pack.actor)).first;
    return found->second;
}

bool UsablePacks::is_there(const PackRow& pack) const {
    const auto itself = listed_.find(pack.pack);
    const auto [first, last] = healed_.equal_range(pack.pack);
    return (itself != listed_.end() && itself->second == pack.size) ||
           std::any_of(first, last, [&](const auto& copy) { return copy.second == pack.size; });
}

bool UsablePacks::is_trusted(const format::ActorId& actor) const {
    const format::ActorEntry* entry = access_.roster().find(actor);
    return entry != nullptr && access_.roster().revocation(actor) == nullptr &&
           (entry->domain == access_.self().domain || entry->may_administer());
}

} // namespace saoluu::repo
