// SPDX-License-Identifier: Apache-2.0
#include "format/session_objects.hpp"

#include "format/fields.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace saoluu::format {
namespace {

using util::tr;

template <class IdType>
bool is_ascending(const std::vector<IdType>& ids) {
    return std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end();
}

Bytes encode_numbers(const std::vector<std::uint64_t>& numbers) {
    util::Writer out;
    out.varint(numbers.size());
    for (const std::uint64_t number : numbers)
        out.varint(number);
    return out.take();
}

Result<std::vector<std::uint64_t>> numbers_or_none(const FieldReader& fields, std::uint64_t tag) {
    std::vector<std::uint64_t> numbers;
    if (!fields.has(tag))
        return numbers;
    util::Reader in(fields.raw(tag));
    const std::size_t count = TRY(in.count(1, in.left()));
    for (std::size_t i = 0; i < count; ++i)
        numbers.push_back(TRY(in.varint()));
    if (!in.at_end() || numbers.empty())
        return fields.bad(tag);
    return numbers;
}

// ---- one encoder and one decoder per kind of object: its kind, its greatest size, its fields

template <class Value>
struct Layout;

template <>
struct Layout<OpenObject> {
    static constexpr Kind kind = Kind::open;
    static constexpr std::uint64_t most = limits::kOpen;

    static void encode(FieldWriter& out, const OpenObject& value) {
        ASSERT(is_ascending(value.marks));
        if (!value.marks.empty())
            out.add(1, encode_ids(value.marks));
        out.add_time(3, value.started).add(5, value.place.view());
    }
    static Result<OpenObject> decode(BytesView rest) {
        const FieldReader fields = TRY(FieldReader::read(rest, {1, 3, 5}));
        OpenObject value;
        value.marks = TRY(fields.ids_or_none<MarkId>(1, Ascending::yes));
        value.started = TRY(fields.time(3));
        value.place = TRY(fields.id<PlaceId>(5));
        return value;
    }
};

template <>
struct Layout<Record> {
    static constexpr Kind kind = Kind::record;
    static constexpr std::uint64_t most = limits::kRecord;

    static void encode(FieldWriter& out, const Record& value) {
        ASSERT(value.sequence >= 1);
        out.add(1, value.session.view());
        if (!value.counts.empty())
            out.add(2, encode_numbers(value.counts));
        out.add_text(3, value.job)
            .add_text_unless_empty(4, value.program)
            .add(5, value.root_page.view());
        if (!value.note.empty())
            out.add(7, encode_ids(value.note));
        out.add_time(9, value.started).add_time(11, value.ended).add_varint(13, value.sequence);
        if (value.predecessor)
            out.add(15, value.predecessor->view());
        out.add_varint(17, value.domain);
        if (value.incomplete)
            out.add_u8(19, 1);
        ASSERT(is_ascending(value.segments) && value.segments.size() <= limits::kRecordSegments);
        if (!value.segments.empty())
            out.add(21, encode_ids(value.segments));
    }
    static Result<Record> decode(BytesView rest) {
        const FieldReader fields =
            TRY(FieldReader::read(rest, {1, 2, 3, 4, 5, 7, 9, 11, 13, 15, 17, 19, 21}));
        Record value;
        value.session = TRY(fields.id<SessionId>(1));
        value.counts = TRY(numbers_or_none(fields, 2));
        value.job = TRY(fields.text(3));
        value.program = TRY(fields.text_or_empty(4));
        value.root_page = TRY(fields.id<ChunkId>(5));
        value.note = TRY(fields.ids_or_none<ChunkId>(7, Ascending::no));
        value.started = TRY(fields.time(9));
        value.ended = TRY(fields.time(11));
        value.sequence = TRY(fields.varint(13));
        if (value.sequence == 0)
            return fields.bad(13);
        value.predecessor = TRY(fields.optional_id<SessionId>(15));
        value.domain =
            static_cast<Domain>(TRY(fields.varint(17, std::numeric_limits<Domain>::max())));
        value.incomplete = fields.has(19);
        if (value.incomplete && TRY(fields.u8(19)) != 1)
            return fields.bad(19);
        value.segments = TRY(fields.ids_or_none<SegmentId>(21, Ascending::yes));
        if (value.segments.size() > limits::kRecordSegments)
            return fields.bad(21);
        return value;
    }
};

template <>
struct Layout<Fence> {
    static constexpr Kind kind = Kind::fence;
    static constexpr std::uint64_t most = limits::kSmall;

