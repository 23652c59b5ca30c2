// SPDX-License-Identifier: Apache-2.0
#include "config/store_table.hpp"

#include "config/credentials_file.hpp"
#include "config/limit_windows.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>

namespace saoluu::config {
namespace {
using util::message;
using util::printable;
using util::tr;

/// The kinds of URL that a key says something about.
enum Kinds : unsigned { kFolder = 1, kSftp = 2, kS3 = 4, kRemote = kSftp | kS3, kAny = 7 };

const char* schemes_of(unsigned kinds) {
    if (kinds == kRemote)
        return "sftp://, s3://";
    return kinds == unsigned{kS3} ? "s3://" : "sftp://";
}

unsigned kind_of(std::string_view url) {
    if (url.starts_with("s3://"))
        return kS3;
    if (url.starts_with("sftp://"))
        return kSftp;
    return url.starts_with('/') || url.starts_with("file:///") ? unsigned{kFolder} : 0U;
}

/// user:password@ before the host
bool has_password(std::string_view url) {
    const std::size_t scheme = url.find("://");
    return scheme != std::string_view::npos &&
           may_have_password(url.substr(0, url.find('/', scheme + 3)));
}

/// What a field sets.
struct Building {
    StoreConfig store;
    std::string credentials;
    bool has_secret = false;
};

struct Field {
    std::string_view key;
    unsigned fits;
    Result<void> (*take)(const FileContext& file, const Value& value, Building& to);
};

template <auto Member>
Result<void> take_s3_text(const FileContext& file, const Value& value, Building& to) {
    to.store.reach.s3.*Member = TRY(text_of(file, value, "…"));
    return {};
}

template <auto Member>
Result<void> take_secret(const FileContext& file, const Value& value, Building& to) {
    std::string text = TRY(text_of(file, value, "…"));
    to.store.reach.s3.*Member = SecretText::copy_of(text);
    wipe(text);
    to.has_secret = true;
    return {};
}

template <auto Member>
Result<void> take_sftp_path(const FileContext& file, const Value& value, Building& to) {
    to.store.reach.sftp.*Member = TRY(path_of(file, value, "~/.ssh/…"));
    return {};
}

template <auto Member>
Result<void> take_limit(const FileContext& file, const Value& value, Building& to) {
    to.store.reach.*Member = TRY(rate_of(file, value));
    return {};
}

template <auto Member>
Result<void> take_s3_flag(const FileContext& file, const Value& value, Building& to) {
    to.store.reach.s3.*Member = TRY(flag_of(file, value));
    return {};
}

constexpr std::array<Field, 19> kFields = {{
    {"name", kAny,
     [](const FileContext& file, const Value& value, Building& to) -> Result<void> {
         to.store.name = TRY(name_of(file, value, "nas"));
         return {};
     }},
    {"url", kAny,
     [](const FileContext& file, const Value& value, Building& to) -> Result<void> {
         to.store.url = TRY(text_of(file, value, "/mnt/nas/saoluu"));
         if (has_password(to.store.url))
             return fail_at(file.path, value.line,
                            tr("url: there is a password in it, which would stand in the list of "
                               "processes and in every log: take it out; an SFTP account has a key "
                               "(ssh_key), an S3 bucket a file (credentials)"));
         if (kind_of(to.store.url) == 0)
             return fail_at(file.path, value.line,
                            message(tr("url = \"{}\": it is a whole path such as /mnt/nas/saoluu, "
                                       "or sftp://user@host/path, or s3://bucket/prefix"),
                                    printable(to.store.url)));
         return {};
     }},
    {"endpoint", kS3, &take_s3_text<&S3Reach::endpoint>},
    {"region", kS3, &take_s3_text<&S3Reach::region>},
    {"path_style", kS3, &take_s3_flag<&S3Reach::path_style>},
    {"allow_http", kS3, &take_s3_flag<&S3Reach::plain_http>},
    {"ca", kS3,
     [](const FileContext& file, const Value& value, Building& to) -> Result<void> {
         to.store.reach.s3.ca_file = TRY(path_of(file, value, "/etc/ssl/…"));
         return {};
     }},
    {"access_key_id", kS3, &take_s3_text<&S3Reach::access_key>},
    {"secret_access_key", kS3, &take_secret<&S3Reach::secret_key>},
    {"session_token", kS3, &take_secret<&S3Reach::session_token>},
    {"credentials", kS3,
     [](const FileContext& file, const Value& value, Building& to) -> Result<void> {
         to.credentials = TRY(path_of(file, value, "s3.key"));
         return {};
     }},
    {"ssh_key", kSftp, &take_sftp_path<&SftpReach::key_file>},
    {"known_hosts", kSftp, &take_sftp_path<&SftpReach::known_hosts>},
    {"host_key", kSftp,
     [](const FileContext& file, const Value& value, Building& to) -> Result<void> {
         to.store.reach.sftp.host_key = TRY(text_of(file, value, "ssh-ed25519 AAAA…"));
         return {};
     }},
    {"limit_upload", kAny, &take_limit<&Reach::upload_limit>},
    {"limit_download", kAny, &take_limit<&Reach::download_limit>},
    {"windows", kAny,
     [](const FileContext& file, const Value& value, Building& to) -> Result<void> {
         to.store.reach.windows = TRY(windows_of(file, value));
         return {};
     }},
    {"patience", kAny,
     [](const FileContext& file, const Value& value, Building& to) -> Result<void> {
         to.store.reach.patience = TRY(duration_of(file, value));
         return {};
     }},
    {"spool", kRemote,
     [](const FileContext& file, const Value& value, Building& to) -> Result<void> {
         to.store.reach.spool_folder = TRY(path_of(file, value, "/var/tmp/saoluu"));
         return {};
     }},
}};

const Field* field_of(std::string_view key) {
    const auto* const found = std::ranges::find(kFields, key, &Field::key);
    return found == kFields.end() ? nullptr : &*found;
}

std::vector<std::string_view> keys_for(unsigned kinds) {
    std::vector<std::string_view> keys;
    for (const Field& field : kFields)
        if ((field.fits & kinds) != 0)
            keys.push_back(field.key);
    return keys;
}

Result<void> check_together(const FileContext& file, const Building& built, int line) {
    const S3Reach& s3 = built.store.reach.s3;
    const bool has_key = !s3.access_key.empty() || !s3.secret_key.empty();
    if (!built.credentials.empty() && (has_key || !s3.session_token.empty()))
        return fail_at(file.path, line,
                       message(tr("store \"{}\": credentials names a file with the access key: "
                                  "leave out access_key_id, secret_access_key and session_token"),
                               built.store.name));
    if ((has_key || !s3.session_token.empty()) && (s3.access_key.empty() || s3.secret_key.empty()))
        return fail_at(file.path, line,
                       message(tr("store \"{}\": access_key_id and secret_access_key belong "
                                  "together: give both, or neither"),
                               built.store.name));
    return {};
}

} // namespace

Result<StoreTable> read_store(const FileContext& file, const Value& table) {
    Building built;
    built.store.line = table.line;
    for (const Value& value : table.items) {
        const Field* const field = value.key.empty() ? nullptr : field_of(value.key);
        if (field == nullptr)
            return unknown_key(file, value, "[[store]]", keys_for(kAny));
        TRY(field->take(file, value, built));
    }
    if (built.store.name.empty())
        return fail_at(file.path, table.line,
                       tr("this [[store]] has no name: add a line such as name = \"nas\""));
    if (built.store.url.empty())
        return fail_at(file.path, table.line,
                       message(tr("store \"{}\": it is not said where it is: add a line such as "
                                  "url = \"/mnt/nas/saoluu\""),
                               built.store.name));
    const unsigned kind = kind_of(built.store.url);
    for (const Value& value : table.items)
        if (const Field* const field = field_of(value.key); (field->fits & kind) == 0)
            return fail_at(file.path, value.line,
                           message(tr("{}: it is for stores of {} and means nothing for {}: take "
                                      "it out, or check the url"),
                                   value.key, schemes_of(field->fits), printable(built.store.url)));
    TRY(check_together(file, built, table.line));
    if (!built.credentials.empty())
        TRY(read_credentials(built.credentials, built.store.reach.s3)
                .within(message(tr("store \"{}\""), built.store.name)));
    return StoreTable{.store = std::move(built.store), .has_secret = built.has_secret};
}

} // namespace saoluu::config
