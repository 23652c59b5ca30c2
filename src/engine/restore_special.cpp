// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_special.hpp"

#include "util/text.hpp"

#include <cerrno>
#include <optional>
#include <utility>

#include <sys/sysmacros.h>
#include <unistd.h>

namespace saoluu::engine {

using format::Entry;
using format::FileType;
using util::Fd;
using util::message;
using util::tr;

namespace {

mode_t type_bits(FileType type) {
    switch (type) {
    case FileType::symlink:
        return S_IFLNK;
    case FileType::fifo:
        return S_IFIFO;
    case FileType::character:
        return S_IFCHR;
    case FileType::block:
        return S_IFBLK;
    default:
        return 0;
    }
}

dev_t device_of(const Entry& entry) {
    return ::makedev(static_cast<unsigned>(entry.device_major),
                     static_cast<unsigned>(entry.device_minor));
}

int make(int folder, const std::string& name, const Entry& entry) {
    if (entry.type == FileType::symlink)
        return ::symlinkat(entry.target.c_str(), folder, name.c_str());
    return ::mknodat(folder, name.c_str(), type_bits(entry.type) | 0600, device_of(entry));
}

bool is_same(const Existing& existing, const Entry& entry) {
    if ((existing.info.st_mode & S_IFMT) != type_bits(entry.type))
        return false;
    if (entry.type == FileType::character || entry.type == FileType::block)
        return existing.info.st_rdev == device_of(entry);
    if (entry.type != FileType::symlink)
        return true;
    std::string target(entry.target.size() + 1, '\0'); // a longer one is seen too
    const ssize_t size = ::readlinkat(existing.fd.get(), "", target.data(), target.size());
    return size >= 0 &&
           std::string_view(target).substr(0, static_cast<std::size_t>(size)) == entry.target;
}

/// One link, FIFO or device on its way.
struct Special {
    const RestoreContext& context;
    const std::string& path;
    const Entry& entry;

    /// What becomes of it where something has its name: settled, or how its own is given to it.
    std::optional<RestoredFile::Existing> next = RestoredFile::Existing::refuse;

    Result<void> judge(const Existing& existing) {
        const Overwrite overwrite = context.options.overwrite;
        next = std::nullopt;
        if (is_same(existing, entry)) {
            const Result<void> may =
                may_set_metadata(existing.fd.get(), existing.held, existing.info, entry);
            if (may)
                return keep(existing);
            if (overwrite != Overwrite::always)
                return may;
        }
        const Fate fate = TRY(fate_of(existing, entry, overwrite));
        if (fate == Fate::stays)
            return fail(ErrorKind::exists,
                        message(tr("{}: something else is there already; it was left as it is"),
                                util::printable(path)));
        if (fate == Fate::goes)
            next = RestoredFile::Existing::replace;
        else
            context.tally.done(entry.path, PathOutcome::kept, &RestoreSummary::others);
        return {};
    }

    Result<void> keep(const Existing& existing) {
        if (!context.options.dry_run &&
            !has_metadata(existing.fd.get(), existing.held, existing.info, entry))
            context.tally.metadata(entry.path,
                                   set_metadata(existing.fd.get(), existing.held, entry));
        came_back(PathOutcome::already_there, existing.info);
        return {};
    }

    void came_back(PathOutcome outcome, const struct stat& info) {
        if (entry.link_group)
            context.links.came_back(*entry.link_group, path, FileIdentity::of(info));
        context.tally.done(entry.path, outcome, &RestoreSummary::others);
    }

    Result<void> create(const RestoreTarget::Place& place, bool inherits) {
        const int folder = place.folder.get();
        const std::string temporary = context.target.temporary_name();
        if (make(folder, temporary, entry) != 0)
            return util::system_failure(path);
        struct Remove { // what did not get its name; after that nothing has this one
            int folder;
            const std::string& name;
            ~Remove() { ::unlinkat(folder, name.c_str(), 0); }
        } const remove{folder, temporary};
        const Fd fd =
            TRY(util::open_at(folder, temporary, O_PATH | O_NOFOLLOW, 0, util::printable(path)));
        struct stat info {};
        if (::fstat(fd.get(), &info) != 0)
            return util::system_failure(path);
        if ((info.st_mode & S_IFMT) != type_bits(entry.type) || info.st_nlink != 1)
            return fail(ErrorKind::denied, message(tr("{}: someone exchanged it while it was made"),
                                                   util::printable(path)));
        if (inherits && entry.type != FileType::symlink)
            drop_inherited_acls(fd.get(), Held::pinned, entry.type);
        const MetadataOutcome metadata = set_metadata(fd.get(), Held::pinned, entry);
        TRY(give_name(folder, temporary, place.name, *next, path));
        context.tally.metadata(entry.path, metadata);
        came_back(*next == RestoredFile::Existing::replace ? PathOutcome::overwritten
                                                           : PathOutcome::made,
                  info);
        return {};
    }

    Result<void> restore(bool is_in_new_folder) {
        if (is_in_new_folder && context.options.dry_run) {
            came_back(PathOutcome::made, {});
            return {};
        }
        const Result<RestoreTarget::Place> place = context.target.place(path);
        if (!place)
            return Failure(place.error());
        if (!is_in_new_folder) {
            const std::optional<Existing> existing =
                TRY(find_existing(place->folder.get(), place->name, path));
            if (existing)
                TRY(judge(*existing));
        }
        if (!next)
            return {};
        if (!context.options.dry_run)
            return create(*place, !is_in_new_folder);
        came_back(*next == RestoredFile::Existing::replace ? PathOutcome::overwritten
                                                           : PathOutcome::made,
                  {});
        return {};
    }
};

/// True if it is another name of one that came back before.
bool is_linked(const RestoreContext& context, const std::string& path, const Entry& entry) {
    if (!entry.link_group || context.links.enter(*entry.link_group) != LinkGroups::Standing::ready)
        return false;
    const std::optional<PathOutcome> outcome =
        context.options.dry_run
            ? PathOutcome::linked
            : context.links.link_to_first(context.target, path, entry, context.options.overwrite);
    if (!outcome)
        return false;
    context.tally.done(entry.path, *outcome, &RestoreSummary::linked);
    return true;
}

} // namespace

Result<void> restore_special(const RestoreContext& context, const std::string& path,
                             const Entry& entry, bool is_in_new_folder) {
    if (is_linked(context, path, entry))
        return {};
    Special special{.context = context, .path = path, .entry = entry};
    const Result<void> restored = special.restore(is_in_new_folder);
    if (restored)
        return {};
    if (entry.link_group)
        context.links.did_not(*entry.link_group);
    return context.tally.failed(entry.path, restored.error());
}

} // namespace saoluu::engine
