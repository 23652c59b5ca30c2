// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/crew.hpp"
#include "store/store.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace saoluu::engine {

/// What a store says of the locks of its objects.
struct Locks {
    static constexpr std::size_t kNamed = 20;

    std::uint64_t asked = 0; ///< objects of which it said whether they are locked
    std::uint64_t ended = 0; ///< of these: the lock is over
    std::uint64_t never = 0; ///< of these: there is none
    /// The first kNamed of either, in the order asked.
    std::vector<std::string> named_ended, named_never;
    std::uint64_t hidden = 0; ///< objects of which it did not say
    std::string why_hidden;   ///< of one of them, for people

    [[nodiscard]] std::uint64_t unprotected() const { return ended + never; }
    /// Whether it tells nothing to this account: asking for more is no use.
    [[nodiscard]] bool tells_nothing() const { return asked == 0 && hidden >= kNamed; }
};

/// Asks for the locks of objects, as many at once as the store serves well, and adds what was found
/// to `locks`. An object that has gone meanwhile is passed over. A lock that ends at `now` (seconds
/// since 1970) or before is over.
/// errors: the store's, where it can't be reached; interrupted
Result<void> ask_for_locks(store::Store& store, const std::vector<std::string>& names,
                           std::int64_t now, Crew& crew, Locks& locks);

/// For a person: the unprotected, how many, and kNamed of them by name; those without a lock come
/// first, because age does not explain them.
std::string text_of_unprotected(const Locks& locks);
/// What to do about them.
const char* next_step_of_unprotected(const Locks& locks);
/// The same as text_of_unprotected of the hidden.
std::string text_of_hidden(const Locks& locks);

} // namespace saoluu::engine
