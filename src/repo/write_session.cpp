// SPDX-License-Identifier: Apache-2.0
#include "repo/write_session.hpp"

#include "format/names.hpp"
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

/// The record that a commit carries.
Result<format::Record> record_in(const Access& access, const LedgerItem& commit) {
    const SessionId& session = *commit.entry.session;
    const format::Header header =
        TRY(format::Header::decode(commit.entry.body, format::Kind::record));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
    format::OpenedSessionObject opened =
        TRY(format::open_session_object(access.id(), *epoch, commit.entry.body, session.view()));
    if (auto* record = std::get_if<format::Record>(&opened.value))
        return std::move(*record);
    return fail(ErrorKind::corrupt, tr("a ledger entry carries no record of its actor"));
}

/// Segments that no record names: left by sessions that did not end. The next record vouches for
/// them.
std::vector<format::SegmentId> unnamed_segments(const Access& access, const Ledger& ledger,
                                                const Index& index) {
    std::set<format::SegmentId> named;
    for (const LedgerItem* commit : ledger.commits())
        if (const Result<format::Record> record = record_in(access, *commit))
            named.insert(record->segments.begin(), record->segments.end());
    std::vector<format::SegmentId> unnamed;
    for (const format::SegmentId& segment : index.segments())
        if (!named.contains(segment))
            unnamed.push_back(segment);
    return unnamed;
}

/// This actor's newest commit that came true.
Result<std::optional<format::Record>> last_record(const Access& access, const Ledger& ledger) {
    std::vector<const LedgerItem*> own;
    for (const LedgerItem* commit : ledger.commits())
        if (commit->actor == access.keyring.actor())
            own.push_back(commit);
    for (auto commit = own.rbegin(); commit != own.rend(); ++commit) {
        const LedgerItem& item = **commit;
        const Ledger::Outcome outcome = ledger.outcome_of(item);
        bool holds = outcome == Ledger::Outcome::seen;
        if (outcome == Ledger::Outcome::none) {
            const Result<util::Bytes> done = access.store->get(
                format::names::session(*item.entry.session, Part::done), format::limits::kRecord);
            holds = done && util::equal(*done, item.entry.body);
        }
        if (!holds)
            continue;
        return std::optional(TRY(record_in(access, item)));
    }
    return std::optional<format::Record>();
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
    const format::Authorship by = TRY(access.authorship());
    const format::DomainKeys* domain = access.keyring.domain(access.self().domain);
    if (domain == nullptr)
        return fail(ErrorKind::corrupt,
                    tr("this key's bundle lacks the keys of its own dedup domain"));
    const SessionId session = crypto::random_id<SessionId>();
    const format::Time started = access.clock->now();

    // 1, 2: whoever marks a pack either sees this session open, or his mark is seen here.
    Marks marks = TRY(load_marks(access, events));
    const format::OpenObject open{
        .marks = marks.listed, .started = started, .place = access.place.place};
    if (TRY(put_patiently(*access.store, format::names::session(session, Part::open),
                          format::seal_session_object(by, open, session.view()))) ==
        store::Put::exists)
        return fail(ErrorKind::failure, tr("a new session's name exists already: the random "
                                           "generator of this computer is broken"));
    const Marks again = TRY(load_marks(access, events));
    marks.packs.insert(again.packs.begin(), again.packs.end());

    // 3
    const Ledger ledger = TRY(Ledger::load(access, events));
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
    result->unnamed_segments_ = unnamed_segments(access, ledger, result->index_);
    if (const std::optional<format::Record> last = TRY(last_record(access, ledger))) {
        result->sequence_ = last->sequence + 1;
        result->predecessor_ = last->session;
    }
    result->sink_ = std::make_unique<PackSink>(result->context_);
    return result;
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
    return session_->sink_->push(std::move(*finished));
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
    segments.erase(std::ranges::unique(segments).begin(), segments.end());
    const format::Record record{.session = id(),
                                .counts = std::move(draft.counts),
                                .job = std::move(draft.job),
                                .program = "saoluu " SAOLUU_VERSION,
                                .root_page = draft.root_page,
                                .note = std::move(draft.note),
                                .started = started_,
                                .ended = access_.clock->now(),
                                .sequence = sequence_,
                                .predecessor = predecessor_,
                                .domain = context_.domain,
                                .incomplete = draft.incomplete,
                                .segments = std::move(segments)};
    const util::Bytes done = format::seal_session_object(context_.by, record, id().view());
    if (done.size() > format::limits::kRecord)
        return fail(ErrorKind::failure, tr("the snapshot's record is over its limit"));
    TRY(append_entry(access_, format::Act::commit, done, id())); // 5
    return put_done(done);                                       // 6
}

/// Only an admin's fence may end a session; anything else in the place of `done` is someone's
/// attempt to stop backups.
Result<void> WriteSession::report_stranger(util::BytesView done) const {
    const auto signer = [&]() -> Result<format::ActorId> {
        const format::Header header = TRY(format::Header::decode(done));
        const format::EpochKey* epoch = TRY(access_.keyring.epoch(header.epoch));
        const format::OpenedSessionObject opened =
            TRY(format::open_session_object(access_.id(), *epoch, done, id().view()));
        const format::ActorEntry* admin =
            access_.rosters.authority(opened.roster, opened.signer, Power::administer);
        if (admin == nullptr || !opened.is_signed_by(access_.id(), id().view(), admin->sign))
            return fail(ErrorKind::denied, "");
        return opened.signer;
    }();
    if (!signer)
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
    const Result<store::ObjectInfo> fence =
        access_.store->stat(format::names::session(id(), Part::fence));
    if (!fence && fence.error().kind() == ErrorKind::not_found)
        return Outcome::committed;
    if (!fence)
        return Failure(fence.error());
    const format::Void ended{.session = id(), .time = access_.clock->now()};
    TRY(put_patiently(*access_.store, format::names::session(id(), Part::void_),
                      format::seal_session_object(context_.by, ended, id().view())));
    return Outcome::fenced;
}

} // namespace saoluu::repo