    static void encode(FieldWriter& out, const Fence& value) {
        out.add(1, value.session.view()).add_time(3, value.time);
        if (value.mark)
            out.add(5, value.mark->view());
        out.add(7, value.place.view());
    }
    static Result<Fence> decode(BytesView rest) {
        const FieldReader fields = TRY(FieldReader::read(rest, {1, 3, 5, 7}));
        Fence value;
        value.session = TRY(fields.id<SessionId>(1));
        value.time = TRY(fields.time(3));
        value.mark = TRY(fields.optional_id<MarkId>(5));
        value.place = TRY(fields.id<PlaceId>(7));
        return value;
    }
};

template <>
struct Layout<Forgotten> {
    static constexpr Kind kind = Kind::forgotten;
    static constexpr std::uint64_t most = limits::kSmall;

    static void encode(FieldWriter& out, const Forgotten& value) {
        out.add(1, value.session.view())
            .add_time(3, value.time)
            .add_text_unless_empty(4, value.reason)
            .add(5, value.place.view());
    }
    static Result<Forgotten> decode(BytesView rest) {
        const FieldReader fields = TRY(FieldReader::read(rest, {1, 3, 4, 5}));
        Forgotten value;
        value.session = TRY(fields.id<SessionId>(1));
        value.time = TRY(fields.time(3));
        value.reason = TRY(fields.text_or_empty(4));
        value.place = TRY(fields.id<PlaceId>(5));
        return value;
    }
};

template <>
struct Layout<Void> {
    static constexpr Kind kind = Kind::void_;
    static constexpr std::uint64_t most = limits::kSmall;

    static void encode(FieldWriter& out, const Void& value) {
        out.add(1, value.session.view()).add_time(3, value.time).add(5, value.place.view());
    }
    static Result<Void> decode(BytesView rest) {
        const FieldReader fields = TRY(FieldReader::read(rest, {1, 3, 5}));
        Void value;
        value.session = TRY(fields.id<SessionId>(1));
        value.time = TRY(fields.time(3));
        value.place = TRY(fields.id<PlaceId>(5));
        return value;
    }
};

template <>
struct Layout<Mark> {
    static constexpr Kind kind = Kind::mark;
    static constexpr std::uint64_t most = limits::kMark;

    static void encode(FieldWriter& out, const Mark& value) {
        ASSERT(is_ascending(value.packs));
        out.add_u8(1, static_cast<std::uint8_t>(value.purpose))
            .add(3, encode_ids(value.packs))
            .add_text_unless_empty(4, value.reason)
            .add_time(5, value.time)
            .add(7, value.place.view());
    }
    static Result<Mark> decode(BytesView rest) {
        const FieldReader fields = TRY(FieldReader::read(rest, {1, 3, 4, 5, 7}));
        Mark value;
        const std::uint8_t purpose = TRY(fields.u8(1));
        if (purpose != 1 && purpose != 2)
            return fields.bad(1);
        value.purpose = static_cast<MarkPurpose>(purpose);
        const BytesView packs = TRY(fields.must(3));
        value.packs = TRY(decode_ids<PackId>(packs, Ascending::yes).within(fields.name_of(3)));
        value.reason = TRY(fields.text_or_empty(4));
        value.time = TRY(fields.time(5));
        value.place = TRY(fields.id<PlaceId>(7));
        return value;
    }
};

// ---- what is common to them

/// Marks and openings stand for themselves; every other object names the session it is for.
template <class Value>
constexpr bool kNamesSession = requires(const Value& value) {
    value.session;
};

SelfCheck self_check_of(Kind kind) {
    return kind == Kind::mark ? SelfCheck::no : SelfCheck::yes; // a mark's name is its hash
}

template <class Value>
Result<SessionValue> decode_as(BytesView rest, std::size_t object_size, BytesView subject) {
    if (object_size > Layout<Value>::most)
        return fail(ErrorKind::corrupt, tr("it is too large"));
    Value value = TRY(Layout<Value>::decode(rest));
    if constexpr (kNamesSession<Value>)
        if (!util::equal(value.session.view(), subject))
            return fail(ErrorKind::corrupt, tr("it names another session than it lies under"));
    return SessionValue(std::move(value));
}

Result<SessionValue> decode(Kind kind, BytesView rest, std::size_t object_size, BytesView subject) {
    switch (kind) {
    case Kind::open:
        return decode_as<OpenObject>(rest, object_size, subject);
    case Kind::record:
        return decode_as<Record>(rest, object_size, subject);
    case Kind::fence:
        return decode_as<Fence>(rest, object_size, subject);
    case Kind::forgotten:
        return decode_as<Forgotten>(rest, object_size, subject);
    case Kind::void_:
        return decode_as<Void>(rest, object_size, subject);
    default:
        return decode_as<Mark>(rest, object_size, subject);
    }
}

bool is_session_kind(Kind kind) {
    return kind == Kind::open || kind == Kind::record || kind == Kind::fence ||
           kind == Kind::forgotten || kind == Kind::void_ || kind == Kind::mark;
}

/// Before anything is read or decrypted; the kind's own limit comes when it is known.
constexpr std::uint64_t kMostOfAll = limits::kMark;

Result<OpenedSessionObject> open(const RepositoryId& repository, const EpochKey& epoch,
                                 const Header& header, BytesView object, BytesView subject) {
    OpenedSessionObject opened;
    opened.header = header;
    opened.salt = salt_of_object(object);
    opened.kind = header.kind;
    opened.body = TRY(open_object(
        {.repository = repository, .epoch = epoch, .header = header, .subject = subject}, object,
        self_check_of(header.kind)));
    const SignedView view = TRY(SignedView::decode(opened.body));
    opened.signer = view.signer;
    opened.roster = view.roster;
    opened.value = TRY(decode(header.kind, view.rest, object.size(), subject));
    return opened;
}

} // namespace

