// SPDX-License-Identifier: Apache-2.0
#include "config/config_file.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include "saoluu/secret_text.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>

namespace saoluu::config {
namespace {
using util::message;
using util::printable;
using util::tr;

constexpr std::size_t kMostText = std::size_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The first line that is no text.
std::size_t bad_line_of(std::string_view text) {
    std::size_t line = 1;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (!util::is_text(text.substr(0, end)))
            return line;
        text.remove_prefix(std::min(end + 1, text.size()));
        ++line;
    }
    return line;
}

} // namespace

FileText::~FileText() {
    wipe(text);
}

Result<FileText> read_text_file(const std::string& path) {
    const std::string name = printable(path);
    // A pipe that nobody writes into would be waited for without end.
    const util::Fd fd = TRY(util::open_path(path, O_RDONLY | O_NONBLOCK));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        return Failure(util::system_error(errno, name));
    if (!S_ISREG(info.st_mode))
        return fail(ErrorKind::usage, message(tr("{}: this is no file"), name));
    if ((info.st_mode & S_IWOTH) != 0)
        return fail(ErrorKind::refused,
                    message(tr("{}: every user of this computer can change this file, and so lead "
                               "backups elsewhere: run chmod o-w {}"),
                            name, name));
    FileText file;
    file.mode = info.st_mode;
    file.text.resize(kMostText + 1);
    const std::size_t size =
        TRY(util::read_some(fd.get(), std::as_writable_bytes(std::span(file.text)), name));
    if (size > kMostText)
        return fail(ErrorKind::usage,
                    message(tr("{}: larger than 1 MiB, which no file of settings is: is it the "
                               "right file?"),
                            name));
    file.text.resize(size);
    if (file.text.starts_with(kByteOrderMark))
        file.text.erase(0, kByteOrderMark.size());
    if (!util::is_text(file.text))
        return fail(ErrorKind::usage,
                    message(tr("{}:{}: this is no text in UTF-8: save it as UTF-8, or name the "
                               "right file"),
                            name, bad_line_of(file.text)));
    return file;
}

Result<void> demand_private(const std::string& path, mode_t mode) {
    if ((mode & S_IRWXO) == 0)
        return {};
    return fail(ErrorKind::refused,
                message(tr("{}: there is a secret in this file, and every user of this computer "
                           "can read it: run chmod 600 {}"),
                        printable(path), printable(path)));
}

} // namespace saoluu::config
