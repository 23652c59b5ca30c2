// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/access.hpp"

#include "saoluu/result.hpp"

namespace saoluu::repo {

/// What an error of the store means for a run that reads many objects. One that can't be read (a
/// bad sector) is damage of it, `corrupt`, and the run goes on; where the store as a whole does not
/// answer any more the error stays what it is, and ends the run. Other kinds are given back as they
/// are.
Error as_damage(const Access& access, const Error& error);

} // namespace saoluu::repo
