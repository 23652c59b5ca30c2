// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/setup_dialogue.hpp"

#include "cli/commands/setup_surroundings.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;
using util::trn;

constexpr std::size_t kColumns = 79;

std::string trimmed(const std::string& text) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t begin = text.find_first_not_of(kBlanks);
    return begin == std::string::npos
               ? ""
               : text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// One conversation: questions with an answer that Enter alone gives.
class Dialogue {
public:
    Dialogue(Context& context, SetupAnswers& answers) : context_(context), answers_(answers) {}

    Result<void> ask_all() {
        tell(tr("saoluu asks a few questions now. Nothing is changed until all are answered; "
                "Ctrl-C ends it at any time."));
        TRY(ask_sources());
        TRY(ask_store());
        TRY(ask_schedule());
        TRY(ask_mail());
        return ask_holder();
    }

    Result<bool> ask_yes(const std::string& question, bool usual) {
        constexpr std::array<std::string_view, 5> kYes = {"y", "yes", "c", "có", "co"};
        constexpr std::array<std::string_view, 5> kNo = {"n", "no", "k", "không", "khong"};
        for (;;) {
            std::string answer = TRY(ask(question + (usual ? tr(" [Y/n] ") : tr(" [y/N] "))));
            for (char& c : answer)
                if (c >= 'A' && c <= 'Z')
                    c = static_cast<char>(c - 'A' + 'a');
            if (answer.empty())
                return usual;
            if (std::ranges::find(kYes, answer) != kYes.end())
                return true;
            if (std::ranges::find(kNo, answer) != kNo.end())
                return false;
            tell(tr("Answer y for yes or n for no."));
        }
    }

private:
    Result<std::string> ask(const std::string& question) {
        return trimmed(TRY(ask_line(question, context_.stop)));
    }

    /// Until an answer passes `take`, which an error keeps it from.
    template <class Take>
    Result<void> ask_until(const std::string& question, const std::string& usual,
                           const Take& take) {
        for (;;) {
            std::string answer =
                TRY(ask(usual.empty() ? question + ": "
                                      : message("{} [{}]: ", question, printable(usual))));
            if (answer.empty())
                answer = usual;
            const Result<void> taken = take(answer);
            if (taken)
                return {};
            if (taken.error().kind() == ErrorKind::interrupted)
                return taken;
            tell(taken.error().message());
        }
    }

    Result<void> ask_sources() {
        if (!answers_.config.sources.empty())
            return {};
        heading(1, tr("What shall be backed up? One folder or file a line; an empty line ends the "
                      "list."));
        for (;;) {
            const std::string answer = TRY(ask(tr("Folder: ")));
            if (answer.empty() && !answers_.config.sources.empty())
                return {};
            const Result<void> taken = take_source(answer);
            if (!taken && taken.error().kind() == ErrorKind::interrupted)
                return taken;
            if (!taken)
                tell(taken.error().message());
        }
    }

    Result<void> take_source(const std::string& answer) {
        const std::string path = TRY(path_typed(answer));
        std::vector<std::string>& all = answers_.config.sources;
        if (std::ranges::find(all, path) != all.end())
            return fail(ErrorKind::usage,
                        message(tr("{} is in the list already"), printable(path)));
        const SourceCount count = TRY(prove_source(path, context_.stop));
        SetupAnswers tried = answers_; // whether it can stand in a config file
        tried.config.sources = {path};
        TRY(config_text(tried.config));
        tell("  " + printable(path) + ": " + text_of(count));
        all.push_back(path);
        return {};
    }

    Result<void> ask_store() {
        if (!answers_.config.url.empty())
            return {};
        heading(2, tr("Where shall the backups lie? A folder on a NAS or another disk "
                      "(/mnt/nas/saoluu), an SFTP account (sftp://user@host/path), or an S3 bucket "
                      "(s3://bucket/name)."));
        return ask_until(tr("Place"), "",
                         [&](const std::string& answer) { return take_store(answer); });
    }

