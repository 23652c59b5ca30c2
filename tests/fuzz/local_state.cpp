// SPDX-License-Identifier: Apache-2.0
#include "repo/local_state.hpp"
#include "repo/index_run.hpp"
#include "scratch_file.hpp"

/// What this machine keeps of a repository: what it saw of it, and runs of its index. Their hashes
/// are made good, so that what is behind them is reached.

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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    if (in.choice(2) == 0)
        try_witness(in.rest());
    else
        try_run(in.rest());
    return 0;
}
