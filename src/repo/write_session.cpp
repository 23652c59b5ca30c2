// SPDX-License-Identifier: Apache-2.0
#include "repo/write_session.hpp"

#include "format/names.hpp"
#include "repo/acknowledged.hpp"
#include "repo/fences.hpp"
#include "repo/marks.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace saoluu::repo {

using format::SessionId;
using format::names::Part;
using util::message;
using util::tr;

namespace {

/// Tries a put again while it may help: the same bytes under the same name, so that nothing can
/// come in double.
Result<store::Put> put_patiently(store::Store& store, const std::string& name,
                                 util::BytesView object) {
    constexpr int kTries = 3;
    for (int i = 1;; ++i) {
        Result<store::Put> put = store.put(name, object);
        if (put || i == kTries || !put.error().may_retry())
            return put;
    }
}

/// Which packs this actor may build on (step 3): still there with their size, so that what someone
/// deleted is stored anew by the next backup; not marked; of its own dedup domain, or copied out by
/// an admin; and of a key that was not revoked, for a stolen key can write garbage under good ids.
class Usability {
public:
    Usability(const Access& access, std::set<format::PackId> absent,
              std::map<format::PackId, std::uint64_t> listed)
        : access_(access), absent_(std::move(absent)), listed_(std::move(listed)) {}

    bool operator()(const PackRow& pack) {
        const auto there = listed_.find(pack.pack);
        if (there == listed_.end() || there->second != pack.size || absent_.contains(pack.pack))
            return false;
        auto found = actors_.find(pack.actor);
        if (found == actors_.end())
            found = actors_.emplace(pack.actor, is_trusted(pack.actor)).first;
        return found->second;
    }

private:
    [[nodiscard]] bool is_trusted(const format::ActorId& actor) const {
        const format::ActorEntry* entry = access_.roster().find(actor);
        return entry != nullptr && access_.roster().revocation(actor) == nullptr &&
               (entry->domain == access_.self().domain || entry->may_administer());
    }
    const Access& access_;
    std::set<format::PackId> absent_;
    std::map<format::PackId, std::uint64_t> listed_; ///< size
    std::map<format::ActorId, bool> actors_;
};

Result<std::map<format::PackId, std::uint64_t>> list_packs(const Access& access) {
    std::map<format::PackId, std::uint64_t> listed;
    TRY(access.store->list(format::names::kPacks, "", [&](const store::ObjectInfo& info) {
        const auto name = format::names::parse_as<format::names::PackName>(info.name);
        if (name && name->copy == 0)
            listed.emplace(name->pack, info.size);
        return true;
    }));
    return listed;
}

/// Whether a commit is this actor's own, and may have come true, at any place.
bool is_own_and_stands(const Access& access, const Ledger& ledger, const LedgerItem& commit) {
    return commit.actor == access.keyring.actor() &&
           ledger.outcome_of(commit) != Ledger::Outcome::abandoned;
}

/// What a session takes from the records before it; each is opened once.
struct EarlierRecords {
    std::set<format::SegmentId> segments; ///< that any of them names
    /// Of this actor's last whole snapshot of each job: sequence, files.
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> last_of_job;

    static EarlierRecords of(const Access& access, const Ledger& ledger) {
        EarlierRecords earlier;
        for (const LedgerItem* commit : ledger.commits()) {
            const Result<format::Record> record = record_in(access, *commit);
            if (!record)
                continue;
            earlier.segments.insert(record->segments.begin(), record->segments.end());
            if (!is_own_and_stands(access, ledger, *commit) || record->incomplete ||
                record->counts.empty())
                continue;
            auto& last = earlier.last_of_job[record->job];
            last = std::max(last, std::pair(record->sequence, record->counts.front()));
        }
        return earlier;
    }
};

/// This actor's newest commit that may have come true.
Result<std::optional<format::Record>> last_record(const Access& access, const Ledger& ledger) {
    std::optional<format::Record> newest;
    for (const LedgerItem* commit : ledger.commits()) {
        if (!is_own_and_stands(access, ledger, *commit))
            continue;
        Result<format::Record> record = record_in(access, *commit);
        if (record && (!newest || newest->sequence < record->sequence))
            newest = std::move(*record);
    }
    return newest;
}

} // namespace

bool ClaimSet::insert(const format::ChunkId& id) {
    Shard& shard = shards_[static_cast<std::size_t>(id.bytes[31]) % shards_.size()];
    const std::lock_guard lock(shard.mutex);
    return shard.ids.insert(id).second;
}

