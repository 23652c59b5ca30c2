// SPDX-License-Identifier: Apache-2.0
#include "format/index_segment.hpp"
#include "format/ledger_entry.hpp"
#include "format/pack.hpp"
#include "format/roster.hpp"
#include "format/session_objects.hpp"
#include "fuzz.hpp"

/// Objects as they lie in a store, before anyone's key says anything of them: header, self-check,
/// sealed value. What is behind the seal has targets of its own.

using namespace saoluu;
using namespace saoluu::fuzz;
using format::Header;
using format::Kind;

namespace {

void try_header(BytesView bytes) {
    const auto header = Header::decode(bytes);
    if (header)
        demand_one_form(bytes.first(Header::kSize), header->encode());
    const auto content = format::without_self_check(bytes);
    if (content)
        demand_one_form(bytes, format::with_self_check(util::copy_of(*content)));
    const auto view = format::SignedView::decode(bytes);
    if (view)
        demand(view->rest.size() + 128 == bytes.size(), "a signed body is all that is given");
}

void try_value(BytesView bytes) {
    const format::SealContext context = world().context(Kind::trailer, {});
    const auto plain = format::open_value(context, bytes);
    if (plain)
        demand_one_form(
            bytes, format::seal_value_with_salt(context, *plain, format::salt_of_value(bytes)));
}

void try_directory(BytesView bytes) {
    format::PackHeader pack;
    pack.header = world().header(Kind::data_pack);
    static_cast<void>(format::open_directory(world().repository, world().epoch, pack, bytes));
    static_cast<void>(format::open_trailer(world().repository, world().epoch, pack, bytes));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    const unsigned choice = in.choice(8);
    const BytesView bytes = in.rest();
    // Of another epoch an object never comes as far as these.
    const auto header = Header::decode(bytes);
    const bool is_ours = !header || header->epoch == world().epoch.epoch;
    const format::RepositoryId& repository = world().repository;
    if (choice == 0)
        try_header(bytes);
    else if (choice == 1)
        try_value(bytes);
    else if (choice == 2)
        try_directory(bytes);
    else if (choice == 3)
        static_cast<void>(format::open_bundle(repository, world().actor, world().holder, bytes));
    else if (!is_ours)
        static_cast<void>(format::epoch_of_names(bytes));
    else if (choice == 4)
        static_cast<void>(format::open_segment(repository, world().epoch, bytes));
    else if (choice == 5)
        static_cast<void>(
            format::open_session_object(repository, world().epoch, bytes, world().session.view()));
    else if (choice == 6)
        static_cast<void>(format::open_entry(repository, world().epoch, world().actor, 0, bytes));
    else
        static_cast<void>(format::open_names(repository, world().epoch, world().actor, bytes));
    return 0;
}
