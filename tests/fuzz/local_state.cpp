// SPDX-License-Identifier: Apache-2.0
#include "repo/local_state.hpp"
#include "repo/hashed_packs.hpp"
#include "repo/index_run.hpp"
#include "scratch_file.hpp"

/// What this machine keeps of a repository: what it saw of it, runs of its index, and when it
/// hashed which pack. Their hashes are made good, so that what is behind them is reached.

using namespace saoluu;
using namespace saoluu::fuzz;

namespace {

/// The newest that was seen, as a store must not be set back behind it.
void try_witness(BytesView body) {
    static const std::string repository = world().repository.hex();
    static ScratchFile file("unused");
    static const repo::LocalState state({.state = file.folder(), .cache = file.folder()},
                                        world().repository, world().place);
    static const std::string folder = [] {
        std::string made = util::join(file.folder(), repository);
        demand(util::make_folders(made, 0700).has_value(), "a scratch folder can be made");
        return made;
    }();
    const Bytes bytes = format::with_self_check(util::copy_of(body));
    for (const std::string& name : {std::string("seen"), "seen-" + world().place.hex()}) {
        const std::string path = util::join(folder, name);
        const auto fd = util::open_path(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        demand(fd && util::write_all(fd->get(), bytes, path), "a scratch file can be written");
    }
    const repo::Witness seen = state.witness();
    demand(seen.heads.size() <= body.size() / 65, "each head takes its bytes");
    for (const auto& [actor, head] : seen.heads)
        demand(actor == head.actor, "a head is of its chain");
}

void try_run(BytesView bytes) {
    static ScratchFile file("run");
    Bytes whole = util::copy_of(bytes);
    util::append(whole, crypto::hash(whole).view());
    file.hold(whole);
    const auto run = repo::IndexRun::open(file.path(), world().repository);
    if (!run)
        return;
    for (const repo::IndexRow& row : run->rows()) {
        demand(row.pack < run->packs().size(), "a row's pack is one of the run's");
        const auto found = run->find(row.id);
        for (const repo::IndexRow& one : found)
            demand(one.id == row.id, "what is found is what was asked for");
    }
    demand(run->find(id_of<format::ChunkId>(0xee)).size() <= run->rows().size(),
           "not more is found than there is");
}

void try_hashed(BytesView body) {
    const Bytes bytes = format::with_self_check(util::copy_of(body));
    const Result<repo::HashedPacks> hashed = repo::decode_hashed_packs(bytes);
    if (!hashed)
        return;
    demand(hashed->packs.size() <= body.size() / 34, "each pack takes its bytes");
    const auto again = repo::decode_hashed_packs(repo::encode_hashed_packs(*hashed));
    demand(again && *again == *hashed, "what is written is read again");
    repo::HashedPacks later = *hashed;
    later.note(1'800'000'000, {}, {}, {});
    demand(later.packs.empty() && later.looked == 1'800'000'000, "what is gone is forgotten");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    switch (in.choice(3)) {
    case 0:
        try_witness(in.rest());
        break;
    case 1:
        try_run(in.rest());
        break;
    default:
        try_hashed(in.rest());
    }
    return 0;
}
