// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/roster.hpp"
#include "format/text_objects.hpp"
#include "repo/local_state.hpp"
#include "repo/store_view.hpp"
#include "store/store.hpp"

#include "saoluu/events.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace saoluu::repo {

/// What an object's signer must be allowed to.
enum class Power { write, mark_damage, administer };

/// The rosters that a repository accepts, from the founder's to the newest (FORMAT.md 6.3).
class RosterChain {
public:
    /// Reads and verifies the chain. Second copies that had to be used, rosters that don't fit,
    /// rivals and a chain that was set back are told to `events`. errors: corrupt if no chain from
    /// the founder exists; unsupported for features or versions; io
    static Result<RosterChain> load(const StoreView& store, const format::FormatObject& format,
                                    const Witness& seen, Events& events);

    /// The founder's first.
    [[nodiscard]] std::span<const format::RosterObject> accepted() const { return chain_; }
    [[nodiscard]] const format::Roster& current() const { return chain_.back().roster; }
    [[nodiscard]] const format::RosterHash& current_hash() const { return chain_.back().hash; }
    /// An accepted roster; null if that hash is none.
    [[nodiscard]] const format::Roster* find(const format::RosterHash& hash) const;

    /// The actor as that roster has him, if it is an accepted one and he has the power there; else
    /// null.
    [[nodiscard]] const format::ActorEntry*
    authority(const format::RosterHash& roster, const format::ActorId& actor, Power power) const;
    /// The actor as any accepted roster has him, the newest first; null if none has.
    [[nodiscard]] const format::ActorEntry* anyone(const format::ActorId& actor) const;

    /// Why nothing may be written now: rivals that no one settled, a chain set back, or features
    /// unknown here.
    [[nodiscard]] const std::optional<Error>& write_refusal() const { return write_refusal_; }

    /// Appends the roster that this client just made.
    void accept(format::RosterObject next);

private:
    void refuse_writing(ErrorKind kind, std::string why) {
        if (!write_refusal_)
            write_refusal_ = Error(kind, std::move(why));
    }
    std::vector<format::RosterObject> chain_;
    std::optional<Error> write_refusal_;
};

/// Puts a roster and its second copy. Where it fails the roster may be there all the same.
Result<void> put_roster(store::Store& store, std::uint64_t n, util::BytesView object);

} // namespace saoluu::repo
