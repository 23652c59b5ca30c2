// SPDX-License-Identifier: Apache-2.0
#include "engine/scan.hpp"

#include "engine/unmounted.hpp"
#include "format/entry.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace saoluu::engine {

using util::message;
using util::tr;

namespace {

bool path_before(const std::string& a, const std::string& b) {
    return format::compare_paths(a, b) < 0;
}

/// Whether `path` is `folder` or below it, both absolute.
bool is_within(std::string_view path, std::string_view folder) {
    if (folder == "/")
        return true;
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
};

/// The names in a folder, sorted; false and errno if it can't be listed.
bool list_names(int folder, std::vector<std::string>& names) {
    const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0)
        return false;
    const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(copy));
    if (!dir) {
        ::close(copy);
        return false;
    }
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(dir.get());
        if (entry == nullptr)
            break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..")
            names.emplace_back(name);
    }
    if (errno != 0)
        return false;
    std::ranges::sort(names); // std::string compares bytes as unsigned
    return true;
}

bool read_link(int folder, const std::string& name, std::string& target) {
    target.resize(256);
    for (;;) {
        const ssize_t size = ::readlinkat(folder, name.c_str(), target.data(), target.size());
        if (size < 0)
            return false;
        if (static_cast<std::size_t>(size) < target.size()) {
            target.resize(static_cast<std::size_t>(size));
            return true;
        }
        target.resize(target.size() * 2);
    }
}

} // namespace

struct Scanner::Walk {
    const Scanner& scanner;
    ScanVisitor& visitor;
    const std::string* source = nullptr; ///< the one that is being walked
    dev_t source_device = 0;

    /// One name and, if it is a folder, all that is in it.
    Result<void> item(const std::shared_ptr<const util::Fd>& folder, const std::string& name,
                      std::string path, bool whole) {
        if (!format::check_path(path)) { // nothing in it could be stored either
            errno = ENAMETOOLONG;
            return problem(path);
        }
        ScanItem found;
        found.path = std::move(path);
        found.folder = folder;
        found.name = name;
        found.source = source;
        if (::fstatat(folder->get(), name.c_str(), &found.info, AT_SYMLINK_NOFOLLOW) != 0)
            return problem(found.path);
        if (const std::string_view below = path_in_source(found.path); !below.empty())
            if (const auto reason = scanner.selection_.leaves_out(below, found.info)) {
                visitor.left_out(found.path, *reason);
                return {};
            }
        if (S_ISDIR(found.info.st_mode))
            return whole ? this->folder(std::move(found)) : visitor.found(std::move(found));
        if (S_ISLNK(found.info.st_mode) && !read_link(folder->get(), name, found.target))
            return problem(found.path);
        return visitor.found(std::move(found));
    }

    /// The path below the source that is being walked; empty for itself and for what lies above.
    [[nodiscard]] std::string_view path_in_source(std::string_view path) const {
        if (source == nullptr)
            return {};
        if (*source == "/")
            return path;
        return path.size() > source->size() ? path.substr(source->size()) : std::string_view();
    }

    Result<void> problem(const std::string& path) const {
        visitor.problem({.path = "/" + path, .code = errno});
        return {};
    }

