// SPDX-License-Identifier: Apache-2.0
#include "repo/write_session.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace saoluu::repo {

using format::SegmentId;
using util::message;
using util::tr;

namespace {

std::vector<store::Store*> stores_of(std::span<Access* const> places) {
    std::vector<store::Store*> stores;
    for (const Access* place : places)
        stores.push_back(place->store.get());
    return stores;
}
/// errors: refused, where the place has not heard of a roster
Result<void> demand_roster(const Access& access, const format::RosterHash& roster) {
    if (access.rosters.find(roster) != nullptr)
        return {};
    return fail(
        ErrorKind::refused,
        message(tr("its list of keys (roster {}) is older than that of another place: bring "
                   "it up to date by saoluu mirror"),
                access.roster().n));
}

} // namespace

bool ClaimSet::insert(const format::ChunkId& id) {
    Shard& shard = shards_[static_cast<std::size_t>(id.bytes[31]) % shards_.size()];
    const std::lock_guard lock(shard.mutex);
    return shard.ids.insert(id).second;
}

WriteSession::WriteSession(std::span<Access* const> places, Events& events)
    : accesses_(places.begin(), places.end()), events_(&events),
      places_(stores_of(places), places.front()->spool_folder,
              [this](std::size_t place, const Error& why) {
                  events_->finding(
                      {Severity::warning, "",
                       message(tr("{} is left out of this run: {}. What it lacks then is brought "
                                  "to it by: saoluu mirror"),
                               accesses_[place]->store->describe(), why.message())});
              }),
      before_(places.size()), at_(places.size()), started_(places.front()->clock->now()) {}

Result<std::unique_ptr<WriteSession>> WriteSession::begin(std::span<Access* const> places,
                                                          Events& events) {
    std::unique_ptr<WriteSession> session(new WriteSession(places, events));
    TRY(session->refresh_all());
    TRY(session->open_places());
    TRY(session->start());
    return session;
}

/// Brings the rosters of every place up to date: the process may be days old. All is written under
/// one roster, so a place that has not heard of the newest is left behind.
Result<void> WriteSession::refresh_all() {
    std::vector<std::optional<Error>> failed(accesses_.size());
    const Access* newest = nullptr;
    for (std::size_t place = 0; place < accesses_.size(); ++place) {
        Access& access = *accesses_[place];
        const Result<void> fresh = [&]() -> Result<void> {
            Events silent;
            TRY(access.may_write());
            before_[place] = TRY(access.look(
                {format::names::kLedger, format::names::kMarks, format::names::kRosters}));
            TRY(refresh(access, *before_[place], silent));
            return access.may_write();
        }();
        // A key that counts no more must not go on where its revocation has not come to yet.
        if (!fresh && fresh.error().kind() == ErrorKind::wrong_key)
            return fresh;
        if (!fresh)
            failed[place] = fresh.error();
        else if (newest == nullptr || access.roster().n > newest->roster().n)
            newest = &access;
    }
    for (std::size_t place = 0; place < accesses_.size(); ++place) {
        if (!failed[place])
            continue;
        // A computer that saw the newer list at another place takes the older one for a store that
        // was set back: what helps is said.
        const Access& access = *accesses_[place];
        const bool lags = newest != nullptr && failed[place]->kind() == ErrorKind::refused &&
                          access.roster().n < newest->roster().n;
        const Result<void> behind =
            lags ? demand_roster(access, newest->rosters.current_hash()) : Result<void>();
        TRY(places_.lose(place, behind ? *failed[place] : behind.error()));
    }
    for (const std::size_t place : places_.alive())
        TRY(places_.at(place, [&](store::Store&) {
            return demand_roster(*accesses_[place], newest->rosters.current_hash());
        }));
    return {};
}

Result<void> WriteSession::open_places() {
    return places_.at_each([&](std::size_t place, store::Store&) -> Result<void> {
        at_[place] =
            TRY(SessionPlace::open(*accesses_[place], id_, started_, *before_[place], *events_));
        before_[place].reset();
        return {};
    });
}

Result<void> WriteSession::start() {
    Access& access = *accesses_[places_.alive().front()];
    domain_ = access.keyring.domain(access.self().domain);
    if (domain_ == nullptr)
        return fail(ErrorKind::corrupt,
                    tr("this key's bundle lacks the keys of its own dedup domain"));
    chunk_sizes_ = access.roster().chunks;
    context_.emplace(PackContext{.places = places_,
                                 .by = TRY(access.authorship()),
                                 .session = id_,
                                 .domain = access.self().domain,
                                 .content_public = access.roster().content_public});
    sink_ = TRY(PackSink::start(*context_));
    return {};
}

bool WriteSession::is_stored(format::ChunkKind kind, const format::ChunkId& id) const {
    for (std::size_t place = 0; place < at_.size(); ++place)
        if (at_[place] && places_.is_alive(place) && !at_[place]->is_usable(kind, id))
            return false;
    return true;
}

WriteSession::Claim WriteSession::claim(format::ChunkKind kind, const format::ChunkId& id) {
    if (is_stored(kind, id) || !claims_.insert(id))
        return Claim::known;
    return Claim::mine;
}

