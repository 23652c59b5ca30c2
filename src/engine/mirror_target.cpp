// SPDX-License-Identifier: Apache-2.0
#include "engine/mirror_run.hpp"

#include "format/text_objects.hpp"
#include "repo/read_place.hpp"
#include "store/probe.hpp"
#include "util/clock.hpp"
#include "util/text.hpp"

#include <optional>
#include <utility>

namespace saoluu::engine {

using util::message;
using util::tr;

namespace {

Failure of_another(const store::Store& to) {
    return fail(ErrorKind::refused,
                message(tr("{} is another repository, not a copy of this one: nothing was copied "
                           "there. Name its own copy, or an empty or new folder"),
                        to.describe()));
}

/// The place of a copy that was begun, whole or not; none where nothing of a repository lies.
Result<std::optional<format::PlaceObject>> begun_place(store::Store& to) {
    const Result<util::Bytes> bytes = to.get(format::names::kPlace, format::limits::kTextObject);
    if (bytes)
        return std::optional(
            TRY(format::PlaceObject::decode(*bytes).within(format::names::kPlace)));
    if (bytes.error().kind() != ErrorKind::not_found)
        return Failure(Error(bytes.error()).within(format::names::kPlace));
    return std::optional<format::PlaceObject>();
}

Result<void> demand_empty(store::Store& to) {
    std::optional<std::string> other;
    TRY(to.list("", "", [&](const store::ObjectInfo& info) {
        other = info.name;
        return false;
    }));
    if (other)
        return fail(ErrorKind::refused,
                    message(tr("{} holds other things already (such as {}): name an empty or new "
                               "folder, or a copy of the same repository"),
                            to.describe(), util::printable(*other)));
    return {};
}

/// `place` comes first: by it a copy that was cut short is known, and goes on.
Result<void> begin_copy(store::Store& to, const format::RepositoryId& repository,
                        const MirrorOptions& options) {
    TRY(demand_empty(to));
    if (options.dry_run)
        return {};
    const format::PlaceObject place = format::new_place(
        repository, TRY(store::probe(to)), options.retention, util::system_clock().now());
    to.use({.exclusive_create = place.exclusive_create(), .retention = place.retention()});
    if (TRY(to.put(format::names::kPlace, util::as_bytes(place.encode()))) == store::Put::exists)
        return fail(ErrorKind::refused,
                    message(tr("{}: exists already; is someone else making a repository here?"),
                            format::names::kPlace));
    return {};
}

} // namespace

Result<MirrorTarget> prepare_target(store::Store& to, const format::RepositoryId& repository,
                                    const MirrorOptions& options, Events& events) {
    Events silent; // a first run that was cut short at its very end has put one of the two
    Result<format::FormatObject> format = repo::read_format(to, silent);
    if (format) {
        if (format->repository != repository)
            return of_another(to);
        const format::PlaceObject place = TRY(repo::read_place(to, *format, events));
        to.use({.exclusive_create = place.exclusive_create(), .retention = place.retention()});
        return MirrorTarget{.is_new = false};
    }
    if (format.error().kind() != ErrorKind::no_repository)
        return Failure(format.error());
    const std::optional<format::PlaceObject> place = TRY(begun_place(to));
    if (place && place->repository != repository)
        return of_another(to);
    if (place)
        to.use({.exclusive_create = place->exclusive_create(), .retention = place->retention()});
    else
        TRY(begin_copy(to, repository, options));
    return MirrorTarget{.is_new = true};
}

} // namespace saoluu::engine
