// SPDX-License-Identifier: Apache-2.0
#include "store/folder_tree.hpp"

#include "store/listed_part.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include <dirent.h>
#include <sys/stat.h>

namespace saoluu::store {
namespace {

using util::Fd;

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
            return util::system_failure(what);
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

/// One walk through a part of a tree.
class Walk {
public:
    Walk(std::string_view root, const ListedPart& part,
         const std::function<bool(const ObjectInfo&)>& each)
        : root_(root), part_(part), each_(each) {}

    /// folder: "" or ending with a slash. False: `each` has had enough.
    Result<bool> walk(Fd fd, const std::string& folder) {
        const std::string what = util::join(root_, folder);
        const Stream stream(::fdopendir(fd.get()));
        if (!stream)
            return util::system_failure(what);
        (void)fd.release(); // the stream closes it
        std::vector<Entry> entries =
            TRY(read_folder(stream.get(), what, [&](const std::string& key) {
                return key.back() == '/' ? part_.has_some_of(folder + key)
                                         : part_.has_file(folder + key);
            }));
        std::sort(entries.begin(), entries.end(),
                  [](const Entry& a, const Entry& b) { return a.key < b.key; });
        for (const Entry& entry : entries) {
            const bool goes_on =
                TRY(entry.is_folder() ? below(stream.get(), folder, entry)
                                      : Result<bool>(each_({folder + entry.key, entry.size})));
            if (!goes_on)
                return false;
        }
        return true;
    }

private:
    Result<bool> below(DIR* parent, const std::string& folder, const Entry& entry) {
        const std::string path = folder + entry.key;
        Result<Fd> fd =
            util::open_at(::dirfd(parent), entry.key.substr(0, entry.key.size() - 1),
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, util::join(root_, path));
        if (!fd && fd.error().kind() == ErrorKind::not_found)
            return true; // removed meanwhile
        if (!fd)
            return Failure(std::move(fd).error());
        return walk(*std::move(fd), path);
    }

    std::string_view root_;
    const ListedPart& part_;
    const std::function<bool(const ObjectInfo&)>& each_;
};

} // namespace

Result<void> FolderTree::list(std::string_view prefix, std::string_view after,
                              const std::function<bool(const ObjectInfo&)>& each) const {
    const ListedPart part(prefix, after);
    const std::optional<std::string> start = part.start();
    if (!start)
        return {};
    Result<Fd> folder = open_folder(
        std::string_view(*start).substr(0, start->empty() ? 0 : start->size() - 1), O_RDONLY);
    if (!folder && folder.error().kind() == ErrorKind::not_found)
        return check_root();
    if (!folder)
        return Failure(std::move(folder).error());
    TRY(check_root()); // a folder that was removed reads as an empty one
    TRY(Walk(path_, part, each).walk(*std::move(folder), *start));
    return {};
}

Result<void> FolderTree::each_file(
    std::string_view folder,
    const std::function<void(const std::string& name, std::int64_t changed)>& each) const {
    Fd fd = TRY(open_folder(folder, O_RDONLY));
    const Stream stream(::fdopendir(fd.get()));
    if (!stream)
        return util::system_failure(path_of(folder));
    (void)fd.release();
    const auto any = [](const std::string&) { return true; };
    const std::vector<Entry> entries = TRY(read_folder(stream.get(), path_of(folder), any));
    for (const Entry& entry : entries)
        if (!entry.is_folder())
            each(entry.key, entry.changed);
    return {};
}

} // namespace saoluu::store
