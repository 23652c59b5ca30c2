// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/note.hpp"
#include "format/session_objects.hpp"
#include "repo/chunk_reader.hpp"

namespace saoluu::engine {

/// The note of a snapshot; it takes a reader's key.
/// errors: corrupt, wrong_key, io
inline Result<format::Note> read_note(repo::ChunkReader& chunks, const format::Record& record) {
    util::Bytes all;
    for (const format::ChunkId& id : record.note) {
        util::append(all, TRY(chunks.read(format::ChunkKind::note, id, record.domain)));
        if (all.size() > format::limits::kNote)
            return fail(ErrorKind::corrupt, "a note over its limit");
    }
    return format::decode_note(all);
}

} // namespace saoluu::engine
