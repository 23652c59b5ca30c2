// SPDX-License-Identifier: Apache-2.0
#include "format/ledger_entry.hpp"
#include "format/fields.hpp"
#include "fuzz.hpp"

/// An entry of a ledger, as the actor whose chain it is can make it, and what an act says.

using namespace saoluu;
using namespace saoluu::fuzz;
using format::Kind;

namespace {

void try_facts(BytesView body) {
    const auto facts = format::decode_facts(body);
    if (facts)
        demand_one_form(only_known(body, {1, 2, 3, 5}), format::encode_facts(*facts));
}

/// The number inside, so that the entry lies where it says it does.
std::uint64_t number_in(BytesView rest) {
    const auto fields = format::FieldReader::read(rest, {1, 3, 5, 7, 9, 11, 13, 15, 17});
    const auto n = fields ? fields->varint(1) : Failure(fields.error());
    return n ? *n : 0;
}

void try_entry(BytesView rest) {
    const std::uint64_t n = number_in(rest);
    const Bytes subject = util::Writer().raw(world().actor.view()).u64(n).take();
    const Bytes object =
        format::seal_object_with_salt(world().context(Kind::ledger_entry, subject), as_signed(rest),
                                      format::SelfCheck::no, world().salt);
    const auto opened =
        format::open_entry(world().repository, world().epoch, world().actor, n, object);
    if (!opened)
        return;
    demand(opened->entry.n == n && n <= format::limits::kNumber, "an entry has its name's number");
    const format::Authorship by{.repository = world().repository,
                                .epoch = world().epoch,
                                .suite = opened->header.suite,
                                .signer = opened->signer,
                                .roster = opened->roster,
                                .pair = world().signer};
    const Bytes again = format::seal_entry_with_salt(by, opened->entry, world().salt);
    const auto reopened =
        format::open_entry(world().repository, world().epoch, world().actor, n, again);
    demand(reopened.has_value(), "what was encoded is decoded");
    demand_one_form(only_known(rest, {1, 3, 5, 7, 9, 11, 13, 15, 17}), rest_of(reopened->body));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    if (in.choice(2) == 0)
        try_entry(in.rest());
    else
        try_facts(in.rest());
    return 0;
}
