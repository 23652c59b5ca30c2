// SPDX-License-Identifier: Apache-2.0
#include "format/ledger_entry.hpp"

#include "format/fields.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <functional>

namespace saoluu::format {
namespace {

using util::tr;

constexpr std::uint8_t kSeen = 1, kAbandoned = 2;

/// What an entry is about: its chain and its place in it (FORMAT.md 7.2).
Bytes subject_of(const ActorId& actor, std::uint64_t n) {
    return util::Writer().raw(actor.view()).u64(n).take();
}

Bytes encode_heads(const std::vector<ChainHead>& heads) {
    ASSERT(std::adjacent_find(heads.begin(), heads.end(),
                              [](const ChainHead& a, const ChainHead& b) { return !(a < b); }) ==
           heads.end());
    util::Writer out;
    out.varint(heads.size());
    for (const ChainHead& head : heads) {
        ASSERT(head.n <= limits::kNumber);
        out.raw(head.actor.view()).varint(head.n).raw(head.hash.view());
    }
    return out.take();
}

Result<std::vector<ChainHead>> heads_or_none(const FieldReader& fields, std::uint64_t tag) {
    std::vector<ChainHead> heads;
    if (!fields.has(tag))
        return heads;
    util::Reader in(fields.raw(tag));
    const std::size_t count = TRY(in.count(ActorId::size + 1 + EntryHash::size, in.left()));
    for (std::size_t i = 0; i < count; ++i) {
        ChainHead head;
        head.actor = TRY(in.id<ActorId>());
        head.n = TRY(in.varint(limits::kNumber));
        head.hash = TRY(in.id<EntryHash>());
        if (i > 0 && !(heads.back() < head))
            return in.bad(tr("a list is not in order"));
        heads.push_back(head);
    }
    if (!in.at_end() || heads.empty())
        return fields.bad(tag);
    return heads;
}

Bytes encode_outcomes(const std::vector<CommitOutcome>& outcomes) {
    util::Writer out;
    out.varint(outcomes.size());
    const CommitOutcome* last = nullptr;
    for (const CommitOutcome& outcome : outcomes) {
        ASSERT(last == nullptr || last->entry < outcome.entry);
        last = &outcome;
        out.raw(outcome.entry.view()).u8(outcome.seen ? kSeen : kAbandoned);
    }
    return out.take();
}

Result<std::vector<CommitOutcome>> outcomes_or_none(const FieldReader& fields, std::uint64_t tag) {
    std::vector<CommitOutcome> outcomes;
    if (!fields.has(tag))
        return outcomes;
    util::Reader in(fields.raw(tag));
    const std::size_t count = TRY(in.count(EntryHash::size + 1, in.left()));
    for (std::size_t i = 0; i < count; ++i) {
        CommitOutcome outcome;
        outcome.entry = TRY(in.id<EntryHash>());
        const std::uint8_t number = TRY(in.u8());
        if (number != kSeen && number != kAbandoned)
            return in.bad(tr("an outcome is neither seen nor abandoned"));
        outcome.seen = number == kSeen;
        if (i > 0 && !(outcomes.back().entry < outcome.entry))
            return in.bad(tr("a list is not in order"));
        outcomes.push_back(outcome);
    }
    if (!in.at_end() || outcomes.empty())
        return fields.bad(tag);
    return outcomes;
}

Bytes encode_rest(const LedgerEntry& entry) {
    ASSERT(entry.n <= limits::kNumber);
    ASSERT((entry.n == 0) == entry.previous.empty());
    ASSERT(std::adjacent_find(entry.previous.begin(), entry.previous.end(),
                              std::greater_equal<>()) == entry.previous.end());
    FieldWriter out;
    out.add_varint(1, entry.n).add(3, encode_ids(entry.previous));
    if (!entry.heads.empty())
        out.add(5, encode_heads(entry.heads));
    out.add_time(7, entry.time).add_varint(9, entry.act);
    if (!entry.body.empty())
        out.add(11, entry.body);
    if (!entry.outcomes.empty())
        out.add(13, encode_outcomes(entry.outcomes));
    ASSERT(entry.session.has_value() == entry.is(Act::commit));
    if (entry.session)
        out.add(15, entry.session->view());
    out.add(17, entry.place.view());
    return out.take();
}

Result<LedgerEntry> decode_rest(BytesView rest) {
    const FieldReader fields = TRY(FieldReader::read(rest, {1, 3, 5, 7, 9, 11, 13, 15, 17}));
    LedgerEntry entry;
    entry.n = TRY(fields.varint(1, limits::kNumber));
    const BytesView previous = TRY(fields.must(3));
    entry.previous = TRY(decode_ids<EntryHash>(previous, Ascending::yes).within(fields.name_of(3)));
    if ((entry.n == 0) != entry.previous.empty())
        return fields.bad(3);
    entry.heads = TRY(heads_or_none(fields, 5));
    entry.time = TRY(fields.time(7));
    entry.act = TRY(fields.varint(9));
    if (fields.has(11) && fields.raw(11).empty())
        return fields.bad(11);
    entry.body = util::copy_of(fields.raw(11));
    entry.outcomes = TRY(outcomes_or_none(fields, 13));
    entry.session = TRY(fields.optional_id<SessionId>(15));
    if (entry.session.has_value() != entry.is(Act::commit))
        return fields.bad(15);
    entry.place = TRY(fields.id<PlaceId>(17));
    return entry;
}

Result<OpenedEntry> open(const RepositoryId& repository, const EpochKey& epoch,
                         const ActorId& actor, std::uint64_t n, BytesView object) {
    if (object.size() > limits::kLedgerEntry)
        return fail(ErrorKind::corrupt, tr("it is too large"));
    const Header header = TRY(Header::decode(object, Kind::ledger_entry));
    const Bytes subject = subject_of(actor, n);
    OpenedEntry opened;
    opened.header = header;
    opened.salt = salt_of_object(object);
    opened.body = TRY(open_object(
        {.repository = repository, .epoch = epoch, .header = header, .subject = subject}, object,
        SelfCheck::no));
    const SignedView view = TRY(SignedView::decode(opened.body));
    opened.signer = view.signer;
    opened.roster = view.roster;
    opened.entry = TRY(decode_rest(view.rest));
    if (opened.signer != actor || opened.entry.n != n)
        return fail(ErrorKind::corrupt, tr("it belongs to another place than it lies at"));
    return opened;
}

} // namespace

Bytes encode_facts(const ActFacts& facts) {
    FieldWriter out;
    if (facts.roster)
        out.add(1, facts.roster->view());
    out.add_text_unless_empty(2, facts.text);
    if (facts.session)
        out.add(3, facts.session->view());
    if (facts.mark)
        out.add(5, facts.mark->view());
    return out.take();
}

Result<ActFacts> decode_facts(BytesView body) {
    const FieldReader fields = TRY(FieldReader::read(body, {1, 2, 3, 5}));
    ActFacts facts;
    facts.roster = TRY(fields.optional_id<RosterHash>(1));
    facts.text = TRY(fields.text_or_empty(2));
    facts.session = TRY(fields.optional_id<SessionId>(3));
    facts.mark = TRY(fields.optional_id<MarkId>(5));
    return facts;
}

Bytes seal_entry(const Authorship& by, const LedgerEntry& entry) {
    return seal_entry_with_salt(by, entry, fresh_salt(encode_rest(entry)));
}

Bytes seal_entry_with_salt(const Authorship& by, const LedgerEntry& entry, const Hash& salt) {
    const Bytes subject = subject_of(by.signer, entry.n);
    const Header header{.kind = Kind::ledger_entry, .suite = by.suite, .epoch = by.epoch.epoch};
    const Bytes body = encode_signed(
        {.repository = by.repository, .header = header, .subject = subject, .salt = salt.view()},
        {.signer = by.signer, .roster = by.roster, .rest = encode_rest(entry)}, by.pair);
    Bytes object = seal_object_with_salt(
        {.repository = by.repository, .epoch = by.epoch, .header = header, .subject = subject},
        body, SelfCheck::no, salt);
    ASSERT(object.size() <= limits::kLedgerEntry);
    return object;
}

bool OpenedEntry::is_signed_by(const RepositoryId& repository,
                               const crypto::SignPublic& signer_public) const {
    const auto view = SignedView::decode(body);
    const Bytes subject = subject_of(signer, entry.n);
    return view && view->is_signed_by({.repository = repository,
                                       .header = header,
                                       .subject = subject,
                                       .salt = salt.view()},
                                      signer_public);
}

Result<OpenedEntry> open_entry(const RepositoryId& repository, const EpochKey& epoch,
                               const ActorId& actor, std::uint64_t n, BytesView object) {
    return open(repository, epoch, actor, n, object).within(title_of(Kind::ledger_entry));
}

} // namespace saoluu::format
