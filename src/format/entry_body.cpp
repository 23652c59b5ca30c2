// SPDX-License-Identifier: Apache-2.0
#include "format/entry.hpp"

#include "format/fields.hpp"
#include "format/segments.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <limits>

/// The body of a catalog entry (FORMAT.md 12.2).
namespace saoluu::format {
namespace {

using util::message;
using util::tr;

constexpr std::uint64_t kMostMode = 07777;
constexpr std::uint64_t kMostNanoseconds = 999'999'999;
constexpr std::uint64_t kMostNumber = std::numeric_limits<std::uint32_t>::max(); // uid, device
constexpr std::uint64_t kMostSize = std::numeric_limits<std::int64_t>::max();    // < 2^63

bool is_known(std::uint8_t type) {
    return type >= static_cast<std::uint8_t>(FileType::file) &&
           type <= static_cast<std::uint8_t>(FileType::socket);
}

bool is_device(FileType type) {
    return type == FileType::character || type == FileType::block;
}

bool has_zero(std::string_view bytes) {
    return bytes.find('\0') != std::string_view::npos;
}

/// Fields that do not belong to a type: a folder has one name only, and what is no file no content.
bool may_have_link_group(FileType type) {
    return type != FileType::folder;
}
bool may_have_hash(FileType type) {
    return type == FileType::file;
}

bool are_possible(const std::vector<Xattr>& xattrs) {
    const Xattr* last = nullptr;
    for (const Xattr& xattr : xattrs) {
        if (xattr.name.empty() || xattr.name.size() > limits::kXattrName || has_zero(xattr.name) ||
            xattr.value.size() > limits::kXattrValue ||
            (last != nullptr && !(last->name < xattr.name)))
            return false;
        last = &xattr;
    }
    return true;
}

Bytes encode_xattrs(const std::vector<Xattr>& xattrs) {
    util::Writer out;
    out.varint(xattrs.size());
    for (const Xattr& xattr : xattrs)
        out.bytes(util::as_bytes(xattr.name)).bytes(xattr.value);
    return out.take();
}

Result<std::vector<Xattr>> decode_xattrs(BytesView bytes) {
    util::Reader in(bytes);
    const std::size_t count = TRY(in.count(2, in.left()));
    std::vector<Xattr> xattrs;
    for (std::size_t i = 0; i < count; ++i) {
        const BytesView name = TRY(in.bytes(limits::kXattrName));
        const BytesView value = TRY(in.bytes(limits::kXattrValue));
        xattrs.push_back({.name = std::string(util::as_text(name)), .value = util::copy_of(value)});
    }
    TRY(in.finish());
    if (xattrs.empty() || !are_possible(xattrs))
        return in.bad(tr("extended attributes are malformed or not in order"));
    return xattrs;
}

Result<void> read_type_part(util::Reader& in, Entry& entry) {
    switch (entry.type) {
    case FileType::file:
        entry.size = TRY(in.varint(kMostSize));
        entry.segments = TRY(read_segments(in));
        return {};
    case FileType::symlink: {
        const BytesView target = TRY(in.bytes(limits::kTarget));
        entry.target = util::as_text(target);
        if (entry.target.empty() || has_zero(entry.target))
            return in.bad(tr("a symbolic link leads to nothing"));
        return {};
    }
    case FileType::character:
    case FileType::block:
        entry.device_major = TRY(in.varint(kMostNumber));
        entry.device_minor = TRY(in.varint(kMostNumber));
        return {};
    case FileType::folder:
    case FileType::fifo:
    case FileType::socket:
        return {};
    }
    return {};
}

/// What segments and fields of a file must be together.
Result<void> check_file(Entry& entry) {
    const SegmentSum sum = TRY(sum_of(entry.segments));
    if (sum.unknown ? sum.length > entry.size : sum.length != entry.size)
        return fail(ErrorKind::corrupt, tr("the segments of a file do not add up to its size"));
    if ((sum.has_part || sum.unknown) && !entry.file_hash)
        return fail(ErrorKind::corrupt, tr("the file's own hash is missing"));
    if (sum.unknown)
        entry.refused = message(tr("segments of kind {} are not known to this version of saoluu"),
                                *sum.unknown);
    return {};
}

Result<void> read_fields(BytesView bytes, Entry& entry) {
    if (bytes.empty())
        return {};
    const auto fields = FieldReader::read(bytes, {1, 3, 5});
    if (!fields && fields.error().kind() == ErrorKind::unsupported) {
        entry.refused = fields.error().message();
        return {};
    }
    if (!fields)
        return Failure(fields.error());
    if (fields->has(1))
        entry.xattrs =
            TRY(named(decode_xattrs(fields->raw(1)), [] { return FieldReader::name_of(1); }));
    entry.link_group = TRY(fields->optional_id<LinkGroup>(3));
    if (entry.link_group && !may_have_link_group(entry.type))
        return fields->bad(3);
    entry.file_hash = TRY(fields->optional_id<Hash>(5));
    if (entry.file_hash && !may_have_hash(entry.type))
        return fields->bad(5);
    return {};
}

} // namespace

Bytes encode_body(const Entry& entry) {
    ASSERT(!entry.refused);
    ASSERT(entry.mode <= kMostMode && entry.mtime_nanoseconds <= kMostNanoseconds);
    ASSERT(entry.uid <= kMostNumber && entry.gid <= kMostNumber);
    ASSERT(entry.device_major <= kMostNumber && entry.device_minor <= kMostNumber);
    ASSERT(are_possible(entry.xattrs));
    ASSERT(!entry.link_group || may_have_link_group(entry.type));
    ASSERT(!entry.file_hash || may_have_hash(entry.type));
    Bytes space;
    space.reserve(64 + entry.segments.size() * 40 + entry.target.size());
    util::Writer out(std::move(space));
    out.u8(static_cast<std::uint8_t>(entry.type))
        .varint(entry.mode)
        .varint(entry.uid)
        .varint(entry.gid)
        .svarint(entry.mtime_seconds)
        .varint(entry.mtime_nanoseconds);
    if (entry.type == FileType::file) {
        const auto sum = sum_of(entry.segments);
        ASSERT(sum && (sum->unknown || sum->length == entry.size));
        ASSERT((!sum->has_part && !sum->unknown) || entry.file_hash);
        out.varint(entry.size);
        write_segments(out, entry.segments);
    } else if (entry.type == FileType::symlink) {
        ASSERT(!entry.target.empty() && entry.target.size() <= limits::kTarget &&
               !has_zero(entry.target));
        out.bytes(util::as_bytes(entry.target));
    } else if (is_device(entry.type)) {
        out.varint(entry.device_major).varint(entry.device_minor);
    }
    FieldWriter fields;
    if (!entry.xattrs.empty())
        fields.add(1, encode_xattrs(entry.xattrs));
    if (entry.link_group)
        fields.add(3, entry.link_group->view());
    if (entry.file_hash)
        fields.add(5, entry.file_hash->view());
    out.raw(fields.take());
    return out.take();
}

Result<Entry> decode_body(std::string path, BytesView body) {
    Entry entry;
    entry.path = std::move(path);
    util::Reader in(body);
    const std::uint8_t type = TRY(in.u8());
    if (!is_known(type)) {
        // What is behind it may be anything.
        entry.refused = message(tr("type {} is not known to this version of saoluu"), type);
        return entry;
    }
    entry.type = static_cast<FileType>(type);
    entry.mode = static_cast<std::uint32_t>(TRY(in.varint(kMostMode)));
    entry.uid = TRY(in.varint(kMostNumber));
    entry.gid = TRY(in.varint(kMostNumber));
    entry.mtime_seconds = TRY(in.svarint());
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(TRY(in.varint(kMostNanoseconds)));
    TRY(read_type_part(in, entry));
    TRY(read_fields(in.rest(), entry));
    if (entry.type == FileType::file && !entry.refused)
        TRY(check_file(entry));
    return entry;
}

} // namespace saoluu::format
