// SPDX-License-Identifier: Apache-2.0
#include "saoluu/doctor.hpp"

#include "cli/commands/command.hpp"
#include "cli/commands/config_look.hpp"
#include "cli/help.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"
#include "util/unicode.hpp"

#include "saoluu/config.hpp"

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

struct Options {
    bool no_probe = false;
};

const char* word_of(Condition condition) {
    switch (condition) {
    case Condition::in_order:
        return "ok";
    case Condition::warning:
        return "warning";
    case Condition::fault:
        break;
    }
    return "fault";
}

const char* title_of(Condition condition) {
    switch (condition) {
    case Condition::in_order:
        return tr("OK");
    case Condition::warning:
        return tr("WARNING");
    case Condition::fault:
        break;
    }
    return tr("FAULT");
}

/// Shows verdicts as they come, and counts them.
class Sheet {
public:
    Sheet(Output& output, bool quiet) : output_(output), quiet_(quiet) {}

    void add(const Verdict& verdict) {
        ++counts_[static_cast<std::size_t>(verdict.condition)];
        if (output_.is_json()) {
            Json json = {{"type", "verdict"},    {"condition", word_of(verdict.condition)},
                         {"code", verdict.code}, {"subject", printable(verdict.subject)},
                         {"text", verdict.what}, {"next", nullptr}};
            if (!verdict.next.empty())
                json["next"] = verdict.next;
            output_.object(json);
            return;
        }
        if (quiet_ && verdict.condition == Condition::in_order)
            return;
        // With a title over those of one subject.
        if (!subject_ || *subject_ != verdict.subject) {
            subject_ = verdict.subject;
            output_.text((verdict.subject.empty() ? std::string(tr("This machine"))
                                                  : printable(verdict.subject)) +
                         "\n");
        }
        constexpr std::size_t kIndent = 12;
        std::string text = verdict.what;
        if (!verdict.next.empty())
            text += "\n→ " + verdict.next;
        std::string rest = wrapped(text, kHelpColumns - kIndent);
        std::string title = std::string("  ") + title_of(verdict.condition);
        const std::size_t width = util::display_width(title);
        std::string out = title + std::string(width < kIndent ? kIndent - width : 1, ' ');
        for (const char c : rest)
            out += c == '\n' ? "\n" + std::string(kIndent, ' ') : std::string(1, c);
        output_.text(out + "\n");
    }

    [[nodiscard]] std::uint64_t count(Condition condition) const {
        return counts_[static_cast<std::size_t>(condition)];
    }

private:
    Output& output_;
    bool quiet_;
    std::optional<std::string> subject_;
    std::array<std::uint64_t, 3> counts_{};
};

DoctorPlace place_of(Target target) {
    return {.name = target.name.empty() ? printable(target.location) : target.name,
            .location = std::move(target.location),
            .reach = std::move(target.reach)};
}

/// What is looked at.
struct Subject {
    std::vector<DoctorPlace> places;
    /// By which jobs run, where no other key is given; empty: none, or places of another file.
    std::string key_file;
};

/// The config file with what its jobs name, and its stores where none was named.
Result<Subject> look_at_config(Context& context, Sheet& sheet) {
    Subject subject;
    const bool names_places =
        !context.options.repositories.empty() || !context.environment.repository.empty();
    bool is_named = false;
    const std::string path = config_path(context, is_named);
    const Result<Config> config = load_config(path);
    const auto tell = [&](Condition condition, std::string what, std::string next) {
        sheet.add({.condition = condition,
                   .code = "config",
                   .subject = path,
                   .what = std::move(what),
                   .next = std::move(next)});
    };
    if (config) {
        tell(Condition::in_order,
             message(util::trn("the config file is well written, and names {} store",
                               "the config file is well written, and names {} stores",
                               config->stores.size()),
                     config->stores.size()),
             {});
        look_at_jobs(*config, [&](const Verdict& verdict) { sheet.add(verdict); });
        subject.key_file = config->key_file;
    } else if (config.error().kind() != ErrorKind::not_found || is_named) {
        tell(Condition::fault, config.error().message(),
             tr("set right what it names; nothing of the file counts until then"));
    } else if (!names_places) {
        tell(Condition::warning,
             tr("there is no config file, and no --repo: only the machine is "
                "looked at"),
             tr("name a store with --repo, or write the file (see configs/ of saoluu)"));
    }
    if (names_places) {
        for (Target& target : TRY(targets_of(context))) {
            if (target.name.empty()) // a place by its path may be anybody's
                subject.key_file.clear();
            subject.places.push_back(place_of(std::move(target)));
        }
    } else if (config) {
        for (const StoreConfig& store : config->stores)
            subject.places.push_back(place_of(TRY(target_at(context, store))));
    }
    return subject;
}

