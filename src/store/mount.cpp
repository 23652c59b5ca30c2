// SPDX-License-Identifier: Apache-2.0
#include "store/mount.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace saoluu::store {
namespace {

using util::Fd;

/// Thousands of mounts (containers) take less.
constexpr std::size_t kMostMountinfo = 32 << 20;

/// The kernel writes blank, tab, newline and backslash as \ and three octal digits.
std::string unescape(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '7' ? c - '0' : -1; };
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            const int a = digit(text[i + 1]), b = digit(text[i + 2]), c = digit(text[i + 3]);
            if (a >= 0 && a <= 3 && b >= 0 && c >= 0) {
                plain += static_cast<char>(static_cast<unsigned char>(a * 64 + b * 8 + c));
                i += 3;
                continue;
            }
        }
        plain += text[i];
    }
    return plain;
}

/// What stands before `separator`; takes both off `text`.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// "36 35 98:0 /root /point opts shared:1 - ext4 /dev/sda1 rw"
std::optional<Mount> parse_line(std::string_view line) {
    const std::optional<std::uint64_t> id = number(take_until(line, ' '));
    if (!id)
        return std::nullopt;
    Mount mount{.id = *id, .device = {}, .point = {}, .type = {}, .source = {}};
    (void)take_until(line, ' '); // the parent's id
    mount.device = take_until(line, ' ');
    (void)take_until(line, ' '); // what of the file system is mounted
    mount.point = unescape(take_until(line, ' '));
    (void)take_until(line, ' '); // options
    // Any number of optional fields end with a dash.
    for (;;) {
        if (line.empty())
            return std::nullopt;
        if (take_until(line, ' ') == "-")
            break;
    }
    mount.type = unescape(take_until(line, ' '));
    mount.source = unescape(take_until(line, ' '));
    if (mount.type.empty() || !mount.point.starts_with('/'))
        return std::nullopt;
    return mount;
}

/// "UUID=…" of the block device; empty where udev knows none.
std::string uuid_of(std::string_view device) {
    const std::string folder = "/dev/disk/by-uuid";
    const std::unique_ptr<DIR, int (*)(DIR*)> names(::opendir(folder.c_str()), ::closedir);
    while (const dirent* entry = names ? ::readdir(names.get()) : nullptr) {
        struct stat info {};
        if (::stat(util::join(folder, entry->d_name).c_str(), &info) == 0 &&
            S_ISBLK(info.st_mode) &&
            fmt::format("{}:{}", major(info.st_rdev), minor(info.st_rdev)) == device)
            return fmt::format("UUID={}", entry->d_name);
    }
    return {};
}

/// The kernel says of every open file on which mount it is.
Result<std::uint64_t> mount_id_of(int fd) {
    const std::string name = fmt::format("/proc/self/fdinfo/{}", fd);
    const util::Bytes bytes = TRY(util::read_file(name, 1 << 16));
    std::string_view text = util::as_text(bytes);
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        if (take_until(line, ':') != "mnt_id")
            continue;
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
        if (const std::optional<std::uint64_t> id = number(line))
            return *id;
    }
    return fail(ErrorKind::io, fmt::format("{}: mnt_id", name));
}

} // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
    std::vector<Mount> mounts;
    while (!text.empty())
        if (std::optional<Mount> mount = parse_line(take_until(text, '\n')))
            mounts.push_back(*std::move(mount));
    return mounts;
}

Result<Mount> mount_of(int fd) {
    const std::uint64_t id = TRY(mount_id_of(fd));
    const std::string table = "/proc/self/mountinfo";
    const util::Bytes text = TRY(util::read_file(table, kMostMountinfo));
    for (Mount& mount : parse_mountinfo(util::as_text(text))) {
        if (mount.id != id)
            continue;
        if (mount.source.starts_with("/dev/"))
            if (std::string uuid = uuid_of(mount.device); !uuid.empty())
                mount.source = std::move(uuid);
        return std::move(mount);
    }
    return Failure(util::system_error(ENOENT, table)); // unmounted meanwhile
}

Result<Mount> mount_of(const std::string& path) {
    for (std::string there = path;; there = util::parent_of(there)) {
        const Result<Fd> fd = util::open_path(there, O_PATH);
        if (fd)
            return mount_of(fd->get());
        if (fd.error().kind() != ErrorKind::not_found || there == "/" || there == ".")
            return Failure(fd.error());
    }
}

std::string describe(const Mount& mount) {
    return fmt::format("{} ({})", util::printable(mount.source), util::printable(mount.type));
}

bool is_missing_mount(std::string_view path, const Mount& mount) {
    // Not /srv: what a machine serves may well lie on its own disk.
    constexpr std::array<std::string_view, 3> kExpected = {"/mnt", "/media", "/run/media"};
    const auto is_in = [](std::string_view inner, std::string_view outer) {
        return inner == outer ||
               (inner.starts_with(outer) && inner.substr(outer.size()).starts_with('/'));
    };
    return std::ranges::any_of(kExpected, [&](std::string_view base) {
        return path != base && is_in(path, base) && !is_in(mount.point, base);
    });
}

} // namespace saoluu::store
