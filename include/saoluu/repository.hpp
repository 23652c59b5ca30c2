// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/events.hpp"
#include "saoluu/passphrase.hpp"
#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

namespace saoluu {

/// Seconds since 1970-01-01 UTC.
using UnixTime = std::int64_t;

enum class Role { backup, restore, admin, recovery };
/// The words of --json and of key issue.
const char* name_of(Role role);
enum class CipherSuite { xchacha20, aes256gcm };

/// What opens a repository.
struct Credential {
    struct KeyFile {
        std::string path;
    };
    std::variant<KeyFile, Passphrase> secret;
    std::string slot; ///< hex of a slot id or its beginning, to try only that one; empty: all
};

/// Where this machine keeps what it knows of repositories. All of it can be deleted.
struct LocalFolders {
    std::string state;
    std::string cache;
    /// From SAOLUU_STATE_DIR and SAOLUU_CACHE_DIR, else /var/lib and /var/cache for whom they
    /// belong to (root, where they are not there yet), else the XDG folders.
    static LocalFolders from_environment();
};

struct OpenOptions {
    std::string location; ///< /path, file:///path, sftp://user@host/path or s3://bucket/prefix
    Credential credential;
    LocalFolders folders = LocalFolders::from_environment();
    Reach reach = {};
};

/// An open repository, as one actor sees it. Not for two threads at once.
class Repository {
public:
    /// Warnings (an expired key, a bad second copy) go to `events`.
    /// errors: no_repository, wrong_key, unsupported, corrupt, no_memory, io, denied
    static Result<Repository> open(OpenOptions options, Events& events);

    Repository(Repository&&) noexcept;
    Repository& operator=(Repository&&) noexcept;
    ~Repository();

    [[nodiscard]] std::string id() const;       ///< hex
    [[nodiscard]] std::string location() const; ///< without credentials
    [[nodiscard]] Role role() const;            ///< of the key that opened it

    /// For the rooms of saoluu itself.
    struct Impl;
    [[nodiscard]] Impl& impl() const { return *impl_; }
    explicit Repository(std::unique_ptr<Impl> impl);

private:
    std::unique_ptr<Impl> impl_;
};

struct InitOptions {
    std::string location;
    std::string holder; ///< name of the founder
    std::string unit;
    CipherSuite suite = CipherSuite::xchacha20;
    std::uint32_t kdf_mib = 256; ///< 64 to 1024
    std::uint32_t kdf_passes = 3;
    Passphrase passphrase;
    std::string backup_key_file; ///< created, mode 0600; must not exist
    LocalFolders folders = LocalFolders::from_environment();
    Reach reach = {};
    Retention retention = {}; ///< asked for of every object of this place
};

struct InitSummary {
    std::string repository_id;
    std::string location;
    std::string founder_slot;
    std::string backup_key_file;
    bool exclusive_create = false; ///< what the store was found to do
};

/// Makes a repository in a missing or empty folder, bucket or prefix.
/// errors: exists (there is a repository already), refused (the folder holds other things), usage
/// (a shared or
///         empty name, a cost out of range, a key file that exists), io, denied, no_space,
///         no_memory
Result<InitSummary> init_repository(const InitOptions& options);

/// One key of a repository, as the roster has it.
struct KeyInfo {
    std::string actor; ///< hex
    std::string slot;  ///< hex
    std::string holder;
    std::string unit;
    Role role = Role::backup;
    std::uint32_t domain = 0;
    std::string domain_name; ///< empty: the key's own
    UnixTime issued = 0;
    std::optional<UnixTime> expires;
    bool by_passphrase = false;
    bool is_own = false; ///< the key that asks
};

/// Every key that counts now, by role, holder and date.
Result<std::vector<KeyInfo>> list_keys(Repository& repository);

struct IssueOptions {
    Role role = Role::backup;
    std::string holder;
    std::string unit;
    std::string domain; ///< keys of one name share deduplication; empty: a domain of its own
    std::optional<UnixTime> expires;
    /// A new passphrase for its holder, or the path of a key file to create (mode 0600, must not
    /// exist).
    std::variant<Passphrase, Credential::KeyFile> secret = Credential::KeyFile{};
    std::uint32_t kdf_mib = 256;
    std::uint32_t kdf_passes = 3;
};

/// Issues a key to one person: a new roster, and a slot or a key file.
/// errors: wrong_key (only an admin may), usage (a shared name, a date that has passed, a file that
/// exists), refused
///         (another admin changed the roster just now, or two rosters rival), io, denied, no_space,
///         no_memory
Result<KeyInfo> issue_key(Repository& repository, const IssueOptions& options);

} // namespace saoluu
