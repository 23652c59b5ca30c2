// SPDX-License-Identifier: Apache-2.0
#include "engine/scan.hpp"

#include "format/entry.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
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
    const Visit& visit;
    const Report& report;

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
        if (::fstatat(folder->get(), name.c_str(), &found.info, AT_SYMLINK_NOFOLLOW) != 0)
            return problem(found.path);
        if (S_ISDIR(found.info.st_mode))
            return whole ? this->folder(std::move(found)) : visit(std::move(found));
        if (S_ISLNK(found.info.st_mode) && !read_link(folder->get(), name, found.target))
            return problem(found.path);
        return visit(std::move(found));
    }

    Result<void> problem(const std::string& path) const {
        report({.path = "/" + path, .code = errno});
        return {};
    }

    Result<void> folder(ScanItem found) {
        if (scanner.left_out_.contains({found.info.st_dev, found.info.st_ino}))
            return {};
        const std::string path = found.path;
        const int number = ::openat(found.folder->get(), found.name.c_str(),
                                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        const int code = errno;
        TRY(visit(std::move(found)));
        errno = code;
        if (number < 0)
            return problem(path);
        const auto self = std::make_shared<const util::Fd>(number);
        std::vector<std::string> names;
        if (!list_names(number, names))
            return problem(path);
        for (const std::string& name : names)
            TRY(item(self, name, path.empty() ? name : path + '/' + name, true));
        return {};
    }
};

Scanner::Scanner(std::vector<std::string> sources, const std::vector<std::string>& left_out)
    : sources_(std::move(sources)) {
    for (const std::string& path : left_out) {
        struct stat info {};
        if (::stat(path.c_str(), &info) == 0)
            left_out_.emplace(info.st_dev, info.st_ino);
    }
}

Result<void> Scanner::run(const Visit& visit, const Report& report) const {
    Walk walk{*this, visit, report};
    const auto root =
        std::make_shared<const util::Fd>(TRY(util::open_path("/", O_RDONLY | O_DIRECTORY)));
    const bool root_is_source = !sources_.empty() && sources_.front() == "/";
    TRY(walk.item(root, ".", "", root_is_source));
    std::set<std::string> parents;
    for (const std::string& source : sources_) {
        if (source == "/")
            continue;
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
                TRY(walk.item(folder, name, path, true));
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

Result<std::vector<std::string>> resolve_sources(const std::vector<std::string>& given) {
    if (given.empty())
        return fail(ErrorKind::usage, tr("nothing to back up was named: give files or folders"));
    std::vector<std::string> paths;
    for (const std::string& one : given) {
        const std::unique_ptr<char, decltype(&std::free)> real(::realpath(one.c_str(), nullptr),
                                                               &std::free);
        if (!real) {
            Error error = util::system_error(errno, util::printable(one));
            return Failure(
                Error(ErrorKind::usage,
                      message(tr("{}: check the name of what is to be backed up"), error.message()),
                      error.system_code()));
        }
        paths.emplace_back(real.get());
    }
    std::ranges::sort(paths, [](const std::string& a, const std::string& b) {
        return path_before(a.substr(1), b.substr(1));
    });
    std::vector<std::string> kept;
    for (std::string& path : paths)
        if (kept.empty() || !is_within(path, kept.back()))
            kept.push_back(std::move(path));
    return kept;
}

} // namespace saoluu::engine
