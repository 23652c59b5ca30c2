// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/types.hpp"
#include "util/text.hpp"

#include <array>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace saoluu::format {

/// Writes `fields` (FORMAT.md, section 1): call add() with ascending tags, and leave out a field
/// that has its default.
class FieldWriter {
public:
    FieldWriter& add(std::uint64_t tag, BytesView value);
    FieldWriter& add_varint(std::uint64_t tag, std::uint64_t value);
    FieldWriter& add_time(std::uint64_t tag, Time value);
    FieldWriter& add_u8(std::uint64_t tag, std::uint8_t value);
    /// value: text within limits::kText, as may_be_text() says
    FieldWriter& add_text(std::uint64_t tag, std::string_view value);
    /// The same; nothing where it is empty, because that is the default.
    FieldWriter& add_text_unless_empty(std::uint64_t tag, std::string_view value);
    [[nodiscard]] std::size_t size() const { return out_.size(); }
    [[nodiscard]] Bytes take() { return out_.take(); }

private:
    util::Writer out_;
    std::uint64_t last_ = 0;
};

/// Whether a text field can hold it: valid UTF-8 without NUL of at most limits::kText bytes. For
/// who takes texts from a person, before they come here.
bool may_be_text(std::string_view value);

/// Whether a list is a set in order, as the format wants sets.
enum class Ascending { no, yes };

/// list<id>
template <class IdType>
Bytes encode_ids(const std::vector<IdType>& ids);
template <class IdType>
Result<std::vector<IdType>> decode_ids(BytesView bytes, Ascending order);

/// Reads `fields`. Unknown even tags are passed over, unknown odd ones refuse the whole.
class FieldReader {
public:
    /// known: every tag that the caller understands, 16 at most; bytes: borrowed while this lives
    /// errors: corrupt; unsupported for an unknown critical tag in well-formed fields
    static Result<FieldReader> read(BytesView bytes, std::initializer_list<std::uint64_t> known);

    [[nodiscard]] bool has(std::uint64_t tag) const { return find(tag) != nullptr; }
    /// The value's bytes; empty view if it is missing.
    [[nodiscard]] BytesView raw(std::uint64_t tag) const;
    /// errors of all below: corrupt if the field is missing or malformed
    Result<BytesView> must(std::uint64_t tag) const;
    Result<std::uint64_t>
    varint(std::uint64_t tag, std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const;
    Result<Time> time(std::uint64_t tag) const;
    Result<std::uint8_t> u8(std::uint64_t tag) const;
    /// Text that fills the whole field.
    Result<std::string> text(std::uint64_t tag) const;
    template <class IdType>
    Result<IdType> id(std::uint64_t tag) const;

    /// Fields that may be missing; one that is there and has its default is corrupt.
    Result<std::string> text_or_empty(std::uint64_t tag) const;
    template <class IdType>
    Result<std::optional<IdType>> optional_id(std::uint64_t tag) const;
    template <class IdType>
    Result<std::vector<IdType>> ids_or_none(std::uint64_t tag, Ascending order) const;

    /// A "corrupt" failure that names the field.
    [[nodiscard]] Failure bad(std::uint64_t tag) const;
    /// "field 5", translated
    [[nodiscard]] static std::string name_of(std::uint64_t tag);

private:
    struct Value {
        std::uint64_t tag = 0;
        BytesView bytes;
    };
    [[nodiscard]] const Value* find(std::uint64_t tag) const;
    // In place: a catalog has millions of entries with fields, and the heap would cost more.
    std::array<Value, 16> values_{};
    std::size_t count_ = 0;
};

template <class IdType>
Bytes encode_ids(const std::vector<IdType>& ids) {
    Bytes space;
    space.reserve(util::varint_size(ids.size()) + ids.size() * IdType::size);
    util::Writer out(std::move(space));
    out.varint(ids.size());
    for (const IdType& id : ids)
        out.raw(id.view());
    return out.take();
}

template <class IdType>
Result<std::vector<IdType>> decode_ids(BytesView bytes, Ascending order) {
    util::Reader in(bytes);
    const std::size_t count = TRY(in.count(IdType::size, bytes.size()));
    std::vector<IdType> ids;
    ids.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(TRY(in.id<IdType>()));
        if (order == Ascending::yes && i > 0 && !(ids[i - 1] < ids[i]))
            return in.bad(util::tr("a list is not in order"));
    }
    TRY(in.finish());
    return ids;
}

template <class IdType>
Result<IdType> FieldReader::id(std::uint64_t tag) const {
    const BytesView value = TRY(must(tag));
    if (value.size() != IdType::size)
        return bad(tag);
    return IdType::from(value);
}

template <class IdType>
Result<std::optional<IdType>> FieldReader::optional_id(std::uint64_t tag) const {
    if (!has(tag))
        return std::optional<IdType>();
    return std::optional<IdType>(TRY(id<IdType>(tag)));
}

template <class IdType>
Result<std::vector<IdType>> FieldReader::ids_or_none(std::uint64_t tag, Ascending order) const {
    if (!has(tag))
        return std::vector<IdType>();
    auto ids = TRY(named(decode_ids<IdType>(raw(tag), order), [tag] { return name_of(tag); }));
    if (ids.empty())
        return bad(tag);
    return ids;
}

} // namespace saoluu::format
