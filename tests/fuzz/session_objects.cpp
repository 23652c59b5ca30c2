// SPDX-License-Identifier: Apache-2.0
#include "format/session_objects.hpp"
#include "format/fields.hpp"
#include "fuzz.hpp"

/// Openings, snapshot records, fences, forgettings, voids and marks, as one who may seal them can
/// make them.

using namespace saoluu;
using namespace saoluu::fuzz;
using format::Kind;

namespace {

constexpr Kind kKinds[] = {Kind::record,    Kind::open,  Kind::fence,
                           Kind::forgotten, Kind::void_, Kind::mark};

Bytes known_of(Kind kind, BytesView rest) {
    switch (kind) {
    case Kind::record:
        return only_known(rest, {1, 2, 3, 4, 5, 7, 9, 11, 13, 15, 17, 19, 21});
    case Kind::fence:
        return only_known(rest, {1, 3, 5, 7});
    case Kind::forgotten:
        return only_known(rest, {1, 3, 4, 5});
    case Kind::mark:
        return only_known(rest, {1, 3, 4, 5, 7});
    default:
        return only_known(rest, {1, 3, 5});
    }
}

/// The session that the fields name, so that they lie where they say they do.
Bytes subject_of(Kind kind, BytesView rest) {
    if (kind == Kind::mark)
        return {};
    const auto fields =
        format::FieldReader::read(rest, {1, 2, 3, 4, 5, 7, 9, 11, 13, 15, 17, 19, 21});
    if (kind != Kind::open && fields && fields->raw(1).size() == format::SessionId::size)
        return util::copy_of(fields->raw(1));
    return util::copy_of(world().session.view());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    const Kind kind = kKinds[in.choice(std::size(kKinds))];
    const Bytes subject = subject_of(kind, in.rest());
    const Bytes object = format::seal_object_with_salt(
        world().context(kind, subject), as_signed(in.rest()),
        kind == Kind::mark ? format::SelfCheck::no : format::SelfCheck::yes, world().salt);
    const auto opened =
        format::open_session_object(world().repository, world().epoch, object, subject);
    if (!opened)
        return 0;
    demand(opened->kind == kind, "an object is of the kind that its header says");
    const format::Authorship by{.repository = world().repository,
                                .epoch = world().epoch,
                                .suite = opened->header.suite,
                                .signer = opened->signer,
                                .roster = opened->roster,
                                .pair = world().signer};
    const Bytes again =
        format::seal_session_object_with_salt(by, opened->value, subject, world().salt);
    const auto reopened =
        format::open_session_object(world().repository, world().epoch, again, subject);
    demand(reopened.has_value(), "what was encoded is decoded");
    demand_one_form(known_of(kind, in.rest()), rest_of(reopened->body));
    return 0;
}
