// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/sealed.hpp"
#include "format/types.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a session puts under snapshots/<id>/, and marks (FORMAT.md, section 10).
namespace saoluu::format {

struct OpenObject {
    std::vector<MarkId> marks; ///< ascending
    Time started = 0;
    PlaceId place;
};

/// A snapshot: the record that `done` and the ledger carry.
struct Record {
    SessionId session;
    std::vector<std::uint64_t> counts; ///< as Counts below lists them
    std::string job;
    std::string program;
    ChunkId root_page;
    std::vector<ChunkId> note;
    Time started = 0;
    Time ended = 0;
    std::uint64_t sequence = 1;
    std::optional<SessionId> predecessor;
    Domain domain = 0;
    bool incomplete = false;
    /// Index segments that the session put, and those it found that no record named yet; ascending.
    std::vector<SegmentId> segments;
};

/// Positions in Record::counts.
enum class Count : std::size_t {
    files,
    folders,
    others,
    file_bytes,
    new_files,
    changed_files,
    unchanged_files,
    new_chunk_bytes,
    stored_bytes,
};
std::uint64_t count_of(const Record& record, Count which); ///< 0 where the record has none

struct Fence {
    SessionId session;
    Time time = 0;
    std::optional<MarkId> mark;
    PlaceId place;
};
struct Forgotten {
    SessionId session;
    Time time = 0;
    std::string reason;
    PlaceId place; ///< zero: at every place
};
struct Void {
    SessionId session;
    Time time = 0;
    PlaceId place;
};

enum class MarkPurpose : std::uint8_t { prune = 1, damage = 2 };
struct Mark {
    MarkPurpose purpose = MarkPurpose::prune;
    std::vector<PackId> packs; ///< ascending
    std::string reason;
    Time time = 0;
    PlaceId place; ///< zero: at every place
};

using SessionValue = std::variant<OpenObject, Record, Fence, Forgotten, Void, Mark>;

/// Who seals, under what.
struct Authorship {
    const RepositoryId& repository;
    const EpochKey& epoch;
    Suite suite;
    ActorId signer;
    RosterHash roster;
    const crypto::SignPair& pair;
};

/// The object's bytes, self-check included where the name is not the hash. subject: the session's
/// id, empty for marks.
Bytes seal_session_object(const Authorship& by, const SessionValue& value, BytesView subject);
/// The same with the salt given: for the vectors alone.
Bytes seal_session_object_with_salt(const Authorship& by, const SessionValue& value,
                                    BytesView subject, const Hash& salt);

/// A session object or mark that was opened; the signature is still to be verified against a
/// roster.
struct OpenedSessionObject {
    SessionValue value;
    Kind kind{};
    ActorId signer;
    RosterHash roster;
    Header header;
    Hash salt; ///< signed as well
    Bytes body;
    [[nodiscard]] bool is_signed_by(const RepositoryId& repository, BytesView subject,
                                    const crypto::SignPublic& signer_public) const;
};
/// Opens whatever kind the header says, among the kinds 4–7, 9 and 12. Objects that name a session
/// must name `subject`. errors: corrupt, unsupported, wrong_key
Result<OpenedSessionObject> open_session_object(const RepositoryId& repository,
                                                const EpochKey& epoch, BytesView object,
                                                BytesView subject);

} // namespace saoluu::format