    Result<void> take_store(const std::string& answer) {
        SetupAnswers tried = answers_;
        tried.config.url = TRY(place_typed(answer));
        if (tried.config.store_name.empty())
            tried.config.store_name = store_name_for(tried.config.url);
        TRY(config_of(tried)); // is it written as one, before more is asked
        if (tried.config.url.starts_with("s3://"))
            TRY(ask_s3(tried));
        if (tried.config.url.starts_with("sftp://"))
            TRY(ask_sftp(tried));
        TRY(take_surroundings(tried));
        tell(tr("The place is looked at …"));
        const PlaceLook look = TRY(prove_store(context_, tried));
        tell(look.state == PlaceLook::State::repository
                 ? tr("  There is a repository already: this computer joins it.")
                 : tr("  A repository can be made there."));
        answers_ = std::move(tried);
        return {};
    }

    Result<void> ask_s3(SetupAnswers& tried) {
        NewConfig& config = tried.config;
        if (config.endpoint.empty())
            config.endpoint = TRY(ask(tr("Address of the service (https://…; empty: from "
                                         "AWS_ENDPOINT_URL): ")));
        if (config.region.empty())
            config.region = TRY(ask(tr("Region (empty: us-east-1): ")));
        if (!config.credentials.empty())
            return {};
        tried.access_key = TRY(ask(tr("Access key id (empty: from AWS_ACCESS_KEY_ID): ")));
        if (tried.access_key.empty())
            return {};
        const auto secret = TRY(ask_hidden(tr("Secret access key (not shown): "), context_.stop));
        if (secret->view().empty())
            return fail(ErrorKind::usage, tr("a secret access key is needed"));
        tried.secret_key = SecretText::copy_of(secret->view());
        return {};
    }

    Result<void> ask_sftp(SetupAnswers& tried) {
        NewConfig& config = tried.config;
        if (config.ssh_key.empty()) {
            const std::string answer =
                TRY(ask(tr("Private ssh key without a passphrase (a file; empty: ssh's own): ")));
            if (!answer.empty())
                config.ssh_key = TRY(path_typed(answer));
        }
        if (config.host_key.empty() && config.known_hosts.empty())
            config.host_key = TRY(ask(tr("The server's key, as its administrator tells it "
                                         "(ssh-ed25519 AAAA…; empty: as ssh knows it): ")));
        return {};
    }

    Result<void> ask_schedule() {
        if (answers_.has_schedule)
            return {};
        heading(3, tr("When? As systemd's OnCalendar: \"Mon..Fri 11,16:30\" is each working day at "
                      "11:30 and 16:30, \"*-*-* 12:15\" each day at 12:15."));
        const std::string usual = answers_.config.schedule.front();
        return ask_until(tr("Times"), usual, [&](const std::string& answer) -> Result<void> {
            SetupAnswers tried = answers_;
            tried.config.schedule = {answer};
            const std::vector<UnixTime> runs = TRY(prove_schedule(tried));
            tell(message(tr("  Next: {}"), text_of(runs)));
            answers_.config.schedule = {answer};
            answers_.has_schedule = true;
            return {};
        });
    }

    Result<void> ask_holder() {
        if (!answers_.holder.empty())
            return {};
        heading(5, tr("Who is in charge of the keys? A person's full name, for no key is shared."));
        TRY(ask_until(tr("Name"), "", [&](const std::string& answer) -> Result<void> {
            std::string name = TRY(util::to_nfc(answer));
            TRY(check_holder(name));
            answers_.holder = std::move(name);
            return {};
        }));
        return ask_until(tr("Office or department (may be empty)"), answers_.unit,
                         [&](const std::string& answer) -> Result<void> {
                             SetupAnswers tried = answers_;
                             tried.unit = tried.config.office = TRY(util::to_nfc(answer));
                             TRY(config_of(tried));
                             answers_ = std::move(tried);
                             return {};
                         });
    }

