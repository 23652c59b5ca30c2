// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/earlier_records.hpp"
#include "repo/index.hpp"
#include "repo/ledger.hpp"

#include <vector>

namespace saoluu::repo {

/// One place of a session: what the writer's protocol asks for there (FORMAT.md 10.4; the steps are
/// numbered there). Opened and committed by one thread; is_usable() by many meanwhile.
class SessionPlace {
public:
    /// Steps 1 to 3. The rosters must be up to date.
    /// access: must outlive it; before: how it looked when the run began: ledger and marks
    /// errors: refused, unsupported (why nothing may be written), io, no_space, corrupt (a mark
    ///         that can't be read)
    static Result<SessionPlace> open(Access& access, const format::SessionId& session,
                                     format::Time started, const Access::Look& before,
                                     Events& events);

    [[nodiscard]] Access& access() const { return *access_; }
    /// Whether an earlier session stored the chunk where this one may build on it.
    [[nodiscard]] bool is_usable(format::ChunkKind kind, const format::ChunkId& id) const {
        return index_.is_usable(kind, id);
    }
    [[nodiscard]] const EarlierRecords& earlier() const { return earlier_; }
    /// Index segments that no record names: left by sessions that did not end. Ascending.
    [[nodiscard]] std::vector<format::SegmentId> unnamed_segments() const;

    enum class Outcome {
        committed,
        fenced, ///< a sweep ended the session: begin anew
    };
    /// Steps 5 and 6: the ledger entry that carries the record, and `done`.
    Result<Outcome> commit(LedgerAppender& ledger, util::BytesView done, Events& events) const;

private:
    SessionPlace(Access& access, const format::SessionId& session, Index index,
                 EarlierRecords earlier)
        : access_(&access), session_(session), index_(std::move(index)),
          earlier_(std::move(earlier)) {}
    Result<Outcome> put_done(util::BytesView done, Events& events) const;
    Result<void> report_stranger(util::BytesView done, Events& events) const;
    Result<bool> is_fenced(Events& events) const;

    Access* access_;
    format::SessionId session_;
    Index index_;
    EarlierRecords earlier_;
};

} // namespace saoluu::repo
