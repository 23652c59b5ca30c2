// SPDX-License-Identifier: Apache-2.0
#include "config/notify_table.hpp"

#include "config/config_file.hpp"
#include "config/field_table.hpp"
#include "config/schedule_fields.hpp"
#include "config/server_address.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>

namespace saoluu::config {
namespace {
using util::message;
using util::printable;
using util::tr;

constexpr std::size_t kMostRecipients = 20;
constexpr std::size_t kMostOffice = 100; ///< bytes; it stands in every subject

/// Reads a table by its fields.
template <class To, std::size_t N>
Result<void> read_fields(const FileContext& file, const Value& table, std::string_view name,
                         const std::array<Field<To>, N>& fields, To& to) {
    if (table.kind != Value::Kind::table)
        return fail_at(file.path, table.line,
                       message(tr("{}: it begins with a line {}"), printable(table.key), name));
    return take_fields(file, table, name, fields, to);
}

Failure lacks(const FileContext& file, int line, const char* table, const char* example) {
    return fail_at(file.path, line, message(tr("this {} lacks a line such as {}"), table, example));
}

/// The first line of a file that nobody else can read.
Result<SecretText> secret_of(const FileContext& file, const Value& value, const char* example) {
    const std::string path = TRY(path_of(file, value, example));
    const FileText read = TRY(read_text_file(path));
    TRY(demand_private(path, read.mode));
    std::string_view line(read.text);
    line = line.substr(0, line.find('\n'));
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    const bool is_plain = std::ranges::none_of(
        line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
    if (line.empty() || !is_plain)
        return fail(ErrorKind::usage,
                    message(tr("{}: its first line must be the password or the token, and it is "
                               "empty or has control characters"),
                            printable(path)));
    return SecretText::copy_of(line);
}

Result<std::string> address_of(const FileContext& file, const Value& value, const char* example) {
    std::string text = TRY(text_of(file, value, example));
    if (!is_mail_address(text))
        return wrong_value(
            file, value,
            message(tr("an address of mail is needed, and nothing else, such as {}"), example));
    return text;
}

Result<void> take_server(const FileContext& file, const Value& value, MailConfig& to) {
    const std::string text = TRY(text_of(file, value, "smtp://mail.example.vn:587"));
    const auto server = parse_server(text);
    const bool is_tls = server && server->scheme == "smtps";
    if (!server || (!is_tls && server->scheme != "smtp") || !(server->rest.empty()))
        return wrong_value(file, value,
                           tr("it is smtp://HOST:587 (STARTTLS) or smtps://HOST:465 (TLS from the "
                              "start), without a user or a path"));
    to.may_be_plain = !is_tls && server->is_loopback();
    const std::string port = !server->port.empty() ? server->port
                             : is_tls              ? "465"
                             : to.may_be_plain     ? "25" // a mail server of this machine
                                                   : "587";
    to.server = server->scheme + "://" + server->host + ":" + port;
    return {};
}

Result<void> take_recipients(const FileContext& file, const Value& value, MailConfig& to) {
    constexpr const char* kExample = "canbo@example.vn";
    if (value.kind == Value::Kind::text) {
        to.to = {TRY(address_of(file, value, kExample))};
        return {};
    }
    to.to = TRY(texts_of(file, value, kExample));
    for (const std::string& address : to.to)
        if (!is_mail_address(address))
            return fail_at(file.path, value.line,
                           message(tr("to: \"{}\" is no address of mail such as {}"),
                                   printable(address), kExample));
    if (to.to.size() > kMostRecipients)
        return fail_at(file.path, value.line,
                       message(tr("to: more than {} addresses: let the mail server have a list for "
                                  "them"),
                               kMostRecipients));
    return {};
}

constexpr std::array<Field<MailConfig>, 6> kMailFields = {{
    {"server", &take_server},
    {"from",
     [](const FileContext& file, const Value& value, MailConfig& to) -> Result<void> {
         to.from = TRY(address_of(file, value, "saoluu@example.vn"));
         return {};
     }},
    {"to", &take_recipients},
    {"user",
     [](const FileContext& file, const Value& value, MailConfig& to) -> Result<void> {
         to.user = TRY(text_of(file, value, "saoluu@example.vn"));
         return {};
     }},
    {"password_file",
     [](const FileContext& file, const Value& value, MailConfig& to) -> Result<void> {
         to.password = TRY(secret_of(file, value, "mail.password"));
         return {};
     }},
    {"ca_file",
     [](const FileContext& file, const Value& value, MailConfig& to) -> Result<void> {
         to.ca_file = TRY(path_of(file, value, "/etc/ssl/…"));
         return {};
     }},
}};

Result<MailConfig> read_mail(const FileContext& file, const Value& table) {
    constexpr const char* kName = "[notify.mail]";
    MailConfig mail;
    mail.line = table.line;
    TRY(read_fields(file, table, kName, kMailFields, mail));
    if (mail.server.empty())
        return lacks(file, table.line, kName, "server = \"smtp://mail.example.vn:587\"");
    if (mail.from.empty())
        return lacks(file, table.line, kName, "from = \"saoluu@example.vn\"");
    if (mail.to.empty())
        return lacks(file, table.line, kName, "to = [\"canbo@example.vn\"]");
    if (mail.user.empty() != mail.password.empty())
        return fail_at(file.path, table.line,
                       tr("user and password_file belong together: give both, or neither"));
    return mail;
}

Result<void> take_url(const FileContext& file, const Value& value, WebhookConfig& to) {
    std::string text = TRY(text_of(file, value, "https://…"));
    const auto server = parse_server(text);
    // Its path is often all the secret that there is: not even a wrong one is shown.
    if (!server || (server->scheme != "https" && server->scheme != "http"))
        return fail_at(file.path, value.line,
                       tr("url: it is the address of a web service, such as "
                          "https://chat.example.vn/hooks/…, without a user and blanks in it"));
    if (server->scheme == "http" && !server->is_loopback())
        return fail_at(file.path, value.line,
                       message(tr("url: http://{} would send everything readable for all on the "
                                  "way: https is needed"),
                               server->host));
    to.url = std::move(text);
    return {};
}

constexpr std::array<Field<WebhookConfig>, 3> kWebhookFields = {{
    {"url", &take_url},
    {"token_file",
     [](const FileContext& file, const Value& value, WebhookConfig& to) -> Result<void> {
         to.token = TRY(secret_of(file, value, "webhook.token"));
         return {};
     }},
    {"ca_file",
     [](const FileContext& file, const Value& value, WebhookConfig& to) -> Result<void> {
         to.ca_file = TRY(path_of(file, value, "/etc/ssl/…"));
         return {};
     }},
}};

Result<WebhookConfig> read_webhook(const FileContext& file, const Value& table) {
    constexpr const char* kName = "[notify.webhook]";
    WebhookConfig webhook;
    webhook.line = table.line;
    TRY(read_fields(file, table, kName, kWebhookFields, webhook));
    if (webhook.url.empty())
        return lacks(file, table.line, kName, "url = \"https://chat.example.vn/hooks/…\"");
    return webhook;
}

/// [notify.status_file] and [notify.prometheus] have a path, and nothing else.
Result<void> take_path(const FileContext& file, const Value& value, std::string& to) {
    to = TRY(path_of(file, value, "/run/saoluu/status.json"));
    return {};
}

constexpr std::array<Field<std::string>, 1> kPathFields = {{{"path", &take_path}}};

Result<void> take_status_file(const FileContext& file, const Value& table, NotifyTable& to) {
    TRY(read_fields(file, table, "[notify.status_file]", kPathFields, to.notify.status_file));
    if (to.notify.status_file.empty())
        return lacks(file, table.line, "[notify.status_file]",
                     "path = \"/run/saoluu/status.json\"");
    return {};
}

Result<void> take_prometheus(const FileContext& file, const Value& table, NotifyTable& to) {
    constexpr const char* kExample = "path = \"/var/lib/prometheus/node-exporter/saoluu.prom\"";
    TRY(read_fields(file, table, "[notify.prometheus]", kPathFields, to.notify.prometheus));
    if (to.notify.prometheus.empty())
        return lacks(file, table.line, "[notify.prometheus]", kExample);
    if (!to.notify.prometheus.ends_with(".prom"))
        return fail_at(file.path, table.line,
                       message(tr("[notify.prometheus]: node_exporter reads files of its folder "
                                  "whose names end in .prom only: {}"),
                               kExample));
    return {};
}

constexpr std::array<Field<NotifyTable>, 8> kFields = {{
    {"office",
     [](const FileContext& file, const Value& value, NotifyTable& to) -> Result<void> {
         to.notify.office = TRY(text_of(file, value, "UBND xã Bình Minh"));
         if (to.notify.office.size() > kMostOffice)
             return wrong_value(
                 file, value,
                 message(tr("it stands in every subject: at most {} bytes"), kMostOffice));
         return {};
     }},
    {"digest",
     [](const FileContext& file, const Value& value, NotifyTable& to) -> Result<void> {
         to.notify.digest.clear();
         if (value.kind != Value::Kind::text || value.text != "never")
             to.notify.digest = TRY(schedule_of(file, value));
         return {};
     }},
    {"store_nearly_full",
     [](const FileContext& file, const Value& value, NotifyTable& to) -> Result<void> {
         to.notify.store_nearly_full = TRY(percent_of(file, value));
         return {};
     }},
    {"key_expires_within",
     [](const FileContext& file, const Value& value, NotifyTable& to) -> Result<void> {
         to.notify.key_expires_within =
             TRY(span_of(file, value, std::chrono::hours(24), std::chrono::hours(400 * 24), "30d"));
         return {};
     }},
    {"mail",
     [](const FileContext& file, const Value& value, NotifyTable& to) -> Result<void> {
         to.notify.mail = TRY(read_mail(file, value));
         return {};
     }},
    {"webhook",
     [](const FileContext& file, const Value& value, NotifyTable& to) -> Result<void> {
         to.notify.webhook = TRY(read_webhook(file, value));
         const auto server = parse_server(to.notify.webhook->url);
         to.has_secret = server && !server->is_loopback() && server->rest.size() > 1;
         return {};
     }},
    {"status_file", &take_status_file},
    {"prometheus", &take_prometheus},
}};

} // namespace

Result<NotifyTable> read_notify(const FileContext& file, const Value& table) {
    NotifyTable read;
    TRY(read_fields(file, table, "[notify]", kFields, read));
    if (!read.notify.status_file.empty() && read.notify.status_file == read.notify.prometheus)
        return fail_at(file.path, table.line,
                       tr("[notify.status_file] and [notify.prometheus] need a file each"));
    return read;
}

} // namespace saoluu::config
