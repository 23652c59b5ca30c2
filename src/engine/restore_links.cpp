// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_links.hpp"

#include "engine/restore_existing.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace saoluu::engine {

using format::LinkGroup;

namespace {

std::optional<FileIdentity> identity_of(int folder, const std::string& name) {
    struct stat info {};
    if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return std::nullopt;
    return FileIdentity::of(info);
}

/// Links, and looks whether it is what it should be: someone may have exchanged the first
/// meanwhile.
bool link_as(const RestoreTarget::Place& from, int folder, const std::string& name,
             const FileIdentity& identity) {
    if (::linkat(from.folder.get(), from.name.c_str(), folder, name.c_str(), 0) != 0)
        return false;
    if (identity_of(folder, name) == identity)
        return true;
    ::unlinkat(folder, name.c_str(), 0);
    errno = EXDEV;
    return false;
}

} // namespace

LinkGroups::Standing LinkGroups::enter(const LinkGroup& group) {
    return groups_.with([&](auto& groups) {
        const auto [known, is_new] = groups.try_emplace(group);
        if (is_new)
            return Standing::first;
        return known->second.is_there ? Standing::ready : Standing::waiting;
    });
}

LinkGroups::Standing LinkGroups::standing(const LinkGroup& group) {
    return groups_.with([&](auto& groups) {
        const auto known = groups.find(group);
        if (known == groups.end())
            return Standing::first;
        return known->second.is_there ? Standing::ready : Standing::waiting;
    });
}

void LinkGroups::came_back(const LinkGroup& group, const std::string& path,
                           const FileIdentity& identity) {
    groups_.with([&](auto& groups) {
        groups[group] = First{.is_there = true, .path = path, .identity = identity};
    });
}

void LinkGroups::did_not(const LinkGroup& group) {
    groups_.with([&](auto& groups) { groups.erase(group); });
}

std::optional<PathOutcome> LinkGroups::link_to_first(const RestoreTarget& target,
                                                     const std::string& path,
                                                     const format::Entry& entry,
                                                     Overwrite overwrite) {
    const First first = groups_.with([&](auto& groups) { return groups[*entry.link_group]; });
    const auto can_not = [&]() -> std::optional<PathOutcome> {
        groups_.with([&](auto& groups) { groups[*entry.link_group] = First{}; });
        return std::nullopt;
    };
    const Result<RestoreTarget::Place> from = target.place(first.path);
    const Result<RestoreTarget::Place> to = target.place(path);
    if (!from || !to)
        return can_not();
    const int folder = to->folder.get();
    if (link_as(*from, folder, to->name, first.identity))
        return PathOutcome::linked;
    if (errno != EEXIST)
        return can_not();
    if (identity_of(folder, to->name) == first.identity)
        return PathOutcome::already_there;
    const Result<std::optional<Existing>> existing = find_existing(folder, to->name, path);
    if (!existing || !*existing)
        return can_not();
    const Result<Fate> fate = fate_of(**existing, entry, overwrite);
    if (!fate || *fate != Fate::goes)
        return can_not();
    const std::string temporary = target.temporary_name();
    if (!link_as(*from, folder, temporary, first.identity))
        return can_not();
    const Result<void> named =
        give_name(folder, temporary, to->name, RestoredFile::Existing::replace, path);
    ::unlinkat(folder, temporary.c_str(), 0); // what rename() leaves where both are one file
    return named ? std::optional(PathOutcome::overwritten) : can_not();
}

} // namespace saoluu::engine
