// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/backup.hpp"
#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"
#include "saoluu/secret_text.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu {

/// A [[store]] of the config file: a place of a repository, by a name.
struct StoreConfig {
    std::string name;
    std::string url; ///< /path, sftp://…, s3://…
    Reach reach = {};
    int line = 0; ///< of its [[store]], for messages
};

/// Programs of a person's own that a job runs around a backup, each with its arguments; empty:
/// none.
struct HookConfig {
    std::vector<std::string> before; ///< if it fails, there is no backup
    std::vector<std::string> after;
    std::vector<std::string> on_failure; ///< also of `before`
    std::chrono::seconds timeout = std::chrono::minutes(10);
};

/// A [[job]] of the config file: what is backed up together, and to where.
struct JobConfig {
    std::string name;
    BackupOptions backup;            ///< of its table; its `job` is the name
    std::vector<std::string> stores; ///< names of [[store]]s, each once, at least one
    HookConfig hooks;
    /// When the daemon runs it: OnCalendar expressions, each right; none: only by hand.
    std::vector<std::string> schedule;
    bool working_days_only = false; ///< by Config::working_days
    /// A run that was missed begins after up to so long, chosen at random.
    std::chrono::seconds random_delay = std::chrono::minutes(10);
    std::chrono::seconds max_age{0}; ///< of the newest snapshot, before people are told; 0: any
    int line = 0;                    ///< of its [[job]], for messages
};

/// The [check] of the config file: what of a store is checked how often.
struct CheckConfig {
    /// When the daemon does its share of the unattended check: OnCalendar expressions.
    std::vector<std::string> schedule = {"*-*-* 12:30"}; // offices rest then, and machines are on
    /// Within it the unattended check has hashed every stored byte.
    std::chrono::seconds cycle = std::chrono::hours(30 * 24);
    /// When the last check by a reader's key (all of it, decrypted) is older, the next is overdue.
    std::chrono::seconds report_within = std::chrono::hours(35 * 24);
};

/// Days that differ from what their weekday says: public holidays, and weekends that are worked in
/// their place.
struct WorkingDays {
    std::set<std::chrono::year_month_day> holidays, working; ///< no day is in both
};

/// [notify.mail] of the config file.
struct MailConfig {
    std::string server;        ///< smtp://HOST:PORT or smtps://HOST:PORT, with its port
    bool may_be_plain = false; ///< it is this machine itself: TLS only where it is offered
    std::string from;
    std::vector<std::string> to = {}; ///< at least one
    std::string user;                 ///< empty: none is needed
    SecretText password;
    std::string ca_file; ///< certificates to trust in place of the system's
    int line = 0;
};

/// [notify.webhook] of the config file.
struct WebhookConfig {
    std::string url; ///< https://…, or http://… of this machine; may be a secret itself
    SecretText token;
    std::string ca_file;
    int line = 0;
};

/// [notify] of the config file: who is told, and of what.
struct NotifyConfig {
    std::string office; ///< name in messages; empty: the machine's is all
    /// When success is told of, as OnCalendar; empty: never.
    std::vector<std::string> digest = {"Mon 08:00"};
    double store_nearly_full = 10; ///< per cent that is free: less is told
    std::chrono::seconds key_expires_within = std::chrono::hours(30 * 24);
    std::optional<MailConfig> mail = {};
    std::optional<WebhookConfig> webhook = {};
    std::string status_file; ///< paths; empty: none is written
    std::string prometheus;
};

/// What the config file says.
struct Config {
    std::string path;
    std::string key_file;  ///< of the backup key that jobs use; empty: none is named
    std::string time_zone; ///< name of a zone, of all schedules; empty: the machine's
    WorkingDays working_days;
    std::vector<StoreConfig> stores; ///< as they stand in the file; names and places differ
    std::vector<JobConfig> jobs;     ///< as they stand in the file; names differ
    CheckConfig check;
    NotifyConfig notify;
};

/// Where the config file is: SAOLUU_CONFIG, else /etc/saoluu/saoluu.toml for root, else
/// saoluu/saoluu.toml in XDG_CONFIG_HOME or ~/.config.
std::string default_config_path();

/// Reads a config file (TOML, UTF-8 with or without a byte order mark, at most 1 MiB) and the files
/// of credentials that it names. Paths in it count from its own folder, "~/" from the person's.
/// errors: not_found, denied, io; refused (others can change it, or can read secrets in it); usage,
///         which names the file, the line and the key, and says what would be right
Result<Config> load_config(const std::string& path);

/// The same of a copy of its text; all else is as if the copy lay at `path`.
Result<Config> load_config_copy(const std::string& copy, const std::string& path);

/// The store of that name.
/// errors: usage, which names one that is spelled nearly so
Result<StoreConfig> find_store(const Config& config, std::string_view name);

/// The job of that name.
/// errors: usage, which names one that is spelled nearly so
Result<JobConfig> find_job(const Config& config, std::string_view name);

/// Whether a word can be the name of a store or a job: 1 to 64 of a-z, A-Z, 0-9, "-" and "_", and
/// no "-" first.
bool is_store_name(std::string_view word);

} // namespace saoluu