std::uint64_t WriteSession::files_of_last(const std::string& job) const {
    std::pair<std::uint64_t, std::uint64_t> last; // sequence, files
    for (const std::optional<SessionPlace>& place : at_) {
        if (!place)
            continue;
        const auto found = place->earlier().last_of_job.find(job);
        if (found != place->earlier().last_of_job.end())
            last = std::max(last, found->second);
    }
    return last.second;
}

std::vector<WriteSession::Late> WriteSession::late() const {
    std::vector<Late> late;
    for (std::size_t place = 0; place < places_.size(); ++place)
        if (std::optional<Error> why = places_.loss(place))
            late.push_back({.place = place, .why = *std::move(why)});
    return late;
}

Result<void> WriteSession::Packer::add(format::ChunkKind kind, const format::ChunkId& id,
                                       const data::Compressed& chunk, std::size_t plain_size) {
    constexpr std::size_t kMostFrames = 100'000; // keeps directories far below their limit
    if (pack_ &&
        (pack_->size() + chunk.bytes.size() > target_size_ || pack_->frames() >= kMostFrames))
        TRY(finish());
    if (!pack_)
        pack_ = TRY(PackWriter::begin(*session_->context_, kind_));
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

/// A ledger of each place that is left, under one lock: of one machine only one process at a time
/// adds to this actor's chains.
Result<std::vector<std::optional<LedgerAppender>>> WriteSession::open_ledgers() {
    const Access& first = *accesses_.front();
    const auto lock =
        std::make_shared<const util::FileLock>(TRY(first.local.lock_ledger(first.keyring.actor())));
    std::vector<std::optional<LedgerAppender>> ledgers(accesses_.size());
    TRY(places_.at_each([&](std::size_t place, store::Store&) -> Result<void> {
        ledgers[place] = TRY(LedgerAppender::open(*accesses_[place], *events_, lock));
        return {};
    }));
    return ledgers;
}

/// The session's own, and those that no record names yet, wherever it is written.
std::vector<SegmentId> WriteSession::segments_for_record() const {
    constexpr std::size_t kMost = 1500; // what a record has room for
    std::optional<std::vector<SegmentId>> unnamed;
    for (const std::size_t place : places_.alive()) {
        std::vector<SegmentId> here = at_[place]->unnamed_segments();
        if (unnamed) { // one that lies at one place only must not be asked for at another
            std::vector<SegmentId> both;
            std::ranges::set_intersection(*unnamed, here, std::back_inserter(both));
            here = std::move(both);
        }
        unnamed = std::move(here);
    }
    std::vector<SegmentId> segments = sink_->segments();
    if (unnamed)
        segments.insert(segments.end(), unnamed->begin(), unnamed->end());
    if (segments.size() > kMost)
        segments.resize(kMost);
    std::ranges::sort(segments);
    segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
    return segments;
}

/// The record, sealed once: the same bytes at every place.
Result<util::Bytes>
WriteSession::seal_record(Draft draft, const std::vector<std::optional<LedgerAppender>>& ledgers) {
    const auto stored_bytes = static_cast<std::size_t>(format::Count::stored_bytes);
    if (draft.counts.size() > stored_bytes)
        draft.counts[stored_bytes] = totals().bytes;
    std::optional<format::Record> last;
    // Rosters may have moved on at some place since the session began; one that all know counts
    // everywhere.
    const Access* by = nullptr;
    for (const std::size_t place : places_.alive()) {
        const Access& access = *accesses_[place];
        std::optional<format::Record> here = last_record(access, ledgers[place]->ledger());
        if (here && (!last || last->sequence < here->sequence))
            last = std::move(here);
        if (by == nullptr || access.roster().n < by->roster().n)
            by = &access;
    }
    const format::Record record{.session = id_,
                                .counts = std::move(draft.counts),
                                .job = std::move(draft.job),
                                .program = "saoluu " SAOLUU_VERSION,
                                .root_page = draft.root_page,
                                .note = std::move(draft.note),
                                .started = started_,
                                .ended = by->clock->now(),
                                .sequence = last ? last->sequence + 1 : 1,
                                .predecessor = last ? std::optional(last->session) : std::nullopt,
                                .domain = context_->domain,
                                .incomplete = draft.incomplete,
                                .segments = segments_for_record()};
    // What was borrowed for packs is not used any more: the ledgers may have read newer rosters.
    util::Bytes done = format::seal_session_object(TRY(by->authorship()), record, id_.view());
    if (done.size() > format::limits::kRecord)
        return fail(ErrorKind::failure, tr("the snapshot's record is over its limit"));
    return done;
}

Result<WriteSession::Outcome> WriteSession::commit(Draft draft) {
    TRY(sink_->finish());
    // 5 and 6 under one lock: no entry comes between that could not know what becomes of this
    // commit.
    std::vector<std::optional<LedgerAppender>> ledgers = TRY(open_ledgers());
    const util::Bytes done = TRY(seal_record(std::move(draft), ledgers));
    bool is_fenced = false;
    TRY(places_.at_each([&](std::size_t place, store::Store&) -> Result<void> {
        is_fenced |= TRY(at_[place]->commit(*ledgers[place], done, *events_)) == Outcome::fenced;
        return {};
    }));
    return is_fenced ? Outcome::fenced : Outcome::committed;
}

} // namespace saoluu::repo
