// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT // RepositoryCase needs it; its main() is libFuzzer's
#include "format/pack.hpp"
#include "fuzz.hpp"
#include "repo/pack_reader.hpp"
#include "repository_case.hpp"
#include "store/memory.hpp"

/// A whole pack in a store, as one who may write packs can make it: header, frames, directory,
/// trailer, header again. Each part is good by itself; what they say of one another is the input's.

using namespace saoluu;
using namespace saoluu::fuzz;
using format::PackHeader;
using format::PackTrailer;

namespace {

const std::string kName = "packs/00/pack";

/// A repository of this machine, opened by its backup key, over a store of the target's own.
repo::Access& access() {
    static const test::RepositoryCase repository;
    static repo::Access one = repository.access(test::key::kBackup);
    return one;
}

format::PackDirectory take_directory(Input& in, const format::Authorship& by) {
    format::PackDirectory directory;
    directory.signer = by.signer;
    directory.roster = by.roster;
    directory.session = world().session;
    directory.domain = static_cast<format::Domain>(in.number(1));
    for (unsigned left = in.choice(5); left > 0; --left) {
        format::FrameInfo frame{.kind = format::ChunkKind::data,
                                .codec = static_cast<data::Codec>(in.choice(2)),
                                .id = id_of<format::ChunkId>(static_cast<unsigned char>(left)),
                                .stored_size = 1 + static_cast<std::uint32_t>(in.number(1)),
                                .plain_size = 1 + static_cast<std::uint32_t>(in.number(2)),
                                .offset = 0};
        if (frame.codec == data::Codec::raw)
            frame.plain_size = frame.stored_size;
        directory.frames.push_back(frame);
    }
    return directory;
}

/// `right`, or anything else.
std::uint64_t take_number(Input& in, std::uint64_t right) {
    switch (in.choice(4)) {
    case 0:
        return right + in.choice(3) - 1;
    case 1:
        return in.number(8);
    default:
        return right;
    }
}

struct Made {
    Bytes pack;
    std::size_t frames = 0;
    bool is_right = false; ///< its parts say of one another what is so
};

Made make_pack(Input in) {
    const auto by = access().authorship();
    demand(by.has_value(), "a backup key may write");
    format::Header header{
        .kind = format::Kind::data_pack, .suite = by->suite, .epoch = by->epoch.epoch};
    const auto cipher = format::PackCipher::create_with(access().id(), by->epoch, header,
                                                        access().roster().content_public,
                                                        crypto::SealPair(key_of(11)));
    demand(cipher.has_value(), "a pack can be sealed");
    const PackHeader& pack = cipher->header();
    format::PackDirectory directory = take_directory(in, *by);
    std::uint64_t frames_size = 0;
    for (const format::FrameInfo& frame : directory.frames)
        frames_size += frame.frame_size();
    const std::uint64_t stored = std::min<std::uint64_t>(take_number(in, frames_size), 4096);
    Bytes out;
    util::append(out, pack.encode());
    out.resize(out.size() + static_cast<std::size_t>(stored));
    directory.frames_hash = crypto::hash(out);
    const Bytes sealed = format::seal_directory_with_salt(access().id(), by->epoch, pack, directory,
                                                          by->pair, world().salt);
    const PackTrailer right{.directory_offset = out.size(),
                            .directory_size = sealed.size(),
                            .frames = directory.frames.size()};
    const Bytes told = util::Writer()
                           .u64(take_number(in, right.directory_offset))
                           .u64(take_number(in, right.directory_size))
                           .u64(take_number(in, right.frames))
                           .take();
    const Bytes so = util::Writer()
                         .u64(right.directory_offset)
                         .u64(right.directory_size)
                         .u64(right.frames)
                         .take();
    util::append(out, sealed);
    util::append(out, in.take(in.choice(40))); // what fills a pack up to its size
    format::Header trailer_header = header;
    trailer_header.kind = format::Kind::trailer;
    const auto subject = pack.encode();
    util::append(out, format::seal_value_with_salt({.repository = access().id(),
                                                    .epoch = by->epoch,
                                                    .header = trailer_header,
                                                    .subject = subject},
                                                   told, world().salt));
    util::append(out, pack.encode());
    const unsigned lost = in.choice(100) == 99 ? in.choice(200) : 0;
    out.resize(out.size() - std::min<std::size_t>(lost, out.size()));
    return {.pack = std::move(out),
            .frames = directory.frames.size(),
            .is_right = told == so && stored == frames_size && lost == 0};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Made made = make_pack(Input(data, size));
    access().store = store::make_memory_store();
    demand(access().store->put(kName, made.pack).has_value(), "a pack can be put");
    const auto contents = repo::read_contents(access(), kName, made.pack.size());
    demand(contents.has_value() == made.is_right, "a pack whose parts disagree is refused");
    if (!contents)
        return 0;
    demand(contents->directory.frames.size() == made.frames, "a pack has its frames");
    const auto fit = repo::frames_fit(access(), kName, *contents);
    demand(fit && *fit, "the frames are those that the directory vouches for");
    return 0;
}
