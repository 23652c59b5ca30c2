// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "util/text.hpp"

#include "saoluu/config.hpp"

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

/// What stands for a secret.
constexpr const char* kHidden = "…";

/// A table of the file: its keys, with the values that count. A null is left out.
using Lines = std::vector<std::pair<const char*, Json>>;

Json unless_empty(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(printable(text));
}

Json unless_empty(const std::vector<std::string>& texts) {
    return texts.empty() ? Json(nullptr) : printable_list(texts);
}

Json unless_zero(std::uint64_t number) {
    return number == 0 ? Json(nullptr) : Json(number);
}

std::string seconds(std::chrono::seconds time) {
    return std::to_string(time.count()) + "s";
}

/// "35d", "26h" or "10m", as the file has it.
std::string span_text(std::chrono::seconds span) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(span).count();
    return minutes % (24 * 60) == 0 ? message("{}d", minutes / (24 * 60))
           : minutes % 60 == 0      ? message("{}h", minutes / 60)
                                    : message("{}m", minutes);
}

Json if_set(bool flag) {
    return flag ? Json(true) : Json(nullptr);
}

Json list_of(const std::vector<LimitWindow>& windows) {
    const auto limit = [](std::uint64_t rate) { return rate == 0 ? Json("none") : Json(rate); };
    Json list = Json::array();
    for (const LimitWindow& window : windows) {
        Json one = {{"when", window.when}};
        if (window.upload_limit)
            one["limit_upload"] = limit(*window.upload_limit);
        if (window.download_limit)
            one["limit_download"] = limit(*window.download_limit);
        list.push_back(std::move(one));
    }
    return windows.empty() ? Json(nullptr) : list;
}

/// A value as the file has it.
std::string toml_of(const Json& value) {
    if (!value.is_array() && !value.is_object())
        return value.dump();
    std::string text;
    for (const auto& [key, item] : value.items())
        text += (text.empty() ? "" : ", ") + (value.is_object() ? key + " = " : "") + toml_of(item);
    return value.is_object() ? "{ " + text + " }" : "[" + text + "]";
}

Lines lines_of(const StoreConfig& store) {
    const S3Reach& s3 = store.reach.s3;
    const SftpReach& sftp = store.reach.sftp;
    const auto secret = [](const SecretText& text) {
        return text.empty() ? Json(nullptr) : Json(kHidden);
    };
    return {{"name", store.name},
            {"url", printable(store.url)},
            {"endpoint", unless_empty(s3.endpoint)},
            {"region", unless_empty(s3.region)},
            {"path_style", s3.path_style ? Json(nullptr) : Json(false)},
            {"allow_http", if_set(s3.plain_http)},
            {"ca", unless_empty(s3.ca_file)},
            {"access_key_id", unless_empty(s3.access_key)},
            {"secret_access_key", secret(s3.secret_key)},
            {"session_token", secret(s3.session_token)},
            {"ssh_key", unless_empty(sftp.key_file)},
            {"known_hosts", unless_empty(sftp.known_hosts)},
            {"host_key", unless_empty(sftp.host_key)},
            {"limit_upload", unless_zero(store.reach.upload_limit)},
            {"limit_download", unless_zero(store.reach.download_limit)},
            {"windows", list_of(store.reach.windows)},
            {"patience", seconds(store.reach.patience)},
            {"spool", unless_empty(store.reach.spool_folder)}};
}

Lines lines_of(const JobConfig& job) {
    const BackupOptions& backup = job.backup;
    const HookConfig& hooks = job.hooks;
    const StreamSource stream = backup.stream.value_or(StreamSource());
    const bool has_hook =
        !hooks.before.empty() || !hooks.after.empty() || !hooks.on_failure.empty();
    return {
        {"name", job.name},
        {"sources", unless_empty(backup.sources)},
        {"command", unless_empty(stream.command)},
        {"command_name", unless_empty(stream.name)},
        {"stores", unless_empty(job.stores)},
        {"exclude", unless_empty(backup.excludes)},
        {"exclude_files", unless_empty(backup.exclude_files)},
        {"exclude_larger_than", unless_zero(backup.exclude_larger_than.value_or(0))},
        {"one_file_system", if_set(backup.one_file_system)},
        {"keep_caches", if_set(backup.keep_caches)},
        {"allow_empty", if_set(backup.allow_empty)},
        {"suspect_loss",
         backup.allow_empty ? Json(nullptr) : Json(message("{}%", backup.suspect_loss))},
        {"tags", unless_empty(backup.tags)},
        {"before", unless_empty(hooks.before)},
        {"after", unless_empty(hooks.after)},
        {"on_failure", unless_empty(hooks.on_failure)},
        {"hook_timeout", has_hook ? Json(seconds(hooks.timeout)) : Json(nullptr)},
        {"schedule", unless_empty(job.schedule)},
        {"working_days_only", if_set(job.working_days_only)},
        {"random_delay", job.schedule.empty() ? Json(nullptr) : Json(seconds(job.random_delay))},
        {"max_age", job.max_age.count() == 0 ? Json(nullptr) : Json(span_text(job.max_age))}};
}

