// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/types.hpp"
#include "repo/local_state.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>

namespace saoluu::repo {

/// What this machine knows of the bytes of one pack at a place.
struct HashedPack {
    enum class State : std::uint8_t {
        unknown = 0, ///< it was there when this memory began, and was not hashed since
        put = 1,     ///< it came since then, so its bytes were hashed when they were put
        good = 2,
        bad = 3, ///< read twice: damaged, or of a maker who forged it
    };
    State state = State::unknown;
    format::Time since = 0; ///< when that was so for the last time; of a bad one the first
    friend bool operator==(const HashedPack&, const HashedPack&) = default;
};

/// When this machine hashed which pack of a place: what the rotating check goes by. A file that can
/// be deleted, and is passed over where it is damaged: then a new cycle begins, and what is bad
/// must be found again.
/// memory: about 100 bytes a pack; at most kMostFile is read
struct HashedPacks {
    static constexpr std::size_t kMostFile = 64 << 20; ///< more than a million packs

    std::map<format::PackId, HashedPack> packs;
    std::optional<format::Time> looked; ///< when the packs were listed last
    std::optional<format::Time> turn;   ///< when a share of them was read last
    std::int64_t gap = 0;               ///< seconds between that and the turn before; 0: none

    static HashedPacks load(const LocalState& local);
    /// Changes what is remembered, one process at a time.
    /// errors: of the state folder; not worth failing a run for
    static Result<void> change(const LocalState& local,
                               const std::function<void(HashedPacks&)>& change);

    /// What a look at the packs found at the time `now`. listed: all that are there; a pack that is
    /// neither good nor bad was not read.
    void note(format::Time now, const std::map<format::PackId, std::uint64_t>& listed,
              const std::set<format::PackId>& good, const std::set<format::PackId>& bad);
    /// A share was read at the time `now`.
    void note_turn(format::Time now);
    /// Takes times that are still to come, of a clock that was wrong, for now.
    void mend(format::Time now);
    [[nodiscard]] std::set<format::PackId> bad() const;

    friend bool operator==(const HashedPacks&, const HashedPacks&) = default;
};

/// The object of the file; for tests and fuzzing too.
util::Bytes encode_hashed_packs(const HashedPacks& hashed);
/// errors: corrupt
Result<HashedPacks> decode_hashed_packs(util::BytesView bytes);

} // namespace saoluu::repo
