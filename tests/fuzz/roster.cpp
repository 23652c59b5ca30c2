// SPDX-License-Identifier: Apache-2.0
#include "format/roster.hpp"
#include "fuzz.hpp"

/// A roster: the one object that is signed, but not sealed.

using namespace saoluu;
using namespace saoluu::fuzz;

namespace {

Bytes known_actors(BytesView list) {
    util::Reader in(list);
    util::Writer out;
    const auto count = in.varint();
    demand(count.has_value(), "a list has a count");
    out.varint(*count);
    for (std::uint64_t i = 0; i < *count; ++i) {
        const auto actor = in.bytes(in.left());
        demand(actor.has_value(), "a list has as many actors as it says");
        out.bytes(only_known(*actor, {1, 3, 5, 7, 9, 11, 13, 15, 17, 19}));
    }
    return out.take();
}

Bytes known_of(BytesView rest) {
    return only_known(rest, {1, 2, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23},
                      [](std::uint64_t tag, BytesView value) {
                          return tag == 17 ? known_actors(value) : util::copy_of(value);
                      });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using format::Header;
    using format::RosterObject;
    const BytesView object = Input(data, size).rest();
    const auto decoded = RosterObject::decode(object);
    if (!decoded)
        return 0;
    const format::Roster& roster = decoded->roster;
    demand(roster.actors.size() <= format::limits::kActors, "actors are within their limit");
    for (const format::ActorEntry& actor : roster.actors)
        demand(roster.find(actor.id) == &actor, "every actor of a roster is found");
    for (const format::Revocation& one : roster.revoked)
        demand(roster.revocation(one.actor) != nullptr, "everyone revoked is found");
    static_cast<void>(RosterObject::is_signed_by(object, *decoded, world().signer.public_half()));
    const Bytes again =
        RosterObject::encode(roster, decoded->previous, decoded->signer, world().signer);
    demand_one_form(object.first(Header::kSize), BytesView(again).first(Header::kSize));
    demand_one_form(known_of(rest_of(object.subspan(Header::kSize))),
                    rest_of(BytesView(again).subspan(Header::kSize)));
    return 0;
}
