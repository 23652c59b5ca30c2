// SPDX-License-Identifier: Apache-2.0
// Seeds that are refused, each for one thing alone: a second form of a value, or one that is not
// possible. A decoder that took one would break the law that its target demands.
#include "format/types.hpp"
#include "seeds.hpp"

namespace saoluu::fuzz {
namespace {

using util::Writer;

Bytes field(std::uint64_t tag, BytesView value) {
    return Writer().varint(tag).bytes(value).take();
}

Bytes number(std::uint64_t tag, std::uint64_t value) {
    return field(tag, Writer().varint(value).view());
}

Bytes byte(std::uint64_t tag, std::uint8_t value) {
    return field(tag, Writer().u8(value).view());
}

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts)
        util::append(all, part);
    return all;
}

Bytes id(unsigned char value, std::size_t size = 32) {
    return Bytes(size, std::byte{value});
}

void refuse_catalog() {
    const Bytes folder = Writer().u8(2).raw(Bytes(5)).take();
    const auto entry = [&](std::uint64_t shared, std::string_view suffix) {
        return Writer().varint(shared).text(suffix).bytes(folder).take();
    };
    const auto page = [](std::initializer_list<Bytes> entries) {
        return joined({Writer().u8(0).varint(entries.size()).take(), joined(entries)});
    };
    put("page", "refused-shares-less", page({entry(0, "ab"), entry(0, "ac")}));
    put("page", "refused-order", page({entry(0, "b"), entry(0, "a")}));
    put("page", "refused-twice", page({entry(0, "a"), entry(1, "")}));
    put("page", "refused-long-count", joined({Bytes(1), id(0x81, 1), id(0, 1), entry(0, "")}));
    put("page", "refused-behind", joined({page({entry(0, "a")}), Bytes(1)}));

    const Bytes hole = Writer().varint(0).bytes(Writer().varint(5).view()).take();
    const auto file = [&](std::uint64_t size, std::initializer_list<Bytes> segments) {
        return joined({Writer().u8(1).raw(Bytes(5)).varint(size).varint(segments.size()).take(),
                       joined(segments)});
    };
    put("entry", "refused-two-holes", file(10, {hole, hole}), choose(0));
    put("entry", "refused-sum", file(6, {hole}), choose(0));
    put("entry", "refused-long-mode", joined({id(2, 1), id(0x80, 1), id(0, 1), Bytes(4)}),
        choose(0));
    const auto xattr = [](std::string_view name) { return Writer().text(name).bytes({}).take(); };
    put("entry", "refused-xattrs",
        joined({folder, field(1, joined({id(2, 1), xattr("b"), xattr("a")}))}), choose(0));
    put("entry", "refused-no-xattrs", joined({folder, field(1, Bytes(1))}), choose(0));
    put("entry", "refused-list", joined({Bytes(1), id(2, 1), hole, hole}), choose(1));

    const auto owner = [](std::uint64_t uid) { return Writer().varint(uid).text("a").take(); };
    put("note", "refused-owners", field(5, joined({id(2, 1), owner(2), owner(1)})));
    put("note", "refused-no-host", field(2, {}));
    put("note", "refused-no-tags", field(3, Bytes(1)));
    put("note", "refused-order",
        joined({field(3, joined({id(1, 1), id(0, 1)})), field(2, id('a', 1))}));
}

