// SPDX-License-Identifier: Apache-2.0
#include "format/note.hpp"

#include "format/fields.hpp"
#include "samples.hpp"

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::must;
using format::test::Random;

namespace {

Note some_note(Random& random) {
    Note note;
    for (std::size_t left = random.size(0, 3); left > 0; --left)
        note.sources.push_back("/" + random.part());
    note.host = random.text();
    for (std::size_t left = random.size(0, 3); left > 0; --left)
        note.tags.push_back(random.text());
    for (std::size_t left = random.size(0, 3); left > 0; --left) {
        note.users[random.number(0xffffffff)] = random.part();
        note.groups[random.number(0xffffffff)] = random.part();
    }
    for (std::size_t left = random.size(0, 5); left > 0; --left)
        note.findings.push_back({.path = random.part(),
                                 .kind = random.number(~std::uint64_t{0}),
                                 .code = random.number(200),
                                 .text = random.text()});
    return note;
}

Bytes one_field(std::uint64_t tag, const Bytes& value) {
    FieldWriter out;
    return out.add(tag, value).take();
}

} // namespace

TEST_CASE("a note comes back as it was") {
    Random random;
    INFO("seed ", random.seed());
    for (int i = 0; i < 300; ++i) {
        const Note note = some_note(random);
        REQUIRE(must(decode_note(encode_note(note))) == note);
    }
    CHECK(encode_note({}).empty());
    CHECK(must(decode_note({})) == Note());
}

TEST_CASE("a note out of form is refused") {
    const auto list = [](std::initializer_list<std::string> texts) {
        util::Writer out;
        out.varint(texts.size());
        for (const std::string& text : texts)
            out.text(text);
        return out.take();
    };
    const auto owners = [](std::initializer_list<std::uint64_t> numbers) {
        util::Writer out;
        out.varint(numbers.size());
        for (const std::uint64_t number : numbers)
            out.varint(number).text("x");
        return out.take();
    };
    CHECK(decode_note(one_field(1, list({"/a", "/a"}))));
    CHECK(decode_note(one_field(1, list({"/" + std::string(limits::kPath, 'a')}))));
    CHECK(decode_note(one_field(5, owners({1, 2}))));
    const Bytes empty(1);
    for (const auto& [tag, value] : std::vector<std::pair<std::uint64_t, Bytes>>{
             {1, empty},
             {1, list({"a"})},
             {1, list({""})},
             {1, list({"//" + std::string(limits::kPath, 'a')})},
             {2, {}},
             {2, Bytes(1)},
             {3, empty},
             {3, list({"\xff"})},
             {3, list({std::string(limits::kText + 1, 'a')})},
             {5, owners({2, 1})},
             {5, owners({1, 1})},
             {7, owners({2, 1})},
             {7, owners({0x100000000})},
             {7, empty},
             {9, empty},
             {9, util::Writer().varint(1).text("a").varint(1).varint(1).take()},
             {9, util::Writer().varint(~std::uint64_t{0}).take()}}) {
        const std::uint64_t field = tag; // a lambda of doctest's takes no binding under clang 14
        INFO("field ", field);
        CHECK(fails(decode_note(one_field(tag, value)), ErrorKind::corrupt));
    }
    CHECK(fails(decode_note(one_field(11, {})), ErrorKind::unsupported));
    CHECK(decode_note(one_field(12, {})));
    CHECK(fails(decode_note(Bytes(limits::kNote + 1)), ErrorKind::corrupt));
}

TEST_CASE("what the system says is made to fit") {
    Note note;
    note.host = "máy\xff";
    note.users[1] = std::string(limits::kText + 1, 'u');
    note.findings.push_back({.path = std::string(limits::kPath + 9, 'p'),
                             .kind = 1,
                             .code = 36,
                             .text = std::string(limits::kText - 1, 'x') + "ữ"});
    note.findings.push_back({.path = "b", .kind = 2, .code = 0, .text = "bad \xff text"});
    const Note found = must(decode_note(encode_note(note)));
    CHECK(found.host == "máy\\xff");
    CHECK(found.users.empty());
    CHECK(found.findings[0].path.size() == limits::kPath);
    CHECK(found.findings[0].text == std::string(limits::kText - 1, 'x')); // whole characters
    CHECK(found.findings[1].text == "bad \\xff text");
}

TEST_CASE("a backup with too many findings still has a note, which says how many it left out") {
    Note note;
    note.sources = {"/home"};
    const std::string path(60'000, 'p');
    for (int i = 0; i < 1500; ++i) // 90 MB
        note.findings.push_back({.path = path, .kind = 1, .code = 13, .text = "denied"});
    const Bytes plain = encode_note(note);
    CHECK(plain.size() <= limits::kNote);
    CHECK(plain.size() > limits::kNote - 100'000);
    const Note found = must(decode_note(plain));
    CHECK(found.sources == note.sources);
    const NoteFinding& last = found.findings.back();
    CHECK(last.kind == static_cast<std::uint64_t>(FindingKind::more));
    CHECK(last.code + found.findings.size() - 1 == note.findings.size());
    CHECK(last.path.empty());
    CHECK(found.findings.front() == note.findings.front());
}
