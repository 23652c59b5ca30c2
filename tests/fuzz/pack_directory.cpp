// SPDX-License-Identifier: Apache-2.0
#include "format/pack.hpp"
#include "fuzz.hpp"

/// The directory of a pack, as one who may seal it can make it.

using namespace saoluu;
using namespace saoluu::fuzz;
using format::Kind;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    format::PackHeader pack;
    pack.header = world().header(in.choice(2) == 0 ? Kind::data_pack : Kind::catalog_pack);
    pack.fresh_public = world().holder.public_half();
    const auto subject = pack.encode();
    format::SealContext context = world().context(Kind::directory, subject);
    const Bytes sealed = format::seal_value_with_salt(context, as_signed(in.rest()), world().salt);
    const auto opened = format::open_directory(world().repository, world().epoch, pack, sealed);
    if (!opened)
        return 0;
    std::uint64_t at = format::PackHeader::kSize;
    for (const format::FrameInfo& frame : opened->directory.frames) {
        demand(frame.offset == at && frame.stored_size > 0 && frame.plain_size > 0 &&
                   frame.plain_size <= format::chunk_limit(frame.kind),
               "frames lie one behind the other and within their limits");
        at += frame.frame_size();
    }
    demand(at <= format::limits::kPack, "frames lie within a pack");
    const Bytes again = format::seal_directory_with_salt(
        world().repository, world().epoch, pack, opened->directory, world().signer, world().salt);
    const auto reopened = format::open_directory(world().repository, world().epoch, pack, again);
    demand(reopened.has_value(), "what was encoded is decoded");
    demand(
        format::verify_directory(world().repository, pack, *reopened, world().signer.public_half()),
        "what was signed verifies");
    demand_one_form(in.rest(), rest_of(reopened->body));
    return 0;
}
