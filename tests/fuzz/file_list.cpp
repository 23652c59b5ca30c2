// SPDX-License-Identifier: Apache-2.0
#include "engine/file_list.hpp"
#include "scratch_file.hpp"

#include <array>

/// The list of files of a machine's last run. Its checks are made good, so that what is behind them
/// is reached: an input is a row of records, each with a length of two bytes before it, and the
/// last one is the totals.

using namespace saoluu;
using namespace saoluu::fuzz;

namespace {

const crypto::Hash kContext = id_of<crypto::Hash>(1);

void add_check(Bytes& file, std::uint64_t at, BytesView record) {
    util::append(file, engine::file_list_check(kContext, at, record));
}

/// `lie`: added to the length of the last record
Bytes make_list(Input in, std::uint32_t lie) {
    Bytes file = util::copy_of(util::as_bytes(engine::kFileListMagic));
    util::append(file, kContext.view());
    std::uint64_t last = file.size();
    do {
        const BytesView record = in.take(static_cast<std::size_t>(in.number(2)));
        last = file.size();
        const bool is_last = in.rest().empty();
        const auto length = static_cast<std::uint32_t>(record.size() + (is_last ? lie : 0));
        util::append(file, util::Writer().u32(length).view());
        util::append(file, record);
        add_check(file, last, record);
    } while (!in.rest().empty());
    const Bytes place = util::Writer().u64(last).take();
    util::append(file, place);
    add_check(file, last, place);
    return file;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static ScratchFile file("list");
    Input in(data, size);
    const unsigned choice = in.choice(4);
    if (choice == 0) { // as it is
        file.hold(in.rest());
    } else {
        const std::uint32_t lie = choice == 1 ? static_cast<std::uint32_t>(in.number(4)) : 0;
        file.hold(make_list(in, lie));
    }
    std::optional<engine::FileList> list = engine::FileList::open(file.path(), kContext);
    if (!list)
        return 0;
    std::size_t files = 0;
    while (const engine::KnownFile* known = list->next()) {
        demand(known->path.size() <= format::limits::kPath, "a path is within its limit");
        ++files;
    }
    demand(files <= size, "a list has no more files than bytes");
    demand(list->current() == nullptr && list->find("") == nullptr, "a list ends once");
    return 0;
}
