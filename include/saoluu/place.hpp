// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

#include <string>
#include <string_view>

namespace saoluu {

/// What lies at a place where someone wants a repository.
struct PlaceLook {
    enum class State {
        free,       ///< nothing: a repository can be made there
        repository, ///< one is there
        unfinished, ///< what an init left that was cut short, or what lost its "format"
        occupied,   ///< other things
    };
    State state = State::free;
    std::string location; ///< without credentials
    std::string thing;    ///< one of the other things
};

/// Looks whether a repository can be made at a place, or is there. Makes no folder; where there is
/// one and it is empty, throw-away objects under tmp/ show whether it can be written.
/// errors: usage; refused (no disk or share is mounted there); denied, io, offline
Result<PlaceLook> look_at_place(const std::string& location, const Reach& reach,
                                const LocalFolders& folders = LocalFolders::from_environment());

/// errors: usage if the name is empty, or one that people share (admin, vanphong, …): a key is one
/// person's
Result<void> check_holder(std::string_view name);

} // namespace saoluu
