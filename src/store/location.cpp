// SPDX-License-Identifier: Apache-2.0
#include "store/location.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>

#include <fmt/format.h>
#include <unistd.h>

namespace saoluu::store {
namespace {

using util::message;
using util::printable;
using util::tr;

constexpr std::string_view kFile = "file://";
constexpr std::string_view kSftp = "sftp://";
constexpr std::string_view kS3 = "s3://";

std::string without_last_slashes(std::string_view path) {
    while (path.size() > 1 && path.back() == '/')
        path.remove_suffix(1);
    return std::string(path);
}

Result<Location> folder(std::string_view path) {
    if (path.empty())
        return fail(ErrorKind::usage, tr("no repository was named: use --repo or SAOLUU_REPO"));
    if (path.front() == '/')
        return FolderLocation{without_last_slashes(path)};
    char here[PATH_MAX];
    if (::getcwd(here, sizeof here) == nullptr)
        return Failure(util::system_error(errno, tr("the working folder")));
    return FolderLocation{without_last_slashes(util::join(here, path))};
}

Failure malformed_sftp(std::string_view text) {
    return fail(ErrorKind::usage,
                message(tr("{}: an SFTP account is written sftp://user@host/path, or with a port "
                           "sftp://user@host:2222/path"),
                        printable(text)));
}

/// What ssh would take for an option, or can't be part of a name.
bool is_good_word(std::string_view word) {
    return !word.empty() && word.front() != '-' &&
           std::ranges::none_of(word, [](char c) { return c <= ' ' || c == '\x7f'; });
}

Result<Location> sftp(std::string_view text) {
    std::string_view rest = text.substr(kSftp.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos)
        return malformed_sftp(text);
    SftpLocation location{.user = {}, .host = {}, .path = without_last_slashes(rest.substr(slash))};
    rest = rest.substr(0, slash);
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        location.user = rest.substr(0, at);
        rest.remove_prefix(at + 1);
        // A password in a URL would stand in the list of processes and in every log.
        if (!is_good_word(location.user) || location.user.find(':') != std::string::npos)
            return malformed_sftp(text.substr(0, kSftp.size()));
    }
    // [::1]:22 has colons of its own.
    const std::size_t bracket = rest.rfind(']');
    const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        const std::string_view port = rest.substr(colon + 1);
        const auto [end, code] =
            std::from_chars(port.data(), port.data() + port.size(), location.port);
        if (code != std::errc() || end != port.data() + port.size() || location.port == 0)
            return malformed_sftp(text);
        rest = rest.substr(0, colon);
    }
    if (rest.size() > 2 && rest.front() == '[' && rest.back() == ']')
        rest = rest.substr(1, rest.size() - 2);
    location.host = rest;
    if (!is_good_word(location.host) || location.path.find('\0') != std::string::npos)
        return malformed_sftp(text);
    return location;
}

Result<Location> s3(std::string_view text) {
    std::string_view rest = text.substr(kS3.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    S3Location location{.bucket = std::string(rest.substr(0, slash)), .prefix = {}};
    rest.remove_prefix(slash);
    while (!rest.empty() && rest.front() == '/')
        rest.remove_prefix(1);
    while (!rest.empty() && rest.back() == '/')
        rest.remove_suffix(1);
    location.prefix = rest;
    const bool is_bucket = location.bucket.size() >= 3 && location.bucket.size() <= 63 &&
                           std::ranges::all_of(location.bucket, [](char c) {
                               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                      (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
                           });
    constexpr std::size_t kMostPrefix = 512; // leaves room for our names in a key of 1,024 bytes
    if (!is_bucket || location.prefix.size() > kMostPrefix || !util::is_text(location.prefix) ||
        location.prefix.find("//") != std::string::npos)
        return fail(ErrorKind::usage,
                    message(tr("{}: a bucket is written s3://bucket or s3://bucket/prefix"),
                            printable(text)));
    return location;
}

} // namespace

Result<Location> parse_location(std::string_view text) {
    if (text.starts_with(kFile))
        return folder(text.substr(kFile.size()));
    if (text.starts_with(kSftp))
        return sftp(text);
    if (text.starts_with(kS3))
        return s3(text);
    if (text.find("://") != std::string_view::npos)
        return fail(ErrorKind::unsupported,
                    message(tr("{}: a store is a folder such as /mnt/nas/saoluu, "
                               "sftp://user@host/path or s3://bucket/prefix"),
                            printable(text.substr(0, text.find("://") + 3))));
    return folder(text);
}

std::string to_text(const Location& location) {
    struct Write {
        std::string operator()(const FolderLocation& folder) const { return folder.path; }
        std::string operator()(const SftpLocation& sftp) const {
            const bool has_colons = sftp.host.find(':') != std::string::npos;
            return fmt::format("{}{}{}{}{}{}{}{}", kSftp, sftp.user, sftp.user.empty() ? "" : "@",
                               has_colons ? "[" : "", sftp.host, has_colons ? "]" : "",
                               sftp.port == 0 ? "" : fmt::format(":{}", sftp.port), sftp.path);
        }
        std::string operator()(const S3Location& s3) const {
            return fmt::format("{}{}{}{}", kS3, s3.bucket, s3.prefix.empty() ? "" : "/", s3.prefix);
        }
    };
    return std::visit(Write{}, location);
}

} // namespace saoluu::store
