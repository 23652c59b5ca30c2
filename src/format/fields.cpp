// SPDX-License-Identifier: Apache-2.0
#include "format/fields.hpp"

#include "util/assert.hpp"

#include <algorithm>

namespace saoluu::format {

using util::message;
using util::tr;

bool may_be_text(std::string_view value) {
    return value.size() <= limits::kText && util::is_text(value);
}

FieldWriter& FieldWriter::add(std::uint64_t tag, BytesView value) {
    ASSERT(tag > last_);
    last_ = tag;
    out_.varint(tag).bytes(value);
    return *this;
}

FieldWriter& FieldWriter::add_varint(std::uint64_t tag, std::uint64_t value) {
    return add(tag, util::Writer().varint(value).view());
}

FieldWriter& FieldWriter::add_time(std::uint64_t tag, Time value) {
    return add(tag, util::Writer().svarint(value).view());
}

FieldWriter& FieldWriter::add_u8(std::uint64_t tag, std::uint8_t value) {
    return add(tag, util::Writer().u8(value).view());
}

FieldWriter& FieldWriter::add_text(std::uint64_t tag, std::string_view value) {
    ASSERT(may_be_text(value));
    return add(tag, util::as_bytes(value));
}

FieldWriter& FieldWriter::add_text_unless_empty(std::uint64_t tag, std::string_view value) {
    return value.empty() ? *this : add_text(tag, value);
}

Result<FieldReader> FieldReader::read(BytesView bytes, std::initializer_list<std::uint64_t> known) {
    FieldReader fields;
    ASSERT(known.size() <= fields.values_.size());
    util::Reader in(bytes);
    std::optional<std::uint64_t> last;
    std::optional<std::uint64_t> critical;
    while (!in.at_end()) {
        const std::uint64_t tag = TRY(in.varint());
        if (last && tag <= *last)
            return in.bad(tr("fields are not in order"));
        last = tag;
        const BytesView value = TRY(in.bytes(in.left()));
        if (std::find(known.begin(), known.end(), tag) != known.end())
            fields.values_[fields.count_++] = {.tag = tag, .bytes = value};
        else if (tag % 2 == 1 && !critical)
            critical = tag;
    }
    // Only now, so that damage is never taken for a newer version.
    if (critical)
        return fail(
            ErrorKind::unsupported,
            message(tr("field {} is needed, but not known to this version of saoluu"), *critical));
    return fields;
}

const FieldReader::Value* FieldReader::find(std::uint64_t tag) const {
    for (std::size_t i = 0; i < count_; ++i)
        if (values_[i].tag == tag)
            return &values_[i];
    return nullptr;
}

BytesView FieldReader::raw(std::uint64_t tag) const {
    const Value* value = find(tag);
    return value == nullptr ? BytesView() : value->bytes;
}

Result<BytesView> FieldReader::must(std::uint64_t tag) const {
    const Value* value = find(tag);
    if (value == nullptr)
        return fail(ErrorKind::corrupt, message(tr("field {} is missing"), tag));
    return value->bytes;
}

Result<std::uint64_t> FieldReader::varint(std::uint64_t tag, std::uint64_t most) const {
    util::Reader in(TRY(must(tag)));
    const auto value = in.varint(most);
    if (!value || !in.at_end())
        return bad(tag);
    return *value;
}

Result<Time> FieldReader::time(std::uint64_t tag) const {
    util::Reader in(TRY(must(tag)));
    const auto value = in.svarint();
    if (!value || !in.at_end())
        return bad(tag);
    return *value;
}

Result<std::uint8_t> FieldReader::u8(std::uint64_t tag) const {
    const BytesView value = TRY(must(tag));
    if (value.size() != 1)
        return bad(tag);
    return static_cast<std::uint8_t>(value[0]);
}

Result<std::string> FieldReader::text(std::uint64_t tag) const {
    const BytesView value = TRY(must(tag));
    if (!may_be_text(util::as_text(value)))
        return bad(tag);
    return std::string(util::as_text(value));
}

Result<std::string> FieldReader::text_or_empty(std::uint64_t tag) const {
    if (!has(tag))
        return std::string();
    if (raw(tag).empty())
        return bad(tag);
    return text(tag);
}

Failure FieldReader::bad(std::uint64_t tag) const {
    return fail(ErrorKind::corrupt, message(tr("{} is malformed"), name_of(tag)));
}

std::string FieldReader::name_of(std::uint64_t tag) {
    return message(tr("field {}"), tag);
}

} // namespace saoluu::format
