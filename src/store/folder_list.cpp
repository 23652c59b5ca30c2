// SPDX-License-Identifier: Apache-2.0
#include "store/folder_tree.hpp"

#include "store/folder_trash.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include <dirent.h>
#include <sys/stat.h>

namespace saoluu::store {
namespace {

using util::Fd;

// tmp/ is never listed; lost+found belongs to the file system, where a repository is a whole disk.
constexpr std::array<std::string_view, 2> kHidden = {"tmp/", "lost+found/"};
// The format has 3 levels. What lies deeper is foreign, and is reported by what lies above it.
constexpr int kMostDepth = 16;

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};
using Stream = std::unique_ptr<DIR, CloseFolder>;

struct Entry {
    std::string key; ///< its name; of a folder with a slash behind: so keys sort as full names do
    std::uint64_t size = 0;
    std::int64_t changed = 0;
    [[nodiscard]] bool is_folder() const { return key.back() == '/'; }
};

/// The files and folders in one folder, unsorted; other things are passed over.
/// is_wanted: by key, asked before anything is found out about a file
Result<std::vector<Entry>> read_folder(DIR* folder, std::string_view what,
                                       const std::function<bool(const std::string&)>& is_wanted) {
    std::vector<Entry> entries;
    for (;;) {
        errno = 0;
        const dirent* const found = ::readdir(folder);
        if (found == nullptr && errno != 0)
            return Failure(util::system_error(errno, util::printable(what)));
        if (found == nullptr)
            return entries;
        Entry entry{.key = found->d_name};
        if (entry.key == "." || entry.key == "..")
            continue;
        unsigned type = found->d_type;
        if (type == DT_REG && !is_wanted(entry.key))
            continue;
        if (type == DT_REG || type == DT_UNKNOWN) {
            struct stat info {};
            if (::fstatat(::dirfd(folder), found->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
                if (errno == ENOENT)
                    continue; // removed meanwhile
                return Failure(
                    util::system_error(errno, util::printable(util::join(what, entry.key))));
            }
            type = S_ISREG(info.st_mode) ? DT_REG : S_ISDIR(info.st_mode) ? DT_DIR : DT_UNKNOWN;
            entry.size = static_cast<std::uint64_t>(info.st_size);
            entry.changed = info.st_mtim.tv_sec;
        }
        if (type == DT_DIR)
            entry.key += '/';
        if ((type == DT_REG || type == DT_DIR) && is_wanted(entry.key))
            entries.push_back(std::move(entry));
    }
}

/// One walk: `prefix`, `after` and `each` of Store::list.
class Walk {
public:
    Walk(std::string_view root, std::string_view prefix, std::string_view after,
         const std::function<bool(const ObjectInfo&)>& each)
        : root_(root), prefix_(prefix), after_(after), each_(each) {}

    /// folder: "" or ending with a slash. False: `each` has had enough.
    Result<bool> walk(Fd fd, const std::string& folder, int depth) {
        const std::string what = util::join(root_, folder);
        const Stream stream(::fdopendir(fd.get()));
        if (!stream)
            return Failure(util::system_error(errno, util::printable(what)));
        (void)fd.release(); // the stream closes it
        std::vector<Entry> entries = TRY(read_folder(
            stream.get(), what, [&](const std::string& key) { return is_wanted(folder + key); }));
        std::sort(entries.begin(), entries.end(),
                  [](const Entry& a, const Entry& b) { return a.key < b.key; });
        for (const Entry& entry : entries) {
            const bool goes_on =
                TRY(entry.is_folder() ? below(stream.get(), folder, entry, depth)
                                      : Result<bool>(each_({folder + entry.key, entry.size})));
            if (!goes_on)
                return false;
        }
        return true;
    }

private:
    Result<bool> below(DIR* parent, const std::string& folder, const Entry& entry, int depth) {
        const std::string path = folder + entry.key;
        if (depth == kMostDepth)
            return true;
        Result<Fd> fd =
            util::open_at(::dirfd(parent), entry.key.substr(0, entry.key.size() - 1),
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, util::join(root_, path));
        if (!fd && fd.error().kind() == ErrorKind::not_found)
            return true; // removed meanwhile
        if (!fd)
            return Failure(std::move(fd).error());
        return walk(*std::move(fd), path, depth + 1);
    }

    /// Whether the file of this path, or something in the folder of it, belongs to the listing.
    [[nodiscard]] bool is_wanted(std::string_view path) const {
        const std::size_t above =
            path.size() < 2 ? std::string_view::npos : path.rfind('/', path.size() - 2);
        if (is_trash(path.substr(above == std::string_view::npos ? 0 : above + 1)))
            return false;
        if (path.back() != '/')
            return path.starts_with(prefix_) && path > after_;
        if (std::find(kHidden.begin(), kHidden.end(), path) != kHidden.end())
            return false;
        return (path.starts_with(prefix_) || prefix_.starts_with(path)) &&
               (path > after_ || after_.starts_with(path));
    }

    std::string_view root_;
    std::string_view prefix_;
    std::string_view after_;
    const std::function<bool(const ObjectInfo&)>& each_;
};

} // namespace

Result<void> FolderTree::list(std::string_view prefix, std::string_view after,
                              const std::function<bool(const ObjectInfo&)>& each) const {
    // The walk begins in the folder that the prefix names: "packs/ab/" of "packs/ab/12".
    const std::size_t slash = prefix.rfind('/');
    const std::string start(slash == std::string_view::npos ? "" : prefix.substr(0, slash + 1));
    if (!start.empty() && !check_name(start.substr(0, slash)))
        return {}; // no object can have such a name
    for (const std::string_view hidden : kHidden)
        if (start.starts_with(hidden))
            return {};
    Result<Fd> folder =
        open_folder(std::string_view(start).substr(0, start.empty() ? 0 : slash), O_RDONLY);
    if (!folder && folder.error().kind() == ErrorKind::not_found)
        return check_root();
    if (!folder)
        return Failure(std::move(folder).error());
    TRY(check_root()); // a folder that was removed reads as an empty one
    const auto depth = static_cast<int>(std::count(start.begin(), start.end(), '/'));
    TRY(Walk(path_, prefix, after, each).walk(*std::move(folder), start, depth));
    return {};
}

Result<void> FolderTree::each_file(
    std::string_view folder,
    const std::function<void(const std::string& name, std::int64_t changed)>& each) const {
    Fd fd = TRY(open_folder(folder, O_RDONLY));
    const Stream stream(::fdopendir(fd.get()));
    if (!stream)
        return Failure(util::system_error(errno, util::printable(path_of(folder))));
    (void)fd.release();
    const auto any = [](const std::string&) { return true; };
    const std::vector<Entry> entries = TRY(read_folder(stream.get(), path_of(folder), any));
    for (const Entry& entry : entries)
        if (!entry.is_folder())
            each(entry.key, entry.changed);
    return {};
}

} // namespace saoluu::store
