// SPDX-License-Identifier: Apache-2.0
#include "saoluu/new_config.hpp"

#include "config/config_text.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <string_view>

namespace saoluu {
namespace {
using util::message;
using util::printable;
using util::tr;

/// Lines of a config file as they come.
class Writer {
public:
    void blank() { text_ += '\n'; }

    /// A comment, broken at blanks.
    void comment(std::string_view words) {
        constexpr std::size_t kMostBytes = 100;
        while (!words.empty()) {
            std::size_t end = words.size();
            if (end > kMostBytes) {
                end = words.rfind(' ', kMostBytes);
                if (end == std::string_view::npos || end == 0)
                    end = std::min(words.find(' '), words.size());
            }
            text_ += "# " + std::string(words.substr(0, end)) + "\n";
            words.remove_prefix(std::min(end + 1, words.size()));
        }
    }
    void line(std::string_view bare) { text_ += std::string(bare) + "\n"; }

    void value(std::string_view key, const std::string& text) {
        if (!text.empty())
            text_ += std::string(key) + " = " + quoted(key, text) + "\n";
    }
    void value(std::string_view key, const std::vector<std::string>& texts) {
        std::string list;
        for (const std::string& text : texts)
            list += (list.empty() ? "" : ", ") + quoted(key, text);
        if (!list.empty())
            text_ += std::string(key) + " = [" + list + "]\n";
    }

    Result<std::string> text() && {
        if (wrong_)
            return Failure(*std::move(wrong_));
        return std::move(text_);
    }

private:
    /// A basic string of TOML. What could not be read again is an error.
    std::string quoted(std::string_view key, const std::string& text) {
        std::string out = "\"";
        bool is_plain = util::is_text(text);
        for (const char c : text) {
            is_plain = is_plain && static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
            if (c == '"' || c == '\\')
                out += '\\';
            out += c;
        }
        if (!is_plain && !wrong_)
            wrong_ = Error(ErrorKind::usage,
                           message(tr("{} = \"{}\": a config file holds text in UTF-8 without "
                                      "control characters: rename it, or name a folder above it"),
                                   key, printable(text)));
        return out + "\"";
    }

    std::string text_;
    std::optional<Error> wrong_;
};

void write_store(Writer& to, const NewConfig& config) {
    to.blank();
    to.comment(tr("Where the backups lie. A second [[store]] makes a second copy: see saoluu "
                  "mirror --help."));
    to.line("[[store]]");
    to.value("name", config.store_name);
    to.value("url", config.url);
    to.value("endpoint", config.endpoint);
    to.value("region", config.region);
    to.value("ca", config.ca_file);
    to.value("credentials", config.credentials);
    to.value("ssh_key", config.ssh_key);
    to.value("known_hosts", config.known_hosts);
    to.value("host_key", config.host_key);
    to.comment(tr("Leave the line free for others in working hours:"));
    to.line("# windows = [ { when = \"Mon..Fri 07:30-17:00\", limit_upload = \"500k\" } ]");
}

void write_job(Writer& to, const NewConfig& config) {
    to.blank();
    to.comment(tr("What is backed up, to which stores, and when. By hand: saoluu job run NAME"));
    to.line("[[job]]");
    to.value("name", config.job_name);
    to.value("sources", config.sources);
    to.value("stores", std::vector<std::string>{config.store_name});
    if (!config.excludes.empty())
        to.comment(tr("What need not be backed up, as .gitignore has it:"));
    to.value("exclude", config.excludes);
    if (config.schedule.empty())
        return;
    to.comment(tr("As systemd's OnCalendar: \"Mon..Fri 11,16:30\" is each working day at 11:30 and "
                  "16:30."));
    to.value("schedule", config.schedule);
    if (config.max_age_hours != 0) {
        to.comment(tr("Someone is told when the newest backup is older than this:"));
        to.value("max_age", message("{}h", config.max_age_hours));
    }
}

/// What the daemon does besides jobs; without a schedule nothing runs by itself.
void write_check(Writer& to, const NewConfig& config) {
    if (config.schedule.empty())
        return;
    to.blank();
    to.comment(tr("Each day a share of the store is read and compared, so that damage is found "
                  "within the cycle:"));
    to.line("[check]");
    to.line("schedule = \"*-*-* 12:30\"");
    to.line("cycle = \"30d\"");
    to.blank();
    to.comment(tr("Holidays, to be edited each year; a job with working_days_only = true leaves "
                  "them out:"));
    to.line("# [working_days]");
    to.line("# holidays = [\"2027-01-01\", \"2027-04-30..2027-05-01\"]");
}

void write_notify(Writer& to, const NewConfig& config) {
    if (!config.mail)
        return;
    const NewConfig::Mail& mail = *config.mail;
    to.blank();
    to.comment(tr("Who is told when a backup fails or does not come. A try: saoluu config "
                  "test-notify"));
    if (!config.office.empty()) {
        to.line("[notify]");
        to.value("office", config.office);
        to.blank();
    }
    to.line("[notify.mail]");
    to.value("server", mail.server);
    to.value("from", mail.from);
    to.value("to", mail.to);
    to.value("user", mail.user);
    to.value("password_file", mail.password_file);
    to.value("ca_file", mail.ca_file);
}

} // namespace

Result<std::string> config_text(const NewConfig& config) {
    Writer to;
    to.comment(tr("Settings of saoluu, written by saoluu setup; change them as you like. Whether "
                  "they are well written says: saoluu config check"));
    to.blank();
    to.comment(tr("This computer's key: it adds backups and reads none."));
    to.value("key_file", config.key_file);
    write_store(to, config);
    write_job(to, config);
    write_check(to, config);
    write_notify(to, config);
    return std::move(to).text();
}

Result<Config> read_config_text(const std::string& text, const std::string& path) {
    config::ConfigText read = TRY(config::parse_config(text, path));
    return std::move(read.config);
}

} // namespace saoluu
