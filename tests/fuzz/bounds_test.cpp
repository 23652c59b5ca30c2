// SPDX-License-Identifier: Apache-2.0
// Hostile lengths: what is refused before memory is taken for it, and how much memory the worst
// inputs that are taken need. The program's own allocations are counted, and zstd's by the system.
#include "data/compress.hpp"
#include "engine/file_list.hpp"
#include "format/index_segment.hpp"
#include "format/ledger_entry.hpp"
#include "format/note.hpp"
#include "format/pack.hpp"
#include "format/page.hpp"
#include "format/roster.hpp"
#include "format/slot.hpp"
#include "poor_child.hpp"
#include "repo/index_run.hpp"
#include "scratch_file.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

#include <doctest/doctest.h>
#include <sys/resource.h>

namespace {

std::atomic<std::size_t> taken{0}, most_taken{0};

} // namespace

void* operator new(std::size_t size) {
    void* const memory = std::malloc(size);
    if (memory == nullptr)
        throw std::bad_alloc();
    const std::size_t now = taken += ::malloc_usable_size(memory);
    if (now > most_taken)
        most_taken = now;
    return memory;
}

void operator delete(void* memory) noexcept {
    if (memory != nullptr)
        taken -= ::malloc_usable_size(memory);
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}

namespace {

using namespace saoluu;
using fuzz::as_signed;
using fuzz::id_of;
using fuzz::world;
using util::Bytes;
using util::BytesView;
using util::Writer;

constexpr std::uint64_t kHostile = std::uint64_t{1} << 60;
constexpr std::size_t kMiB = 1 << 20;

/// The most memory that `work` had beyond what there was before.
template <class Work>
std::size_t peak_of(const Work& work) {
    const std::size_t before = taken;
    most_taken = before;
    work();
    return most_taken - before;
}

Bytes sealed(format::Kind kind, BytesView rest, BytesView subject, format::SelfCheck check) {
    return format::seal_object_with_salt(world().context(kind, subject), as_signed(rest), check,
                                         world().salt);
}

bool takes_session(format::Kind kind, BytesView rest) {
    const bool is_mark = kind == format::Kind::mark;
    const BytesView subject = is_mark ? BytesView() : world().session.view();
    const Bytes object =
        sealed(kind, rest, subject, is_mark ? format::SelfCheck::no : format::SelfCheck::yes);
    return format::open_session_object(world().repository, world().epoch, object, subject)
        .has_value();
}

bool takes_entry(BytesView rest) {
    const Bytes subject = Writer().raw(world().actor.view()).u64(1).take();
    return format::open_entry(
               world().repository, world().epoch, world().actor, 1,
               sealed(format::Kind::ledger_entry, rest, subject, format::SelfCheck::no))
        .has_value();
}

bool takes_segment(BytesView rest) {
    return format::open_segment(
               world().repository, world().epoch,
               sealed(format::Kind::index_segment, rest, {}, format::SelfCheck::no))
        .has_value();
}

bool takes_directory(BytesView rest) {
    format::PackHeader pack;
    pack.header = world().header(format::Kind::data_pack);
    const auto subject = pack.encode();
    return format::open_directory(
               world().repository, world().epoch, pack,
               format::seal_value_with_salt(world().context(format::Kind::directory, subject),
                                            as_signed(rest), world().salt))
        .has_value();
}

bool takes_roster(BytesView rest) {
    Bytes object;
    util::append(object, world().header(format::Kind::roster).encode());
    util::append(object, as_signed(rest));
    return format::RosterObject::decode(object).has_value();
}

/// `fields` in which one list has that many items, says its count, and `behind` follows.
Bytes list_field(std::uint64_t tag, std::uint64_t count, BytesView behind) {
    const Bytes list = Writer().varint(count).raw(behind).take();
    return Writer().varint(tag).bytes(list).take();
}

/// Every list of the format, as bytes that come up to its count.
struct HostileList {
    const char* name;
    std::function<bool(BytesView)> takes;
    std::function<Bytes(std::uint64_t count, BytesView behind)> make;
};

std::vector<HostileList> hostile_lists() {
    using format::Kind;
    const auto field = [](std::uint64_t tag) {
        return
            [tag](std::uint64_t count, BytesView behind) { return list_field(tag, count, behind); };
    };
    const auto behind_head = [](Bytes head) {
        return [head](std::uint64_t count, BytesView behind) {
            return Writer().raw(head).varint(count).raw(behind).take();
        };
    };
    const auto session = [](Kind kind) {
        return [kind](BytesView rest) { return takes_session(kind, rest); };
    };
    const auto page = [](BytesView plain) { return format::decode_page(plain).has_value(); };
    const auto list = [](BytesView plain) { return format::decode_list(plain).has_value(); };
    const auto note = [](BytesView plain) { return format::decode_note(plain).has_value(); };
    const auto body = [](BytesView plain) { return format::decode_body("a", plain).has_value(); };
    const Bytes file = Writer().u8(1).raw(Bytes(6)).take();   // mode to nanoseconds, size
    const Bytes folder = Writer().u8(2).raw(Bytes(5)).take(); // and its fields
    const Bytes session_domain_hash(16 + 1 + 32);
    return {
        {"entries of a page", page, behind_head(Bytes(1))},
        {"links of a page", page, behind_head(Bytes(1, std::byte{1}))},
        {"segments of a list", list, behind_head(Bytes(1))},
        {"segments of a file", body, behind_head(file)},
        {"extended attributes", body,
         [folder](std::uint64_t count, BytesView behind) {
             return Writer().raw(folder).raw(list_field(1, count, behind)).take();
         }},
        {"sources", note, field(1)},
        {"tags", note, field(3)},
        {"owners", note, field(5)},
        {"groups", note, field(7)},
        {"findings", note, field(9)},
        {"frames of a directory", takes_directory, behind_head(session_domain_hash)},
        {"segments that are replaced", takes_segment, behind_head({})},
        {"packs of a segment", takes_segment, behind_head(Bytes(1))},
        {"entries of a segment", takes_segment, behind_head(Bytes(2))},
        {"marks of an opening", session(Kind::open), field(1)},
        {"counts of a record", session(Kind::record), field(2)},
        {"packs of a mark", session(Kind::mark), field(3)},
        {"previous entries", takes_entry, field(3)},
        {"heads of an entry", takes_entry, field(5)},
        {"outcomes of an entry", takes_entry, field(13)},
        {"features of a roster", takes_roster, field(5)},
        {"actors of a roster", takes_roster, field(17)},
        {"revocations of a roster", takes_roster, field(19)},
        {"rivals of a roster", takes_roster, field(21)},
    };
}

/// A zstd frame that says `told` bytes and has `blocks` blocks of 128 KiB in four bytes each.
Bytes bomb(std::uint32_t told, std::size_t blocks, unsigned char window = 13 << 3) {
    Writer out;
    out.u32(0xfd2fb528).u8(0x80).u8(window).u32(told);
    constexpr std::uint32_t kBlock = 128 << 10, kRle = 1 << 1, kLast = 1;
    for (std::size_t i = 1; i <= blocks; ++i) {
        const std::uint32_t head = kBlock << 3 | kRle | (i == blocks ? kLast : 0);
        out.u16(static_cast<std::uint16_t>(head)).u8(static_cast<std::uint8_t>(head >> 16)).u8(0);
    }
    return out.take();
}

/// KiB that this process had at its greatest.
long greatest_kib() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

TEST_CASE("a count that no object could hold is refused before memory is taken for it") {
    for (const HostileList& list : hostile_lists())
        for (const std::uint64_t count :
             {kHostile, ~std::uint64_t{0}, std::uint64_t{1} << 32, std::uint64_t{1} << 20}) {
            CAPTURE(list.name);
            CAPTURE(count);
            const Bytes bytes = list.make(count, Bytes(1000));
            bool taken_it = true;
            const std::size_t peak = peak_of([&] { taken_it = list.takes(bytes); });
            CHECK_FALSE(taken_it);
            CHECK(peak < 32 * 1024);
        }
}

TEST_CASE("a count that its bytes could just hold takes no more than a fixed multiple of them") {
    // As much as a page may have; what follows the count is zeros, which few lists take.
    const Bytes behind(kMiB - 100);
    for (const HostileList& list : hostile_lists())
        for (const std::size_t least : {1UL, 2UL, 4UL, 34UL, 54UL, 84UL}) {
            CAPTURE(list.name);
            CAPTURE(least);
            const Bytes bytes = list.make(behind.size() / least, behind);
            const std::size_t peak = peak_of([&] { static_cast<void>(list.takes(bytes)); });
            CHECK(peak < 100 * kMiB);
        }
}

TEST_CASE("paths of a page that share nearly all of a long one are refused past their limit") {
    const std::string deep(65'000, 'a');
    const auto page_of = [&](std::size_t count) {
        Writer page;
        page.u8(0).varint(count);
        std::string last;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string number = std::to_string(10'000 + i);
            const std::size_t shared = static_cast<std::size_t>(
                std::mismatch(number.begin(), number.end(), last.begin(), last.end()).first -
                number.begin());
            page.varint(i == 0 ? 0 : deep.size() + shared);
            page.text(i == 0 ? deep + number : number.substr(shared));
            page.bytes(Writer().u8(2).raw(Bytes(5)).view());
            last = number;
        }
        return page.take();
    };
    const std::size_t most = format::limits::kPagePaths / (deep.size() + 5);
    CHECK(format::decode_page(page_of(most)));
    for (const std::size_t count : {most + 1, std::size_t{80'000}}) {
        const Bytes plain = page_of(count);
        REQUIRE(plain.size() < kMiB);
        bool taken_it = true;
        const std::size_t peak =
            peak_of([&] { taken_it = format::decode_page(plain).has_value(); });
        CHECK_FALSE(taken_it);
        CHECK(peak < 64 * kMiB); // 26 MiB of it for as many entries as there could be
    }
}

TEST_CASE("a path is as deep as its limit and no deeper") {
    std::string path = "a";
    for (std::size_t depth = 1; depth < format::limits::kDepth; ++depth)
        path += "/a";
    CHECK(format::check_path(path));
    CHECK_FALSE(format::check_path(path + "/a"));
    for (const unsigned level : {4U, 5U, 255U}) {
        const Bytes list = Writer()
                               .u8(static_cast<std::uint8_t>(level))
                               .varint(1)
                               .varint(3)
                               .bytes(Bytes(33, std::byte{1}))
                               .take();
        CHECK_FALSE(format::decode_list(list));
    }
    for (const unsigned level : {16U, 255U})
        CHECK_FALSE(format::decode_page(
            Writer().u8(static_cast<std::uint8_t>(level)).varint(1).raw(Bytes(34)).take()));
}

TEST_CASE("a frame that unpacks to more than it says takes no more memory than it says") {
    Bytes good(kMiB, std::byte{1});
    REQUIRE(data::Decompressor().decompress(data::Codec::zstd, bomb(kMiB, 8), good));
    CHECK(good == Bytes(kMiB));
    const auto unpack = [](BytesView stored) {
        Bytes plain(format::limits::kDataChunk, std::byte{1}); // touched, all of it
        const long before = greatest_kib();
        data::Decompressor decompressor;
        const auto result = decompressor.decompress(data::Codec::zstd, stored, plain);
        const bool is_refused = !result && result.error().kind() == ErrorKind::corrupt;
        return is_refused && greatest_kib() - before < 4096 ? 0 : 1;
    };
    const auto told = static_cast<std::uint32_t>(format::limits::kDataChunk);
    const std::vector<std::pair<const char*, Bytes>> bombs = {
        {"a gigabyte behind 8 MiB", bomb(told, 8192)},
        {"one block too many", bomb(told, 65)},
        {"one block too few", bomb(told, 63)},
        {"a gigabyte told", bomb(1 << 30, 8192)},
        {"4 GiB told", bomb(~std::uint32_t{0}, 1)},
        {"a window of 16 MiB", bomb(told, 64, 14 << 3)},
        {"a window of 2 TiB", bomb(told, 64, 0xff)},
    };
    for (const auto& one : bombs) {
        CAPTURE(one.first);
        const Bytes& stored = one.second;
        CHECK(test::in_child([&] { return unpack(stored); }) == 0);
    }
}

TEST_CASE("a record of a file list that says it is longer than the list takes no memory") {
    const crypto::Hash context = id_of<crypto::Hash>(1);
    fuzz::ScratchFile file("list");
    Bytes bytes = util::copy_of(util::as_bytes("saoluu files 01\n"));
    util::append(bytes, context.view());
    const std::uint64_t at = bytes.size();
    util::append(bytes, Writer().u32(1 << 30).raw(Bytes(20)).view());
    const Bytes place = Writer().u64(at).take();
    util::append(bytes, place);
    util::append(bytes, crypto::Hasher()
                            .update(context.view())
                            .update(place)
                            .update(place)
                            .finish()
                            .view()
                            .first(8));
    file.hold(bytes);
    bool taken_it = true;
    const std::size_t peak =
        peak_of([&] { taken_it = engine::FileList::open(file.path(), context).has_value(); });
    CHECK_FALSE(taken_it);
    CHECK(peak < kMiB);
}

TEST_CASE("a run of the index that says it is longer than its file takes no memory") {
    fuzz::ScratchFile file("run");
    for (const std::uint64_t count : {kHostile, std::uint64_t{1} << 40, std::uint64_t{1} << 32})
        for (std::size_t which = 0; which < 3; ++which) {
            Writer run;
            run.raw(util::as_bytes("SLINDEX1")).u64(0x0102030405060708);
            run.raw(world().repository.view());
            for (std::size_t i = 0; i < 3; ++i)
                run.u64(i == which ? count : 0);
            Bytes bytes = run.take();
            util::append(bytes, crypto::hash(bytes).view());
            file.hold(bytes);
            bool taken_it = true;
            const std::size_t peak = peak_of([&] {
                taken_it = repo::IndexRun::open(file.path(), world().repository).has_value();
            });
            CHECK_FALSE(taken_it);
            CHECK(peak < kMiB);
        }
}

TEST_CASE("a slot that asks for more memory than is accepted is refused before it is taken") {
    for (const std::uint32_t kib :
         {~std::uint32_t{0}, std::uint32_t{1} << 30, crypto::PassphraseCost::kMostMemoryKib + 1}) {
        Writer slot;
        slot.raw(world().header(format::Kind::slot).encode());
        Bytes bytes = slot.take();
        std::fill(bytes.begin() + 12, bytes.end(), std::byte{0}); // a slot has no epoch
        util::append(bytes, Writer().raw(Bytes(16)).u32(1).u32(kib).u32(1).view());
        bytes.resize(format::Slot::kSize - 32);
        const auto opened =
            format::Slot::open(format::with_self_check(bytes), crypto::SecretBytes(8));
        REQUIRE_FALSE(opened);
        CHECK(opened.error().kind() == ErrorKind::unsupported);
    }
}
