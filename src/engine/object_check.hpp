// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/names.hpp"
#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <cstdint>

namespace saoluu::engine {

/// The most that an object of this name may be.
std::uint64_t size_limit(const format::names::Name& name);

/// The hash that the object's bytes must have, if its name says it; null for those that end with a
/// self-check. Into `name`.
const std::byte* hash_in(const format::names::Name& name);

/// Whether the bytes are what the name or the self-check says, without any key. Of `format` also
/// whether it is of this repository.
/// errors: corrupt; unsupported (a slot or `format` of a newer version)
Result<void> verify_object(const format::RepositoryId& repository, const format::names::Name& name,
                           util::BytesView bytes);

} // namespace saoluu::engine
