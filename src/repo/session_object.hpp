// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/names.hpp"
#include "format/session_objects.hpp"
#include "repo/access.hpp"

namespace saoluu::repo {

/// An object of a session, opened as that session's: one that was carried here from another does
/// not open.
/// errors: corrupt; unsupported; wrong_key (of another session or epoch)
Result<format::OpenedSessionObject>
open_session_object(const Access& access, const format::SessionId& session, util::BytesView object);

/// Whether someone signed it who had that power.
bool is_signed(const Access& access, const format::SessionId& session,
               const format::OpenedSessionObject& object, Power power);

/// What must lie under that name: a copy of another object of the session, signed by the very same
/// people, says nothing there. (A fence may take the place of a record.)
format::Kind kind_of(format::names::Part part);

} // namespace saoluu::repo
