// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of the corpora, each as our own encoders make it:
//   ninja -C build/dev saoluu_fuzz_seeds && build/dev/tests/saoluu_fuzz_seeds tests/fuzz/corpus
#include "crypto/passphrase.hpp"
#include "data/compress.hpp"
#include "engine/file_list.hpp"
#include "format/names.hpp"
#include "format/slot.hpp"
#include "format/text_objects.hpp"
#include "scratch_file.hpp"
#include "seeds.hpp"

#include <filesystem>
#include <fstream>

namespace saoluu::fuzz {
namespace {

std::filesystem::path corpus;

void seed_texts_and_keys() {
    const auto before_check = [](const std::string& text) {
        return std::string(must(format::text_without_check(util::as_bytes(text))));
    };
    const std::string format =
        format::FormatObject::make(id_of<format::Hash>(1), world().signer.public_half(),
                                   world().holder.public_half())
            .encode();
    const std::string place =
        format::PlaceObject{.repository = world().repository,
                            .place = world().place,
                            .facts = {{"created", "2026-11-23"}, {"exclusive-create", "yes"}}}
            .encode();
    put("text_objects", "format", format, choose(1));
    put("text_objects", "format-text", before_check(format), choose(0));
    put("text_objects", "place", place, choose(3));
    put("text_objects", "place-text", before_check(place), choose(2));
    put("text_objects", "readme", format::encode_readme("Đọc tôi\n"), choose(5));
    const format::KeyFile key{.repository = world().repository,
                              .slot = id_of<format::SlotId>(1),
                              .sign_seed = key_of(1),
                              .seal_secret = key_of(2)};
    const auto key_text = key.encode();
    put("keys", "key-file", key_text.view(), choose(1));
    put("keys", "key-file-text", before_check(std::string(util::as_text(key_text.view()))),
        choose(2));
    const Bytes slot = must(format::Slot::seal(
        id_of<format::SlotId>(1), format::Suite::xchacha20, crypto::PassphraseSalt{},
        {.memory_kib = crypto::PassphraseCost::kLeastMemoryKib, .passes = 1},
        crypto::SecretBytes::copy_of(util::as_bytes("mot hai ba")),
        {.repository = world().repository, .sign_seed = key_of(1), .seal_secret = key_of(2)}));
    put("keys", "slot", BytesView(slot).first(slot.size() - 32), choose(0));

    namespace names = format::names;
    const std::string all[] = {
        names::roster(12, world().roster) + ".2",
        names::slot(id_of<format::SlotId>(1)),
        names::pack(id_of<format::PackId>(0xab)),
        names::pack(id_of<format::PackId>(0xab), 10),
        names::index(id_of<format::SegmentId>(1)),
        names::session(world().session, names::Part::void_),
        names::ledger(world().actor, 9'999'999'999, id_of<format::EntryHash>(1)),
        names::mark(id_of<format::MarkId>(1)),
        "format.2"};
    std::size_t number = 0;
    for (const std::string& name : all)
        put("names", "name-" + std::to_string(number++), name);

    put("text", "shown", "a\n\x1b[0m\xff\xe2\x80\xae\\b", choose(0));
    put("text", "normal", "Vie\xcc\xa3\xcc\x82t a\xcc\x82\xcc\x81 \xe1\xba\xbf", choose(1));
    put("text", "path", "//home//an/./b/", choose(2));
    put("text", "words", "sao-luu-ngan-khoa-sach-truong-xuan", choose(3));
    put("text", "mixed", "Mật khẩu 2026 của tôi!", choose(3));
    put("patterns", "rules",
        "a/b/c.txt\n*.txt\n!c.txt\n/a/**/c*\n**/b/\na/**\n[a-c]?[!x-z]\n[[:alpha:]]\\*\n#no\n",
        choose(0));
    put("patterns", "folder", "a b/x\na\\ b/\n**\n!*\n[]-]\n[^[:digit:]a]\\[\n", choose(1));
}

void seed_contents() {
    data::Compressor compressor(19);
    Bytes plain;
    for (std::uint32_t i = 0; i < 40; ++i)
        util::append(plain, util::as_bytes("saoluu giữ bản sao số " + std::to_string(i * i)));
    const auto compressed = compressor.compress(plain);
    demand(compressed.codec == data::Codec::zstd, "text can be compressed");
    put("compressed", "text", compressed.bytes,
        util::as_text(util::Writer().u8(1).u8(0).u8(0).u8(0).view()));
    const Bytes zeros(8 << 20);
    put("compressed", "zeros", compressor.compress(zeros).bytes,
        util::as_text(util::Writer().u8(1).u8(0x80).u8(0).u8(0).view()));
    put("compressed", "raw", "abc", util::as_text(util::Writer().u8(0).u8(0).u8(0).u8(3).view()));

    ScratchFile file("list");
    const crypto::Hash context = id_of<crypto::Hash>(1);
    engine::FileListWriter writer(file.path(), context);
    for (const char* path : {"a", "a/b", "a b"}) {
        struct stat info {};
        info.st_ino = 7;
        info.st_size = 5000;
        info.st_mtim = {.tv_sec = -5, .tv_nsec = 5};
        engine::KnownFile known = engine::KnownFile::of(path, info, true);
        known.segments = {format::Hole{.length = 1000},
                          format::WholeChunk{.id = id_of<format::ChunkId>(1), .length = 4000}};
        writer.add(known);
    }
    demand(writer.publish({.files = 3, .bytes = 15'000, .in_source = {{"/a", 2}, {"/b", 1}}})
               .has_value(),
           "a seed can be made");
    const Bytes list = must(util::read_file(file.path(), 1 << 20));
    put("file_list", "whole", list, choose(0));
    // The same records, as the target takes them apart.
    util::Writer records;
    const BytesView all = BytesView(list).first(list.size() - 16);
    for (std::size_t at = 48; at < all.size();) {
        const auto length = util::load_le<std::uint32_t>(all.data() + at);
        records.u8(static_cast<std::uint8_t>(length >> 8)).u8(static_cast<std::uint8_t>(length));
        records.raw(all.subspan(at + 4, length));
        at += 4 + length + 8;
    }
    put("file_list", "records", records.view(), choose(2));
    put("file_list", "lying", records.view(), std::string_view("\1\x3f\xff\xff\xff", 5));
}

} // namespace

void put(const std::string& target, const std::string& name, BytesView bytes,
         std::string_view choice) {
    std::filesystem::create_directories(corpus / target);
    std::ofstream file(corpus / target / name, std::ios::binary);
    file << choice << util::as_text(bytes);
    demand(file.good(), "a seed can be written");
}

} // namespace saoluu::fuzz

int main(int argc, char** argv) {
    using namespace saoluu::fuzz;
    if (argc != 2) {
        std::fprintf(stderr, "usage: saoluu_fuzz_seeds <corpus folder>\n");
        return 2;
    }
    corpus = argv[1];
    seed_catalog();
    seed_packs();
    seed_index();
    seed_sessions();
    seed_roster();
    seed_refused();
    seed_texts_and_keys();
    seed_contents();
    return 0;
}
