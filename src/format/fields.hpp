// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/types.hpp"

#include <initializer_list>
#include <map>

namespace saoluu::format {

/// Writes `fields` (FORMAT.md, section 1): call add() with ascending tags.
class FieldWriter {
public:
    FieldWriter& add(std::uint64_t tag, BytesView value);
    FieldWriter& add_varint(std::uint64_t tag, std::uint64_t value);
    FieldWriter& add_time(std::uint64_t tag, Time value);
    FieldWriter& add_u8(std::uint64_t tag, std::uint8_t value);
    FieldWriter& add_text(std::uint64_t tag, std::string_view value) {
        return add(tag, util::as_bytes(value));
    }
    [[nodiscard]] Bytes take() { return out_.take(); }

private:
    util::Writer out_;
    std::uint64_t last_ = 0;
};

/// Reads `fields`. Unknown even tags are passed over, unknown odd ones refuse the whole.
class FieldReader {
public:
    /// known: every tag that the caller understands; bytes: borrowed while this lives
    /// errors: corrupt; unsupported for an unknown critical tag
    static Result<FieldReader> read(BytesView bytes, std::initializer_list<std::uint64_t> known);

    [[nodiscard]] bool has(std::uint64_t tag) const { return values_.contains(tag); }
    /// The value's bytes; empty view if it is missing.
    [[nodiscard]] BytesView raw(std::uint64_t tag) const;
    /// errors of all below: corrupt if the field is missing or malformed
    Result<BytesView> must(std::uint64_t tag) const;
    Result<std::uint64_t> varint(std::uint64_t tag) const;
    Result<Time> time(std::uint64_t tag) const;
    Result<std::uint8_t> u8(std::uint64_t tag) const;
    /// Text that fills the whole field.
    Result<std::string> text(std::uint64_t tag) const;
    template <class IdType>
    Result<IdType> id(std::uint64_t tag) const {
        const BytesView value = TRY(must(tag));
        if (value.size() != IdType::size)
            return bad(tag);
        return IdType::from(value);
    }
    /// A "corrupt" failure that names the field.
    [[nodiscard]] Failure bad(std::uint64_t tag) const;

private:
    std::map<std::uint64_t, BytesView> values_;
};

/// list<id>; `Ascending::yes` demands strict order, as every list of ids in the format that is a
/// set.
enum class Ascending { no, yes };
template <class IdType>
Bytes encode_ids(const std::vector<IdType>& ids) {
    util::Writer out;
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
            return in.bad("ids out of order");
    }
    TRY(in.finish());
    return ids;
}

} // namespace saoluu::format