void refuse_packs() {
    const auto frame = [](std::uint8_t kind, std::uint8_t codec, std::uint64_t stored,
                          std::uint64_t plain) {
        return Writer().u8(kind).u8(codec).raw(id(1)).varint(stored).varint(plain).take();
    };
    const auto directory = [](std::initializer_list<Bytes> frames) {
        return joined(
            {Bytes(16 + 1 + 32), id(static_cast<unsigned char>(frames.size()), 1), joined(frames)});
    };
    put("pack_directory", "refused-page-in-data", directory({frame(2, 1, 5, 9)}), choose(0));
    put("pack_directory", "refused-raw-lengths", directory({frame(1, 0, 5, 9)}), choose(0));
    put("pack_directory", "refused-empty", directory({frame(1, 1, 5, 0)}), choose(0));
    put("pack_directory", "refused-behind", joined({directory({frame(1, 1, 5, 9)}), Bytes(1)}),
        choose(0));
    put("pack", "refused-trailer", Writer().u64(79).u64(400).u64(3).view(), choose(1));

    const auto pack = [](unsigned char name) {
        return joined({id(name), id(1, 16), id(1), Writer().u32(10'000).take()});
    };
    const auto entry = [](unsigned char name, std::uint32_t in, std::uint32_t offset) {
        return Writer()
            .raw(id(name))
            .u32(in)
            .u32(0)
            .u32(offset)
            .u32(100)
            .u32(200)
            .u8(1)
            .u8(1)
            .take();
    };
    const auto segment = [](std::initializer_list<Bytes> packs,
                            std::initializer_list<Bytes> entries) {
        return joined({Writer().varint(0).varint(packs.size()).take(), joined(packs),
                       Writer().varint(entries.size()).take(), joined(entries)});
    };
    put("index_segment", "refused-packs", segment({pack(2), pack(1)}, {}));
    put("index_segment", "refused-order", segment({pack(1)}, {entry(2, 0, 80), entry(1, 0, 80)}));
    put("index_segment", "refused-twice", segment({pack(1)}, {entry(1, 0, 80), entry(1, 0, 80)}));
    put("index_segment", "refused-pack", segment({pack(1)}, {entry(1, 1, 80)}));
    put("index_segment", "refused-before", segment({pack(1)}, {entry(1, 0, 79)}));
    put("index_segment", "refused-past", segment({pack(1)}, {entry(1, 0, 9'885)}));
}

void refuse_sessions() {
    const Bytes session = util::copy_of(world().session.view());
    const auto record = [&](std::uint64_t sequence, const Bytes& program, const Bytes& incomplete) {
        return joined({field(1, session), field(3, id('a', 1)), program, field(5, id(1)),
                       number(9, 2), number(11, 4), number(13, sequence), number(17, 1),
                       incomplete});
    };
    put("session_objects", "refused-sequence", record(0, {}, {}), choose(0));
    put("session_objects", "refused-no-program", record(1, field(4, {}), {}), choose(0));
    put("session_objects", "refused-complete", record(1, {}, byte(19, 0)), choose(0));
    const auto mark = [](const Bytes& packs, std::uint8_t purpose) {
        return joined({byte(1, purpose), field(3, packs), number(5, 2), field(7, id(1, 16))});
    };
    put("session_objects", "refused-packs", mark(joined({id(2, 1), id(2), id(1)}), 1), choose(5));
    put("session_objects", "refused-purpose", mark(joined({id(1, 1), id(1)}), 3), choose(5));

    const auto entry = [](const Bytes& before, const Bytes& body, const Bytes& outcomes) {
        return joined({number(1, 1), field(3, joined({id(1, 1), id(1)})), before, number(7, 2),
                       number(9, 7), body, outcomes, field(17, id(1, 16))});
    };
    const auto head = [](unsigned char hash) { return joined({id(1), id(1, 1), id(hash)}); };
    put("ledger_entry", "refused-heads",
        entry(field(5, joined({id(2, 1), head(2), head(1)})), {}, {}), choose(0));
    put("ledger_entry", "refused-no-body", entry({}, field(11, {}), {}), choose(0));
    put("ledger_entry", "refused-outcome",
        entry({}, {}, field(13, joined({id(1, 1), id(1), id(3, 1)}))), choose(0));
    put("ledger_entry", "refused-session", entry({}, {}, field(15, id(1, 16))), choose(0));
    put("ledger_entry", "refused-no-text", field(2, {}), choose(1));
}

void refuse_keys() {
    const auto key = [](std::uint8_t epoch) { return joined({id(epoch, 1), id(1)}); };
    put("roster_secrets", "refused-order", field(1, joined({id(2, 1), key(2), key(1)})), choose(1));
    put("roster_secrets", "refused-none", field(1, Bytes(1)), choose(1));
    put("roster_secrets", "refused-no-unit", joined({field(1, id('a', 1)), field(3, {})}),
        choose(0));
    const std::string hex(64, 'a'), upper(64, 'A'), slot(32, 'a');
    const std::string begin = "saoluu key file\nversion 1\nrepository " + hex + "\nslot " + slot;
    put("keys", "refused-upper-case", begin + "\nsign " + upper + "\nseal " + hex + "\n",
        choose(2));
    put("keys", "refused-more", begin + "\nsign " + hex + "\nseal " + hex + "\nmore a\n",
        choose(2));
    const std::string place =
        "saoluu place\nversion 1\nrepository " + hex + "\nplace " + slot + "\n";
    put("text_objects", "refused-order", place + "b 1\na 1\n", choose(2));
    put("text_objects", "refused-twice", place + "a 1\na 2\n", choose(2));
    put("text_objects", "refused-no-value", place + "a \n", choose(2));

    auto header = world().header(format::Kind::record).encode();
    header[10] = std::byte{1};
    put("sealed", "refused-header", header, choose(0));
    const std::string pack = "packs/aa/" + hex;
    put("names", "refused-copy", pack + ".01");
    put("names", "refused-many-copies", pack + ".1000000000");
    put("names", "refused-folder", "packs/ab/" + hex);
    put("names", "refused-upper-case", "index/" + upper);
    put("names", "refused-short-number", "roster/000000012-" + hex);
}

} // namespace

void seed_refused() {
    refuse_catalog();
    refuse_packs();
    refuse_sessions();
    refuse_keys();
}

} // namespace saoluu::fuzz
