// SPDX-License-Identifier: Apache-2.0
#include "format/names.hpp"
#include "repo/access.hpp"
#include "repo/known_places.hpp"
#include "repo/place_contents.hpp"
#include "store/location.hpp"
#include "store/probe.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include "saoluu/place.hpp"

#include <cerrno>
#include <memory>
#include <variant>

#include <sys/stat.h>
#include <unistd.h>

namespace saoluu {
namespace repo {
namespace {
using util::message;
using util::printable;
using util::tr;

/// A folder that is missing can be made where the nearest one above it can be written.
Result<void> demand_makeable(const std::string& path) {
    struct stat info {};
    std::string above = path;
    while (::lstat(above.c_str(), &info) != 0) {
        if (errno != ENOENT)
            return util::system_failure(above);
        above = util::parent_of(above);
    }
    if (::stat(above.c_str(), &info) != 0)
        return util::system_failure(above);
    if (!S_ISDIR(info.st_mode))
        return fail(ErrorKind::usage, message(tr("{}: not a folder"), printable(above)));
    if (above == path || ::access(above.c_str(), W_OK | X_OK) == 0)
        return {};
    return util::system_failure(above);
}

} // namespace

Result<PlaceContents> contents_of(store::Store& store) {
    constexpr std::size_t kNamed = 5; // enough for a person to see what it is
    PlaceContents found;
    TRY(store.list("", "", [&](const store::ObjectInfo& info) {
        if (!format::names::parse(info.name))
            found.foreign = info.name;
        else if (found.ours.size() < kNamed)
            found.ours.push_back(info.name);
        return !found.foreign;
    }));
    const std::string format(format::names::kFormat);
    found.has_format =
        store.stat(format) || store.stat(format + std::string(format::names::kSecond));
    return found;
}

namespace {

Result<PlaceLook> look(const std::string& location, const Reach& reach) {
    const store::Location parsed = TRY(store::parse_location(location));
    PlaceLook seen{
        .state = PlaceLook::State::free, .location = store::to_text(parsed), .thing = {}};
    const auto* const folder = std::get_if<store::FolderLocation>(&parsed);
    if (folder != nullptr)
        TRY(demand_mounted(folder->path));
    Result<std::unique_ptr<store::Store>> store =
        open_store(location, reach, store::MissingFolder::refuse);
    if (!store && store.error().kind() == ErrorKind::no_repository) {
        if (folder != nullptr)
            TRY(demand_makeable(folder->path));
        return seen;
    }
    if (!store)
        return Failure(std::move(store).error());
    const PlaceContents contents = TRY(contents_of(**store));
    if (contents.has_format)
        seen.state = PlaceLook::State::repository;
    else if (contents.foreign)
        seen = {.state = PlaceLook::State::occupied,
                .location = seen.location,
                .thing = *contents.foreign};
    else if (!contents.ours.empty())
        seen = {.state = PlaceLook::State::unfinished,
                .location = seen.location,
                .thing = contents.ours.front()};
    else
        TRY(store::probe(**store));
    return seen;
}

} // namespace
} // namespace repo

Result<PlaceLook> look_at_place(const std::string& location, const Reach& reach,
                                const LocalFolders& folders) {
    PlaceLook seen = TRY(repo::look(location, reach));
    const repo::KnownPlace known = repo::KnownPlace::at(location, folders);
    if (!known.is_known() || seen.state == PlaceLook::State::repository)
        return seen;
    const Error gone = known.explain(Error(ErrorKind::no_repository, ""));
    return fail(ErrorKind::refused, gone.message());
}

Result<void> check_holder(std::string_view name) {
    return repo::check_holder(name);
}

} // namespace saoluu