WriteSession::WriteSession(Access& access, PackContext context, const format::DomainKeys& domain,
                           Index index)
    : access_(access), context_(context), domain_(&domain), index_(std::move(index)) {}

Result<std::unique_ptr<WriteSession>> WriteSession::begin(Access& access, Events& events) {
    TRY(access.may_write());
    Events silent;
    TRY(refresh(access, silent)); // this process may be days old
    TRY(access.may_write());
    const SessionId session = crypto::random_id<SessionId>();
    const format::Time started = access.clock->now();

    // 1, 2: whoever marks a pack either sees this session open, or his mark is seen here. `open`
    // names only the marks that are obeyed: a sweep need not wait for a session that names its
    // mark.
    const Ledger ledger = TRY(Ledger::load(access, events));
    Marks marks = TRY(load_marks(access, ledger, events));
    const format::OpenObject open{
        .marks = marks.obeyed, .started = started, .place = access.place.place};
    const std::string open_name = format::names::session(session, Part::open);
    const util::Bytes open_object =
        format::seal_session_object(TRY(access.authorship()), open, session.view());
    if (TRY(put_patiently(*access.store, open_name, open_object)) == store::Put::exists &&
        !util::equal(TRY(access.store->get(open_name, format::limits::kOpen)), open_object))
        return fail(ErrorKind::failure,
                    tr("a new session's name exists already: the random generator of this computer "
                       "is broken"));
    const Marks again = TRY(load_marks(access, ledger, events));
    marks.packs.insert(again.packs.begin(), again.packs.end());

    // 3. From here on the keyring stays as it is until the commit: what follows borrows from it.
    const format::Authorship by = TRY(access.authorship());
    const format::DomainKeys* domain = access.keyring.domain(access.self().domain);
    if (domain == nullptr)
        return fail(ErrorKind::corrupt,
                    tr("this key's bundle lacks the keys of its own dedup domain"));
    Index index = TRY(Index::load(access, events));
    Usability usability(access, std::move(marks.packs), TRY(list_packs(access)));
    index.choose_usable(std::ref(usability));

    PackContext context{.store = *access.store,
                        .by = by,
                        .session = session,
                        .domain = access.self().domain,
                        .content_public = access.roster().content_public};
    std::unique_ptr<WriteSession> result(
        new WriteSession(access, context, *domain, std::move(index)));
    result->started_ = started;
    result->events_ = &events;
    const EarlierRecords earlier = EarlierRecords::of(access, ledger);
    // Left by sessions that did not end: this one's record vouches for them.
    for (const format::SegmentId& segment : result->index_.segments())
        if (!earlier.segments.contains(segment))
            result->unnamed_segments_.push_back(segment);
    for (const auto& [job, last] : earlier.last_of_job)
        result->files_of_last_.emplace(job, last.second);
    result->sink_ = TRY(PackSink::start(result->context_));
    return result;
}

std::uint64_t WriteSession::files_of_last(const std::string& job) const {
    const auto found = files_of_last_.find(job);
    return found == files_of_last_.end() ? 0 : found->second;
}

WriteSession::Claim WriteSession::claim(format::ChunkKind kind, const format::ChunkId& id) {
    if (index_.is_usable(kind, id) || !claims_.insert(id))
        return Claim::known;
    return Claim::mine;
}

Result<void> WriteSession::Packer::add(format::ChunkKind kind, const format::ChunkId& id,
                                       const data::Compressed& chunk, std::size_t plain_size) {
    constexpr std::size_t kMostFrames = 100'000; // keeps directories far below their limit
    if (pack_ &&
        (pack_->size() + chunk.bytes.size() > target_size_ || pack_->frames() >= kMostFrames))
        TRY(finish());
    if (!pack_)
        pack_ = TRY(PackWriter::begin(session_->context_, kind_));
    Result<void> added = pack_->add(kind, id, chunk, plain_size);
    if (!added)
        pack_.reset(); // dropped, never continued
    return added;
}

Result<void> WriteSession::Packer::finish() {
    if (!pack_)
        return {};
    Result<FinishedPack> finished = pack_->finish();
    pack_.reset();
    if (!finished)
        return Failure(finished.error());
    ++packs_;
    return session_->sink_->push(std::move(*finished));
}

void WriteSession::Packer::hash_with(std::vector<crypto::Hasher::Job>& jobs) {
    if (pack_)
        jobs.push_back({.hasher = &pack_->hasher(), .bytes = pack_->unhashed()});
}

Result<void> WriteSession::Packer::write_hashed() {
    if (!pack_)
        return {};
    Result<void> written = pack_->write_hashed();
    if (!written)
        pack_.reset(); // dropped, never continued
    return written;
}