    Result<void> ask_mail() {
        if (answers_.config.mail || answers_.no_mail)
            return {};
        heading(4, tr("Who is told by mail when a backup fails or does not come? An empty server "
                      "means nobody."));
        SetupAnswers tried = answers_;
        tried.config.mail.emplace();
        for (;;) {
            TRY(ask_mail_fields(tried));
            if (tried.config.mail->server.empty()) {
                answers_.no_mail = true;
                return {};
            }
            tell(tr("A test message is sent …"));
            const Result<void> sent = prove_mail(tried, context_.stop);
            if (sent) {
                tell(tr("  The server has taken it. Has it arrived? Look there now."));
                answers_ = std::move(tried);
                return {};
            }
            if (sent.error().kind() == ErrorKind::interrupted)
                return sent;
            tell(sent.error().message());
        }
    }

    /// What was answered before is offered again.
    Result<void> ask_mail_fields(SetupAnswers& tried) {
        NewConfig::Mail& mail = *tried.config.mail;
        const auto field = [&](const char* question, std::string& to) -> Result<void> {
            std::string answer =
                TRY(ask(to.empty() ? std::string(question) + ": "
                                   : message("{} [{}]: ", question, printable(to))));
            if (!answer.empty())
                to = answer == "-" ? "" : std::move(answer);
            return {};
        };
        TRY(field(tr("Server (smtp://mail.example.vn:587 or smtps://mail.example.vn:465)"),
                  mail.server));
        if (mail.server.empty())
            return {};
        TRY(field(tr("From (an address)"), mail.from));
        std::string to;
        for (const std::string& one : mail.to)
            to += (to.empty() ? "" : ", ") + one;
        TRY(field(tr("To (addresses, with commas)"), to));
        mail.to.clear();
        for (std::size_t begin = 0; begin <= to.size();) {
            const std::size_t end = std::min(to.find(',', begin), to.size());
            if (std::string one = trimmed(to.substr(begin, end - begin)); !one.empty())
                mail.to.push_back(std::move(one));
            begin = end + 1;
        }
        TRY(field(tr("User at the server (empty: none)"), mail.user));
        tried.mail_password = {};
        if (mail.user.empty())
            return {};
        const auto line = TRY(ask_hidden(tr("Password (not shown): "), context_.stop));
        tried.mail_password = SecretText::copy_of(line->view());
        return {};
    }

    static void heading(int number, const std::string& text) {
        fmt::print(stderr, "\n");
        tell(message("{}. {}", number, text));
    }

    Context& context_;
    SetupAnswers& answers_;
};

} // namespace

void tell(std::string_view text) {
    fmt::print(stderr, "{}\n", wrapped(text, kColumns));
}

std::string text_of(const SourceCount& count) {
    std::string text = message(trn("{} file, {}", "{} files, {}", count.files), count.files,
                               util::human_size(count.bytes));
    if (count.unreadable != 0)
        text += message(trn("; {} folder can't be read by you", "; {} folders can't be read by you",
                            count.unreadable),
                        count.unreadable);
    return text;
}

std::string text_of(const std::vector<UnixTime>& runs) {
    std::string text;
    for (const UnixTime run : runs)
        text += (text.empty() ? "" : ", ") + local_time(run);
    return text;
}

Result<void> ask_for_answers(Context& context, SetupAnswers& answers) {
    return Dialogue(context, answers).ask_all();
}

Result<void> ask_to_begin(Context& context, const SetupAnswers& answers) {
    Table table({{}, {}});
    for (const std::string& source : answers.config.sources)
        table.add(
            {&source == &answers.config.sources.front() ? tr("Backed up") : "", printable(source)});
    table.add({tr("Place"), printable(answers.config.url)});
    for (const std::string& times : answers.config.schedule)
        table.add({tr("Times"), printable(times)});
    if (answers.config.mail)
        for (const std::string& to : answers.config.mail->to)
            table.add({tr("Told"), printable(to)});
    table.add({tr("Config file"), printable(answers.config_path)});
    table.add({tr("Backup key"), printable(answers.config.key_file)});
    fmt::print(stderr, "\n{}", table.text(2));
    SetupAnswers same = answers;
    if (TRY(Dialogue(context, same).ask_yes(tr("Set this up now?"), true)))
        return {};
    return fail(ErrorKind::interrupted, tr("nothing was changed"));
}

} // namespace saoluu::cli
