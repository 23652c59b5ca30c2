// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/mirror_run.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace saoluu::engine {

/// Sessions that are settled now: what a mirror that begins with this list copies later holds all
/// that they need.
Result<std::set<format::SessionId>> settled_sessions(store::Store& from);

/// Copies sessions to another place, once all that they need is there.
class SessionCopier {
public:
    /// exclusive_create: of the source; where it is false, a `void` takes a session back
    SessionCopier(store::Store& from, store::Store& to, bool exclusive_create, bool is_dry_run,
                  Copier& copier)
        : from_(from), to_(to), exclusive_create_(exclusive_create), is_dry_run_(is_dry_run),
          copier_(copier) {}

    /// Those that were settled; none to which something was missed is settled at the target.
    /// errors: as Copier
    Result<void> copy(const std::set<format::SessionId>& settled);

private:
    using Parts = std::map<format::names::Part, std::uint64_t>;

    /// A fence in the place of `done` says something of its own place only, and there is nothing to
    /// copy; a `void` beside a `done` takes it back.
    Result<bool> is_ended(const format::SessionId& session, const Parts& parts);
    /// One session has one record, at every place the same to the byte; a clean-up of one place may
    /// have ended it there.
    Result<void> compare_done(const format::SessionId& session);
    Result<void> count_settled(const std::vector<std::string>& dones);

    store::Store& from_;
    store::Store& to_;
    const bool exclusive_create_;
    const bool is_dry_run_;
    Copier& copier_;
};

} // namespace saoluu::engine