Result<WriteSession::Outcome> WriteSession::commit(Draft draft) {
    TRY(sink_->finish());
    const auto stored_bytes = static_cast<std::size_t>(format::Count::stored_bytes);
    if (draft.counts.size() > stored_bytes)
        draft.counts[stored_bytes] = totals().bytes;
    constexpr std::size_t kMostSegments = 1500; // what a record has room for
    std::vector<format::SegmentId> segments = sink_->segments();
    segments.insert(segments.end(), unnamed_segments_.begin(), unnamed_segments_.end());
    if (segments.size() > kMostSegments)
        segments.resize(kMostSegments);
    std::ranges::sort(segments);
    segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
    // 5 and 6 under one lock: no entry comes between that could not know what becomes of this
    // commit.
    LedgerAppender appender = TRY(LedgerAppender::open(access_, *events_));
    const std::optional<format::Record> last = TRY(last_record(access_, appender.ledger()));
    const format::Record record{.session = id(),
                                .counts = std::move(draft.counts),
                                .job = std::move(draft.job),
                                .program = "saoluu " SAOLUU_VERSION,
                                .root_page = draft.root_page,
                                .note = std::move(draft.note),
                                .started = started_,
                                .ended = access_.clock->now(),
                                .sequence = last ? last->sequence + 1 : 1,
                                .predecessor = last ? std::optional(last->session) : std::nullopt,
                                .domain = context_.domain,
                                .incomplete = draft.incomplete,
                                .segments = std::move(segments)};
    // The appender may have read newer rosters: what was borrowed for packs is not used any more.
    const format::Authorship by = TRY(access_.authorship());
    const util::Bytes done = format::seal_session_object(by, record, id().view());
    if (done.size() > format::limits::kRecord)
        return fail(ErrorKind::failure, tr("the snapshot's record is over its limit"));
    const format::EntryHash entry = TRY(appender.append(format::Act::commit, done, id())); // 5
    const Outcome outcome = TRY(put_done(done));                                           // 6
    if (outcome == Outcome::committed)
        if (const Result<void> kept = acknowledge(access_, entry); !kept)
            events_->finding({Severity::notice, "",
                              message(tr("that the store has this snapshot could not be noted: {}"),
                                      kept.error().message())});
    return outcome;
}

/// Where a store has no exclusive create: whether an admin fenced this session. Rubbish under that
/// name is no fence, unless an admin's ledger says that he could not put his.
Result<bool> WriteSession::is_fenced() {
    const std::string name = format::names::session(id(), Part::fence);
    const Result<util::Bytes> object = access_.store->get(name, format::limits::kSmall);
    if (!object && object.error().kind() == ErrorKind::not_found)
        return false;
    if (!object && object.error().kind() != ErrorKind::corrupt)
        return Failure(object.error());
    Events silent;
    const Ledger ledger = TRY(Ledger::load(access_, silent));
    if (object && is_fence_that_counts(access_, ledger, id(), *object))
        return true;
    events_->finding(
        {Severity::alarm, name, tr("not a fence that an admin signed; it is not obeyed")});
    return ledger.tells(access_, format::Act::sweep, Power::administer, id());
}

/// Only an admin's fence may end a session; anything else in the place of `done` is someone's
/// attempt to stop backups.
Result<void> WriteSession::report_stranger(util::BytesView done) const {
    Events silent;
    const Ledger ledger = TRY(Ledger::load(access_, silent));
    if (!is_fence_that_counts(access_, ledger, id(), done))
        events_->finding({Severity::alarm, format::names::session(id(), Part::done),
                          tr("someone who is no admin ended this backup's session")});
    return {};
}

Result<WriteSession::Outcome> WriteSession::put_done(util::BytesView done) {
    const std::string name = format::names::session(id(), Part::done);
    if (TRY(put_patiently(*access_.store, name, done)) == store::Put::exists) {
        // Own bytes: an earlier try had come through. Anything else: a sweep fenced this session.
        const util::Bytes there = TRY(access_.store->get(name, format::limits::kRecord));
        if (!util::equal(there, done)) {
            TRY(report_stranger(there));
            return Outcome::fenced;
        }
    }
    if (access_.place.exclusive_create())
        return Outcome::committed;
    if (!TRY(is_fenced()))
        return Outcome::committed;
    const format::Void ended{
        .session = id(), .time = access_.clock->now(), .place = access_.place.place};
    TRY(put_patiently(*access_.store, format::names::session(id(), Part::void_),
                      format::seal_session_object(TRY(access_.authorship()), ended, id().view())));
    return Outcome::fenced;
}

} // namespace saoluu::repo