Lines lines_of(const CheckConfig& check) {
    return {{"schedule", unless_empty(check.schedule)},
            {"cycle", span_text(check.cycle)},
            {"report_within", span_text(check.report_within)}};
}

std::string text_of(std::chrono::year_month_day day) {
    return message("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                   static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

Json unless_empty(const std::set<std::chrono::year_month_day>& days) {
    if (days.empty())
        return nullptr;
    Json all = Json::array();
    for (const std::chrono::year_month_day day : days)
        all.push_back(text_of(day));
    return all;
}

Lines top_lines_of(const Config& config) {
    return {{"key_file", unless_empty(config.key_file)},
            {"time_zone", unless_empty(config.time_zone)}};
}

Lines lines_of(const WorkingDays& days) {
    return {{"holidays", unless_empty(days.holidays)}, {"working", unless_empty(days.working)}};
}

Lines lines_of(const NotifyConfig& notify) {
    return {{"office", unless_empty(notify.office)},
            {"digest", notify.digest.empty() ? Json("never") : printable_list(notify.digest)},
            {"store_nearly_full", message("{}%", notify.store_nearly_full)},
            {"key_expires_within", span_text(notify.key_expires_within)}};
}

Lines lines_of(const MailConfig& mail) {
    return {{"server", printable(mail.server)},
            {"from", printable(mail.from)},
            {"to", printable_list(mail.to)},
            {"user", unless_empty(mail.user)},
            {"password_file", mail.password.empty() ? Json(nullptr) : Json(kHidden)},
            {"ca_file", unless_empty(mail.ca_file)}};
}

Lines lines_of(const WebhookConfig& webhook) {
    // Whoever knows the path of a chat's webhook may write there.
    const std::string_view origin = util::url_origin(webhook.url);
    const std::string shown =
        printable(origin) + (origin == webhook.url ? "" : std::string("/") + kHidden);
    return {{"url", shown},
            {"token_file", webhook.token.empty() ? Json(nullptr) : Json(kHidden)},
            {"ca_file", unless_empty(webhook.ca_file)}};
}

/// type: of the object; head: the line that begins the table
void show_table(Output& output, const char* type, const std::string& head, const Lines& lines) {
    Json object = {{"type", type}};
    std::string text = head;
    bool is_empty = true;
    for (const auto& [key, value] : lines)
        if (!value.is_null()) {
            object[key] = value;
            text += message("{} = {}\n", key, toml_of(value));
            is_empty = false;
        }
    if (output.is_json())
        output.object(object);
    else if (!is_empty)
        output.text(text);
}

void show_notify(Output& output, const NotifyConfig& notify) {
    show_table(output, "notify", "\n[notify]\n", lines_of(notify));
    if (notify.mail)
        show_table(output, "notify.mail", "\n[notify.mail]\n", lines_of(*notify.mail));
    if (notify.webhook)
        show_table(output, "notify.webhook", "\n[notify.webhook]\n", lines_of(*notify.webhook));
    if (!notify.status_file.empty())
        show_table(output, "notify.status_file", "\n[notify.status_file]\n",
                   {{"path", printable(notify.status_file)}});
    if (!notify.prometheus.empty())
        show_table(output, "notify.prometheus", "\n[notify.prometheus]\n",
                   {{"path", printable(notify.prometheus)}});
}

Result<ExitCode> show(Context& context) {
    const Config config = TRY(load_config(config_path(context)));
    Output& output = context.output;
    Lines top = top_lines_of(config);
    if (output.is_json())
        top.emplace(top.begin(), "path", printable(config.path));
    show_table(output, "config", "# " + printable(config.path) + "\n", top);
    if (!config.working_days.holidays.empty() || !config.working_days.working.empty())
        show_table(output, "working_days", "\n[working_days]\n", lines_of(config.working_days));
    for (const StoreConfig& store : config.stores)
        show_table(output, "store", "\n[[store]]\n", lines_of(store));
    for (const JobConfig& job : config.jobs)
        show_table(output, "job", "\n[[job]]\n", lines_of(job));
    show_table(output, "check", "\n[check]\n", lines_of(config.check));
    show_notify(output, config.notify);
    return ExitCode::done;
}

} // namespace

Command add_config_show(CLI::App& config) {
    CLI::App* const app = add_subcommand(
        config, "show", tr("show what the config file says, without secrets"),
        tr("Shows the values that count: paths in full, secrets hidden, what is not set left out."),
        "saoluu config show");
    return {app, show};
}

} // namespace saoluu::cli
