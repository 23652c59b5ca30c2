// SPDX-License-Identifier: Apache-2.0
#include "repo/read_place.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <string>
#include <utility>
#include <vector>

namespace saoluu::repo {

using util::message;
using util::tr;

Result<format::FormatObject> read_format(store::Store& store, Events& events) {
    const std::string first(format::names::kFormat);
    std::vector<std::pair<std::string, Error>> faults;
    for (const std::string& name : {first, first + std::string(format::names::kSecond)}) {
        const Result<util::Bytes> bytes = store.get(name, format::limits::kTextObject);
        Result<format::FormatObject> object =
            bytes ? format::FormatObject::decode(*bytes) : Failure(bytes.error());
        if (object) {
            for (const auto& [copy, error] : faults)
                events.finding({Severity::damage, copy, error.message()});
            return object;
        }
        // Of a newer version: refused before anything else is looked at.
        if (object.error().kind() == ErrorKind::unsupported)
            return Failure(std::move(object.error()).within(name));
        faults.emplace_back(name, std::move(object.error()));
    }
    for (auto& [copy, error] : faults)
        if (error.kind() != ErrorKind::not_found)
            return Failure(std::move(error).within(copy));
    return fail(
        ErrorKind::no_repository,
        message(
            tr("{} is not a saoluu repository: check the path, or make one with \"saoluu init\""),
            store.describe()));
}

Result<format::PlaceObject> read_place(store::Store& store, const format::FormatObject& format,
                                       Events& events) {
    const std::string name(format::names::kPlace);
    const Result<util::Bytes> bytes = store.get(name, format::limits::kTextObject);
    if (bytes) {
        Result<format::PlaceObject> place = format::PlaceObject::decode(*bytes);
        if (place && place->repository == format.repository)
            return place;
        events.finding(
            {Severity::damage, name,
             place ? tr("this object is of another repository") : place.error().message()});
    } else if (bytes.error().kind() == ErrorKind::not_found ||
               bytes.error().kind() == ErrorKind::corrupt) {
        events.finding({Severity::damage, name, bytes.error().message()});
    } else {
        return Failure(Error(bytes.error()).within(name));
    }
    return format::PlaceObject{
        .repository = format.repository,
        .place = format::PlaceId::from(format.repository.view().first(format::PlaceId::size)),
        .facts = {}};
}

} // namespace saoluu::repo
