// SPDX-License-Identifier: Apache-2.0
#include "repo/known_places.hpp"

#include "crypto/hash.hpp"
#include "format/fields.hpp"
#include "format/names.hpp"
#include "repo/access.hpp"
#include "repo/read_place.hpp"
#include "store/location.hpp"
#include "store/mount.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <cstdlib>
#include <utility>

namespace saoluu::repo {

using util::message;
using util::printable;
using util::tr;

namespace {

constexpr std::size_t kMostFile = 64 << 10;
/// A mount's source can be any bytes; what a text field can't hold is kept as it is printed.
std::string as_text_field(const std::string& text) {
    return format::may_be_text(text) ? text : printable(text);
}

std::string mount_text(const std::string& type, const std::string& source) {
    if (type.empty())
        return tr("unknown");
    return store::describe({.id = 0, .device = {}, .point = {}, .type = type, .source = source});
}

std::string short_id(const format::RepositoryId& id) {
    return id.hex().substr(0, 16);
}

/// The path without symbolic links, as far as it is there.
std::string resolved(const std::string& path) {
    for (std::string there = path, rest;;) {
        if (const std::unique_ptr<char, void (*)(void*)> real(::realpath(there.c_str(), nullptr),
                                                              std::free);
            real)
            return rest.empty() ? std::string(real.get()) : util::join(real.get(), rest);
        if (there == "/" || there == ".")
            return path;
        const std::string last = there.substr(there.rfind('/') + 1);
        rest = rest.empty() ? last : util::join(last, rest);
        there = util::parent_of(there);
    }
}

} // namespace

KnownPlace KnownPlace::at(const std::string& location, const LocalFolders& folders) {
    KnownPlace place;
    const Result<store::Location> parsed = store::parse_location(location);
    if (!parsed)
        return place;
    place.location_ = store::to_text(*parsed);
    if (const auto* folder = std::get_if<store::FolderLocation>(&*parsed))
        place.folder_ = folder->path;
    place.file_ = util::join(util::join(folders.state, "places"),
                             crypto::hash(util::as_bytes(place.location_)).hex());
    place.known_ = read(place.file_);
    return place;
}

/// fields 1 (repository), 3 (place), 4 (mount's type), 6 (its source), 8 (the location, for a
/// person who looks), then the hash of all that.
std::optional<KnownPlace::Known> KnownPlace::read(const std::string& file) {
    const Result<util::Bytes> bytes = util::read_file(file, kMostFile);
    const auto decode = [&]() -> Result<Known> {
        const util::BytesView body = TRY(format::without_self_check(*bytes));
        const auto in = TRY(format::FieldReader::read(body, {1, 3, 4, 6, 8}));
        return Known{.repository = TRY(in.id<format::RepositoryId>(1)),
                     .place = TRY(in.id<format::PlaceId>(3)),
                     .type = TRY(in.text_or_empty(4)),
                     .source = TRY(in.text_or_empty(6))};
    };
    if (!bytes)
        return std::nullopt;
    Result<Known> known = decode();
    return known ? std::optional(*std::move(known)) : std::nullopt;
}

KnownPlace::Known KnownPlace::now(const format::RepositoryId& repository,
                                  const format::PlaceId& place) const {
    Known now{.repository = repository, .place = place, .type = {}, .source = {}};
    if (folder_.empty())
        return now;
    if (const Result<store::Mount> mount = store::mount_of(folder_)) {
        now.type = as_text_field(mount->type);
        now.source = as_text_field(mount->source);
    }
    return now;
}

Error KnownPlace::explain(Error error) const {
    if (!known_ || error.kind() != ErrorKind::no_repository)
        return error;
    if (folder_.empty())
        return {ErrorKind::no_repository,
                message(tr("{}: repository {} was here and is gone: look whether the location is "
                           "right, and ask who runs the store; nothing was changed"),
                        location_, short_id(known_->repository))};
    const Known now = this->now(known_->repository, known_->place);
    if (now.type == known_->type && now.source == known_->source)
        return {ErrorKind::no_repository,
                message(tr("{}: repository {} was here and is gone, though the same disk or share "
                           "is mounted ({}): was it moved or deleted? Nothing was changed"),
                        printable(folder_), short_id(known_->repository),
                        mount_text(now.type, now.source))};
    return {ErrorKind::no_repository,
            message(tr("{}: repository {} is not there, because something else is mounted: it was "
                       "on {}, and now this path is on {}. Mount the disk or share and try again; "
                       "nothing was written"),
                    printable(folder_), short_id(known_->repository),
                    mount_text(known_->type, known_->source), mount_text(now.type, now.source))};
}

Result<void> KnownPlace::admit(const format::RepositoryId& repository, const format::PlaceId& place,
                               Events& events) const {
    if (!known_)
        return {};
    if (known_->repository != repository)
        return fail(ErrorKind::refused,
                    message(tr("{}: this computer knows repository {} here, and now there is "
                               "repository {}: is another disk or share mounted? If the new one "
                               "is meant, delete {} and try again"),
                            printable(location_), short_id(known_->repository),
                            short_id(repository), printable(file_)));
    const Known now = this->now(repository, place);
    const std::string before_text = mount_text(known_->type, known_->source);
    const std::string now_text = mount_text(now.type, now.source);
    if (known_->place != place)
        events.finding({Severity::warning, printable(location_),
                        message(tr("this is another copy of the repository than the one that was "
                                   "here before (then on {}, now on {}): what was backed up there "
                                   "may be missing here"),
                                before_text, now_text)});
    else if (now.type != known_->type || now.source != known_->source)
        events.finding({Severity::notice, printable(location_),
                        message(tr("the same repository, mounted in another way than before (then "
                                   "{}, now {})"),
                                before_text, now_text)});
    return {};
}

Result<void> KnownPlace::remember(const format::RepositoryId& repository,
                                  const format::PlaceId& place) const {
    if (file_.empty())
        return {};
    const Known now = this->now(repository, place);
    if (known_ == now)
        return {};
    format::FieldWriter out;
    out.add(1, repository.view()).add(3, place.view());
    out.add_text_unless_empty(4, now.type).add_text_unless_empty(6, now.source);
    out.add_text_unless_empty(8, as_text_field(location_));
    TRY(util::make_folders(util::parent_of(file_), 0700));
    return util::write_file_durably(file_, format::with_self_check(out.take()), 0600);
}

Result<void> KnownPlace::remember(store::Store& store) const {
    Events silent;
    const Result<format::FormatObject> format = read_format(store, silent);
    if (!format)
        return {};
    const Result<format::PlaceObject> place = read_place(store, *format, silent);
    return place ? remember(format->repository, place->place) : Result<void>();
}

Result<void> demand_mounted(const std::string& folder) {
    const std::string path = resolved(folder);
    const Result<store::Mount> mount = store::mount_of(path);
    if (!mount || !store::is_missing_mount(path, *mount))
        return {};
    return fail(ErrorKind::refused,
                message(tr("{}: no disk or share is mounted there, so the backups would "
                           "fill the disk of this computer's system: mount it first, or "
                           "name a folder outside of /mnt, /media and /run/media"),
                        printable(folder)));
}

Result<std::unique_ptr<store::Store>>
open_store_to_fill(const std::string& location, const Reach& reach, const LocalFolders& folders) {
    const KnownPlace known = KnownPlace::at(location, folders);
    const auto refuse = [&](Error error) -> Failure {
        if (error.kind() != ErrorKind::no_repository)
            return Failure(std::move(error));
        return fail(ErrorKind::refused, message(tr("{} (no new repository was made in its place)"),
                                                known.explain(std::move(error)).message()));
    };
    if (known.is_known()) {
        auto store = open_store(location, reach, store::MissingFolder::refuse);
        if (!store)
            return refuse(store.error());
        Events silent;
        const Result<format::FormatObject> format = read_format(**store, silent);
        // What is damaged is there; whoever fills the store looks closer.
        if (!format && format.error().kind() == ErrorKind::no_repository)
            return refuse(format.error());
        return store;
    }
    const store::Location parsed = TRY(store::parse_location(location));
    if (const auto* folder = std::get_if<store::FolderLocation>(&parsed))
        TRY(demand_mounted(folder->path));
    return open_store(location, reach, store::MissingFolder::create);
}

} // namespace saoluu::repo