    Result<void> folder(ScanItem found) {
        if (scanner.own_.contains({found.info.st_dev, found.info.st_ino}))
            return {};
        const std::string path = found.path;
        const bool is_entered =
            scanner.selection_.enters(found.info, source_device); // else a mount point, kept empty
        const int number = ::openat(found.folder->get(), found.name.c_str(),
                                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        const int code = errno;
        TRY(visitor.found(std::move(found)));
        errno = code;
        if (number < 0)
            return problem(path);
        const auto self = std::make_shared<const util::Fd>(number);
        if (!is_entered) {
            visitor.left_out(path, Selection::Reason::other_file_system);
            return {};
        }
        std::vector<std::string> names;
        if (!list_names(number, names))
            return problem(path);
        if (std::ranges::binary_search(names, Selection::kCacheTag) &&
            scanner.selection_.is_cache(number)) {
            visitor.left_out(path, Selection::Reason::cache);
            names = {Selection::kCacheTag};
        }
        for (const std::string& name : names)
            TRY(item(self, name, path.empty() ? name : path + '/' + name, true));
        return {};
    }

    /// A source and all in it.
    Result<void> whole(const std::string& which, const std::shared_ptr<const util::Fd>& folder,
                       const std::string& name, const std::string& path) {
        struct stat info {};
        if (::fstatat(folder->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            return problem(path);
        source = &which;
        source_device = info.st_dev;
        TRY(item(folder, name, path, true));
        source = nullptr;
        return {};
    }
};

Scanner::Scanner(std::vector<std::string> sources, const std::vector<std::string>& own,
                 Selection selection)
    : sources_(std::move(sources)), selection_(std::move(selection)) {
    for (const std::string& path : own) {
        struct stat info {};
        if (::stat(path.c_str(), &info) == 0)
            own_.emplace(info.st_dev, info.st_ino);
    }
}

Result<void> Scanner::run(ScanVisitor& visitor) const {
    Walk walk{*this, visitor};
    const auto root =
        std::make_shared<const util::Fd>(TRY(util::open_path("/", O_RDONLY | O_DIRECTORY)));
    if (!sources_.empty() && sources_.front() == "/")
        return walk.whole(sources_.front(), root, ".", "");
    TRY(walk.item(root, ".", "", false));
    std::set<std::string> parents;
    for (const std::string& source : sources_) {
        // Every folder above the source is in the catalog too, so that a restore can make it as it
        // was.
        std::shared_ptr<const util::Fd> folder = root;
        std::string path;
        for (std::size_t at = 1;;) {
            const std::size_t slash = source.find('/', at);
            const std::string name =
                source.substr(at, slash == std::string::npos ? slash : slash - at);
            path += path.empty() ? name : '/' + name;
            if (slash == std::string::npos) {
                TRY(walk.whole(source, folder, name, path));
                break;
            }
            if (parents.insert(path).second)
                TRY(walk.item(folder, name, path, false));
            folder = std::make_shared<const util::Fd>(TRY(
                util::open_at(folder->get(), name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, source)));
            at = slash + 1;
        }
    }
    return {};
}

namespace {

/// Sorted, each once, none inside another.
std::vector<std::string> sorted(std::vector<std::string> paths) {
    std::ranges::sort(paths, [](const std::string& a, const std::string& b) {
        return path_before(a.substr(1), b.substr(1));
    });
    std::vector<std::string> kept;
    for (std::string& path : paths)
        if (kept.empty() || !is_within(path, kept.back()))
            kept.push_back(std::move(path));
    return kept;
}

/// Absolute, and real as far as it is there.
std::string as_far_as_there(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code failed;
    const fs::path whole = fs::absolute(path, failed);
    const std::string real = fs::weakly_canonical(whole, failed).string();
    const std::string found = failed ? whole.lexically_normal().string() : real;
    return found.substr(0, std::max<std::size_t>(1, found.find_last_not_of('/') + 1));
}

} // namespace

Result<std::vector<std::string>> resolve_sources(const std::vector<std::string>& given,
                                                 Events& events) {
    if (given.empty())
        return fail(ErrorKind::usage, tr("nothing to back up was named: give files or folders"));
    std::vector<std::string> paths;
    for (const std::string& one : given) {
        const std::unique_ptr<char, decltype(&std::free)> real(::realpath(one.c_str(), nullptr),
                                                               &std::free);
        if (!real) {
            Error error = util::system_error(errno, util::printable(one));
            const std::string cause = one.starts_with('/') ? unmounted_below(one) : "";
            return Failure(Error(
                ErrorKind::usage,
                message(tr("{}: check the name of what is to be backed up"), error.message()) +
                    (cause.empty() ? "" : ". " + cause),
                error.system_code()));
        }
        paths.emplace_back(real.get());
        const std::string typed = one.substr(0, one.find_last_not_of('/') + 1);
        if (paths.back() != typed && paths.back() != "/")
            events.finding(
                {Severity::notice, one, message(tr("this is {}"), util::printable(paths.back()))});
    }
    return sorted(std::move(paths));
}

std::vector<std::string> take_missing(std::vector<std::string>& given) {
    std::vector<std::string> there, missing;
    struct stat info {};
    for (const std::string& one : given) {
        if (::stat(one.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR))
            missing.push_back(as_far_as_there(one));
        else
            there.push_back(one);
    }
    if (there.empty())
        return {};
    given = std::move(there);
    return missing;
}

std::vector<std::string> with_missing(std::vector<std::string> sources,
                                      const std::vector<std::string>& missing) {
    sources.insert(sources.end(), missing.begin(), missing.end());
    return sorted(std::move(sources));
}

} // namespace saoluu::engine
