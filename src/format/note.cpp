// SPDX-License-Identifier: Apache-2.0
#include "format/note.hpp"

#include "format/fields.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <limits>

namespace saoluu::format {
namespace {

using util::tr;

constexpr std::size_t kMostSource = limits::kPath + 1; // with its leading `/`

/// What the system says, made into a text of the format: a message is no reason to fail.
std::string clean_text(std::string_view text) {
    std::string clean = util::is_text(text) ? std::string(text) : util::printable(text);
    if (clean.size() > limits::kText) {
        std::size_t end = limits::kText;
        while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xc0) == 0x80)
            --end; // not inside a character
        clean.resize(end);
    }
    return clean;
}

Bytes encode_sources(const std::vector<std::string>& sources) {
    util::Writer out;
    out.varint(sources.size());
    for (const std::string& source : sources) {
        ASSERT(source.starts_with('/') && source.size() <= kMostSource);
        out.text(source);
    }
    return out.take();
}

Bytes encode_tags(const std::vector<std::string>& tags) {
    util::Writer out;
    out.varint(tags.size());
    for (const std::string& tag : tags) {
        ASSERT(may_be_text(tag));
        out.text(tag);
    }
    return out.take();
}

constexpr std::uint64_t kMostNumber = std::numeric_limits<std::uint32_t>::max();

/// An absurdly long name is left out: its number is in the entries all the same.
bool is_usable(std::uint64_t number, const std::string& name) {
    return number <= kMostNumber && name.size() <= limits::kText;
}

Bytes encode_owners(const std::map<std::uint64_t, std::string>& names) {
    util::Writer out;
    out.varint(
        static_cast<std::uint64_t>(std::count_if(names.begin(), names.end(), [](const auto& one) {
            return is_usable(one.first, one.second);
        })));
    for (const auto& [number, name] : names)
        if (is_usable(number, name))
            out.varint(number).text(name);
    return out.take();
}

Bytes encode_finding(const NoteFinding& finding) {
    return util::Writer()
        .text(std::string_view(finding.path).substr(0, limits::kPath))
        .varint(finding.kind)
        .varint(finding.code)
        .text(clean_text(finding.text))
        .take();
}

/// As many findings as fit into `room` bytes; if not all, the last one says how many more.
Bytes encode_findings(const std::vector<NoteFinding>& findings, std::size_t room) {
    constexpr std::size_t kMoreSize = 32; // of a finding without path and text, and the count
    ASSERT(room > kMoreSize);
    util::Writer items;
    std::size_t count = 0;
    for (const NoteFinding& finding : findings) {
        const Bytes item = encode_finding(finding);
        if (items.size() + item.size() > room - kMoreSize)
            break;
        items.raw(item);
        ++count;
    }
    if (count < findings.size()) {
        items.raw(encode_finding({.path = {},
                                  .kind = static_cast<std::uint64_t>(FindingKind::more),
                                  .code = findings.size() - count,
                                  .text = {}}));
        ++count;
    }
    return util::Writer().varint(count).raw(items.view()).take();
}

template <class Read>
auto read_list(const FieldReader& fields, std::uint64_t tag, std::size_t least, Read read)
    -> Result<std::vector<typename std::invoke_result_t<Read, util::Reader&>::value_type>> {
    std::vector<typename std::invoke_result_t<Read, util::Reader&>::value_type> items;
    if (!fields.has(tag))
        return items;
    util::Reader in(fields.raw(tag));
    const std::size_t count = TRY(in.count(least, in.left()));
    for (std::size_t i = 0; i < count; ++i)
        items.push_back(TRY(named(read(in), [tag] { return FieldReader::name_of(tag); })));
    if (!in.at_end() || items.empty())
        return fields.bad(tag);
    return items;
}

Result<std::map<std::uint64_t, std::string>> read_owners(const FieldReader& fields,
                                                         std::uint64_t tag) {
    std::map<std::uint64_t, std::string> names;
    const auto pairs = TRY(read_list(
        fields, tag, 2, [](util::Reader& in) -> Result<std::pair<std::uint64_t, std::string>> {
            const std::uint64_t number = TRY(in.varint(kMostNumber));
            const BytesView name = TRY(in.bytes(limits::kText));
            return std::pair(number, std::string(util::as_text(name)));
        }));
    for (const auto& [number, name] : pairs) {
        if (!names.empty() && number <= names.rbegin()->first)
            return fields.bad(tag);
        names.emplace_hint(names.end(), number, name);
    }
    return names;
}

Result<std::string> read_source(util::Reader& in) {
    const BytesView source = TRY(in.bytes(kMostSource));
    if (!util::as_text(source).starts_with('/'))
        return in.bad(tr("a source is no absolute path"));
    return std::string(util::as_text(source));
}

Result<NoteFinding> read_finding(util::Reader& in) {
    NoteFinding finding;
    const BytesView path = TRY(in.bytes(limits::kPath));
    finding.path = util::as_text(path);
    finding.kind = TRY(in.varint());
    finding.code = TRY(in.varint());
    finding.text = TRY(in.text(limits::kText));
    return finding;
}

Result<Note> decode(BytesView plain) {
    if (plain.size() > limits::kNote)
        return fail(ErrorKind::corrupt, tr("it is too large"));
    const FieldReader fields = TRY(FieldReader::read(plain, {1, 2, 3, 5, 7, 9}));
    Note note;
    note.sources = TRY(read_list(fields, 1, 1, read_source));
    note.host = TRY(fields.text_or_empty(2));
    note.tags =
        TRY(read_list(fields, 3, 1, [](util::Reader& in) { return in.text(limits::kText); }));
    note.users = TRY(read_owners(fields, 5));
    note.groups = TRY(read_owners(fields, 7));
    note.findings = TRY(read_list(fields, 9, 4, read_finding));
    return note;
}

} // namespace

Bytes encode_note(const Note& note) {
    FieldWriter out;
    if (!note.sources.empty())
        out.add(1, encode_sources(note.sources));
    out.add_text_unless_empty(2, clean_text(note.host));
    if (!note.tags.empty())
        out.add(3, encode_tags(note.tags));
    const auto add_owners = [&out](std::uint64_t tag, const auto& names) {
        if (std::any_of(names.begin(), names.end(),
                        [](const auto& one) { return is_usable(one.first, one.second); }))
            out.add(tag, encode_owners(names));
    };
    add_owners(5, note.users);
    add_owners(7, note.groups);
    if (!note.findings.empty()) {
        constexpr std::size_t kFieldHead = 1 + 10; // tag and length
        ASSERT(out.size() + kFieldHead < limits::kNote);
        out.add(9, encode_findings(note.findings, limits::kNote - out.size() - kFieldHead));
    }
    ASSERT(out.size() <= limits::kNote);
    return out.take();
}

Result<Note> decode_note(BytesView plain) {
    return decode(plain).within(tr("note of a snapshot"));
}

} // namespace saoluu::format
