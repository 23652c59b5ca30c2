// SPDX-License-Identifier: Apache-2.0
#include "format/pack.hpp"
#include "fuzz.hpp"

/// The parts of a pack but its directory: header, trailer, frames.

using namespace saoluu;
using namespace saoluu::fuzz;
using format::Kind;
using format::PackCipher;
using format::PackHeader;

namespace {

PackCipher some_cipher() {
    static const crypto::SealPair fresh{key_of(11)};
    auto cipher =
        PackCipher::create_with(world().repository, world().epoch, world().header(Kind::data_pack),
                                world().holder.public_half(), fresh);
    demand(cipher.has_value(), "a pack can be sealed");
    return std::move(*cipher);
}

void try_header(BytesView bytes) {
    const auto header = PackHeader::decode(bytes);
    if (!header)
        return;
    demand_one_form(bytes.first(PackHeader::kSize), header->encode());
    if (header->header.epoch != world().epoch.epoch)
        return;
    const auto cipher =
        PackCipher::open(world().repository, world().epoch, world().holder, *header);
    demand(cipher.has_value() == util::equal(header->encode(), some_cipher().header().encode()),
           "a changed header opens nothing");
}

void try_trailer(BytesView plain) {
    static const PackHeader pack = some_cipher().header();
    static const auto subject = pack.encode();
    const Bytes sealed =
        format::seal_value_with_salt(world().context(Kind::trailer, subject), plain, world().salt);
    const auto trailer = format::open_trailer(world().repository, world().epoch, pack, sealed);
    if (!trailer)
        return;
    demand(trailer->directory_offset <= format::limits::kPack &&
               trailer->directory_size <= format::limits::kDirectory,
           "a trailer leads to a place that is possible");
    demand_one_form(sealed, format::seal_trailer_with_salt(world().repository, world().epoch, pack,
                                                           *trailer, world().salt));
}

/// A frame that was sealed, and then asked for with facts that may be others.
void try_frame(Input in) {
    static PackCipher cipher = some_cipher();
    format::FrameInfo told;
    told.kind = static_cast<format::ChunkKind>(in.number(1));
    told.codec = static_cast<data::Codec>(in.choice(2));
    told.id = id_of<format::ChunkId>(static_cast<unsigned char>(in.number(1)));
    told.plain_size = static_cast<std::uint32_t>(in.number(4));
    const std::uint64_t number = in.number(3);
    const bool lies = in.choice(2) == 1;
    told.stored_size = static_cast<std::uint32_t>(in.rest().size());
    const format::FrameInfo made{.kind = format::ChunkKind::data,
                                 .codec = data::Codec::zstd,
                                 .id = id_of<format::ChunkId>(1),
                                 .stored_size = told.stored_size,
                                 .plain_size = 100};
    Bytes frame(made.frame_size());
    cipher.seal_frame(made, 3, in.rest(), frame);
    if (lies && told.stored_size > 0)
        --told.stored_size;
    Bytes out(told.stored_size);
    const bool opened = cipher.open_frame(told, number, frame, out);
    demand(opened == (told == made && number == 3), "a frame opens only as what it was sealed as");
    if (opened)
        demand(util::equal(out, in.rest()), "a frame comes back as it was");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    switch (in.choice(3)) {
    case 0:
        try_header(in.rest());
        break;
    case 1:
        try_trailer(in.rest());
        break;
    default:
        try_frame(in);
    }
    return 0;
}