/// Has the key that is given, else that of the config file, open each place; none is asked for.
Result<void> take_key(Context& context, const std::string& of_config, DoctorOptions& options) {
    const bool is_given =
        !context.options.key_file.empty() || !context.options.passphrase_file.empty() ||
        !context.environment.key_file.empty() || !context.environment.passphrase_file.empty() ||
        context.environment.passphrase.has_value();
    if (!is_given && of_config.empty())
        return {};
    if (!is_given)
        context.options.key_file = of_config;
    const auto given = std::make_shared<Credential>(
        TRY(credential_of(context.options, context.environment, {}, context.stop)));
    if (const auto* file = std::get_if<Credential::KeyFile>(&given->secret))
        options.key_file = file->path;
    options.credential = [given]() -> Credential {
        if (const auto* file = std::get_if<Credential::KeyFile>(&given->secret))
            return {.secret = *file, .slot = given->slot};
        Result<Passphrase> again =
            Passphrase::from_text(std::get<Passphrase>(given->secret).reveal());
        return {.secret = std::move(*again), .slot = given->slot}; // it was one before
    };
    return {};
}

Result<ExitCode> run(Context& context, const Options& given) {
    Sheet sheet(context.output, context.options.quiet);
    DoctorOptions options;
    options.probe = !given.no_probe;
    Subject subject = TRY(look_at_config(context, sheet));
    TRY(take_key(context, subject.key_file, options));
    options.places = std::move(subject.places);
    for (DoctorPlace& place : options.places)
        place.reach.on_wait = {}; // what comes of it is told below
    TRY(doctor(
        options, [&](const Verdict& verdict) { sheet.add(verdict); }, context.stop));
    const std::uint64_t faults = sheet.count(Condition::fault);
    const std::uint64_t warnings = sheet.count(Condition::warning);
    if (context.output.is_json())
        context.output.object({{"type", "summary"},
                               {"command", "doctor"},
                               {"in_order", faults == 0},
                               {"faults", faults},
                               {"warnings", warnings}});
    else
        context.output.text((faults == 0 ? message(tr("In order; warnings: {}"), warnings)
                                         : message(tr("Not in order: faults: {}, warnings: {}"),
                                                   faults, warnings)) +
                            "\n");
    return faults == 0 ? ExitCode::done : ExitCode::failed;
}

} // namespace

Command add_doctor(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "doctor", tr("look whether this machine and its stores are in order"),
        tr("Looks at this machine, its config file and what its jobs name, its key, and every "
           "store that the config file or --repo names, and says of each fault what to do. Each "
           "store is tried by throw-away "
           "objects under tmp/, of which one with Object Lock may keep a few; --no-probe leaves "
           "that out. The exit code is 0 where nothing but warnings was found, and 1 where there "
           "is a fault."),
        "saoluu doctor\n"
        "saoluu doctor --repo nas --key-file /etc/saoluu/backup.key\n"
        "saoluu doctor --no-probe --json");
    app->add_flag("--no-probe", options->no_probe, tr("write nothing into the stores"));
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