std::uint64_t count_of(const Record& record, Count which) {
    const auto position = static_cast<std::size_t>(which);
    return position < record.counts.size() ? record.counts[position] : 0;
}

Bytes seal_session_object(const Authorship& by, const SessionValue& value, BytesView subject) {
    FieldWriter rest;
    std::visit([&](const auto& one) { Layout<std::decay_t<decltype(one)>>::encode(rest, one); },
               value);
    return seal_session_object_with_salt(by, value, subject, fresh_salt(rest.take()));
}

Bytes seal_session_object_with_salt(const Authorship& by, const SessionValue& value,
                                    BytesView subject, const Hash& salt) {
    return std::visit(
        [&](const auto& one) {
            using Value = std::decay_t<decltype(one)>;
            using L = Layout<Value>;
            ASSERT(subject.size() == (L::kind == Kind::mark ? 0 : SessionId::size));
            if constexpr (kNamesSession<Value>)
                ASSERT(util::equal(one.session.view(), subject));
            FieldWriter rest;
            L::encode(rest, one);
            const Header header{.kind = L::kind, .suite = by.suite, .epoch = by.epoch.epoch};
            const Bytes body = encode_signed(
                {.repository = by.repository,
                 .header = header,
                 .subject = subject,
                 .salt = salt.view()},
                {.signer = by.signer, .roster = by.roster, .rest = rest.take()}, by.pair);
            Bytes object = seal_object_with_salt({.repository = by.repository,
                                                  .epoch = by.epoch,
                                                  .header = header,
                                                  .subject = subject},
                                                 body, self_check_of(L::kind), salt);
            ASSERT(object.size() <= L::most);
            return object;
        },
        value);
}

bool OpenedSessionObject::is_signed_by(const RepositoryId& repository, BytesView subject,
                                       const crypto::SignPublic& signer_public) const {
    const auto view = SignedView::decode(body);
    return view && view->is_signed_by({.repository = repository,
                                       .header = header,
                                       .subject = subject,
                                       .salt = salt.view()},
                                      signer_public);
}

Result<OpenedSessionObject> open_session_object(const RepositoryId& repository,
                                                const EpochKey& epoch, BytesView object,
                                                BytesView subject) {
    if (object.size() > kMostOfAll)
        return fail(ErrorKind::corrupt, tr("it is too large"));
    const Header header = TRY(Header::decode(object));
    if (!is_session_kind(header.kind))
        return fail(
            ErrorKind::corrupt,
            util::message(tr("it should belong to a session, but is a {}"), title_of(header.kind)));
    return open(repository, epoch, header, object, subject).within(title_of(header.kind));
}

} // namespace saoluu::format
