// SPDX-License-Identifier: Apache-2.0
#include "engine/unmounted.hpp"

#include "store/mount.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <utility>

#include <mntent.h>

namespace saoluu::engine {

namespace {

using util::message;
using util::printable;
using util::tr;

struct EndMounts {
    void operator()(std::FILE* file) const { ::endmntent(file); }
};

/// By their names: what is not mounted can't be asked.
bool is_at_or_below(const std::string& path, const std::string& folder) {
    return folder == "/" || path == folder || path.starts_with(folder + "/");
}

} // namespace

std::vector<PlannedMount> read_fstab(const std::string& path) {
    std::vector<PlannedMount> planned;
    const std::unique_ptr<std::FILE, EndMounts> file(::setmntent(path.c_str(), "re"));
    if (!file)
        return planned;
    std::array<char, 8192> buffer{};
    mntent entry{};
    while (::getmntent_r(file.get(), &entry, buffer.data(), static_cast<int>(buffer.size())) !=
           nullptr) {
        std::string point = entry.mnt_dir;
        while (point.size() > 1 && point.ends_with('/'))
            point.pop_back();
        if (point.size() > 1 && point.front() == '/')
            planned.push_back({.source = entry.mnt_fsname, .point = std::move(point)});
    }
    return planned;
}

std::string explain_unmounted(const std::string& path, const std::vector<PlannedMount>& planned,
                              const std::vector<std::string>& mounted) {
    for (const PlannedMount& mount : planned)
        if ((is_at_or_below(path, mount.point) || is_at_or_below(mount.point, path)) &&
            std::ranges::find(mounted, mount.point) == mounted.end())
            return message(tr("By /etc/fstab {} belongs at {}, and it is not mounted."),
                           printable(mount.source), printable(mount.point));
    return "";
}

std::string unmounted_below(const std::string& path) {
    constexpr std::size_t kMostMountinfo = 16 << 20;
    const Result<util::Bytes> text = util::read_file("/proc/self/mountinfo", kMostMountinfo);
    if (!text)
        return "";
    std::vector<std::string> mounted;
    for (const store::Mount& mount : store::parse_mountinfo(util::as_text(*text)))
        mounted.push_back(mount.point);
    std::string known = explain_unmounted(path, read_fstab("/etc/fstab"), mounted);
    if (!known.empty())
        return known;
    const Result<store::Mount> mount = store::mount_of(path);
    if (mount && store::is_missing_mount(path, *mount))
        return message(tr("A disk or share is expected at {}, and none is mounted there."),
                       printable(path));
    return "";
}

} // namespace saoluu::engine
