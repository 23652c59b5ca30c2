// SPDX-License-Identifier: Apache-2.0
#include "util/file.hpp"
#include "util/layout.hpp"
#include "util/text.hpp"

#include "saoluu/report.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace saoluu {
namespace {

using util::message;
using util::printable;
using util::tr;

bool is_there(const std::string& path) {
    struct stat facts {};
    return ::lstat(path.c_str(), &facts) == 0;
}

bool is_folder(const std::string& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

ReportFiles files_of(const std::string& text) {
    const std::string stem = text.ends_with(".txt") ? text.substr(0, text.size() - 4) : text;
    return {.text = text, .json = stem + ".json"};
}

bool is_free(const ReportFiles& files) {
    return !is_there(files.text) && !is_there(files.json);
}

/// Named by the day; what is checked again on the same day has a number too.
Result<ReportFiles> files_in(const std::string& folder, UnixTime now) {
    constexpr int kMost = 1000;
    const std::string stem = util::join(folder, "saoluu-check-" + util::local_date(now));
    for (int n = 1; n <= kMost; ++n) {
        const ReportFiles files = files_of(stem + (n == 1 ? "" : "-" + std::to_string(n)) + ".txt");
        if (is_free(files))
            return files;
    }
    return fail(ErrorKind::exists,
                message(tr("{}: it holds a thousand reports of this day"), printable(folder)));
}

} // namespace

Result<ReportFiles> report_files(const std::string& path, UnixTime now) {
    const std::string folder = is_folder(path) ? path : util::parent_of(path);
    if (!is_folder(folder))
        return fail(ErrorKind::not_found, message(tr("{}: there is no folder {} for the report"),
                                                  printable(path), printable(folder)));
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        return util::system_failure(folder);
    if (is_folder(path))
        return files_in(path, now);
    ReportFiles files = files_of(path);
    if (!is_free(files))
        return fail(ErrorKind::exists,
                    message(tr("{} or {} is there already, and a report overwrites nothing: name "
                               "another file, or a folder, where it is named by the day"),
                            printable(files.text), printable(files.json)));
    return files;
}

Result<void> write_report(const ReportFiles& files, const CheckPage& page) {
    TRY(util::create_file_durably(files.text, util::as_bytes(text_of(page)), 0600));
    return util::create_file_durably(files.json, util::as_bytes(json_of(page)), 0600);
}

} // namespace saoluu
