// SPDX-License-Identifier: Apache-2.0
#include "saoluu/check.hpp"

#include "cli/commands/check_page.hpp"
#include "cli/commands/check_text.hpp"
#include "cli/commands/check_verdict.hpp"
#include "cli/commands/command.hpp"
#include "cli/store_disks.hpp"
#include "util/sizes.hpp"
#include "util/text.hpp"

#include <charconv>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

/// "10%", "2.5 %" or "10": from 1 to 100.
/// errors: usage
Result<double> share_of(const std::string& text) {
    if (const std::optional<double> percent = util::parse_share(text))
        return *percent;
    return fail(
        ErrorKind::usage,
        message(tr("--sample {}: a share from 1% to 100%, such as 10% or 2.5%"), printable(text)));
}

ExitCode code_of(const CheckReport& report) {
    if (!report.sound())
        return ExitCode::damage;
    return report.unreadable > 0 ? ExitCode::incomplete : ExitCode::done;
}

/// The exit code of several stores: the worst. One that could not be checked makes it incomplete.
class Outcome {
public:
    void add(ExitCode code, bool was_checked) {
        if (was_checked) {
            is_one_checked_ = true;
            is_damaged_ |= code == ExitCode::damage;
            is_incomplete_ |= code == ExitCode::incomplete;
        } else if (!failure_) {
            failure_ = code;
        }
    }
    [[nodiscard]] ExitCode code() const {
        if (is_damaged_ || failure_ == ExitCode::damage)
            return ExitCode::damage;
        if (failure_ && !is_one_checked_)
            return *failure_;
        return failure_ || is_incomplete_ ? ExitCode::incomplete : ExitCode::done;
    }

private:
    std::optional<ExitCode> failure_; ///< of the first store that could not be checked
    bool is_one_checked_ = false, is_damaged_ = false, is_incomplete_ = false;
};

/// "30d" or "36h"; "": as the config file says.
/// errors: usage
Result<std::chrono::seconds> cycle_of(const std::string& text, const CheckConfig& config) {
    if (text.empty())
        return config.cycle;
    std::int64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, count);
    const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
    constexpr std::int64_t kMostDays = 366;
    const std::int64_t hours = unit == "d" ? 24 : unit == "h" ? 1 : 0;
    if (code != std::errc() || hours == 0 || count < 24 / hours || count > kMostDays * 24 / hours)
        return fail(ErrorKind::usage,
                    message(tr("--rotate {}: a cycle of 1 to 366 days, such as 30d or 36h"),
                            printable(text)));
    return std::chrono::hours(count * hours);
}

struct Options {
    bool read_data = false;
    std::optional<std::string> sample;
    std::optional<std::string> rotate;
    std::optional<std::string> report;
};

/// What the config file says of checks. One that is faulty keeps no one from a check of a location,
/// if nothing of it is needed.
Result<CheckConfig> config_of(Context& context, bool is_needed) {
    bool is_named = false;
    Result<Config> config = read_config(config_path(context, is_named));
    if (config)
        return config->check;
    if (is_needed && (is_named || config.error().kind() != ErrorKind::not_found))
        return Failure(std::move(config).error());
    return CheckConfig{};
}

/// One store.
Result<CheckReport> check_store(Context& context, Target target, const CheckOptions& options,
                                Reporter& reporter, Events& events, ReportedStore& reported) {
    // What opening it told is part of the verdict.
    const auto told = [&reporter](Severity severity) { return reporter.told(severity); };
    const std::uint64_t damage = told(Severity::damage), alarms = told(Severity::alarm),
                        warnings = told(Severity::warning);
    Repository repository = TRY(open_repository(context, std::move(target), events));
    take_person(reported, repository);
    reported.location = repository.location();
    const std::uint64_t damage_then = told(Severity::damage), alarms_then = told(Severity::alarm),
                        warnings_then = told(Severity::warning);
    CheckReport report = TRY(check(repository, options, events, context.stop));
    report.damage += damage_then - damage;
    report.alarms += alarms_then - alarms;
    report.warnings += warnings_then - warnings;
    return report;
}

Result<CheckOptions> options_of(Context& context, const Options& given, const CheckConfig& config) {
    CheckOptions options{.read_data = given.read_data};
    if (given.sample)
        options.sample_percent = TRY(share_of(*given.sample));
    if (given.rotate)
        options.rotate = TRY(cycle_of(*given.rotate, config));
    if (context.output.is_json())
        options.on_damaged_file = [&context](const DamagedFile& file) {
            Json line = {{"type", "damaged_file"}};
            put_path(line, file.path);
            line["snapshot"] = file.snapshot;
            line["started"] = util::utc_time(file.started);
            line["and_on"] = file.and_on;
            line["message"] = file.why;
            context.output.object(line);
        };
    return options;
}

/// Writes the page, and says where it is.
Result<void> keep_page(Context& context, const ReportFiles& files, CheckPage& page) {
    page.ended = std::time(nullptr);
    TRY(write_report(files, page));
    if (context.output.is_json())
        context.output.object({{"type", "report"},
                               {"path", printable(files.text)},
                               {"json_path", printable(files.json)},
                               {"counts", why_not_counted(page).empty()}});
    else
        context.output.text(message(tr("The report is in {}, and for programs in {}."),
                                    printable(files.text), printable(files.json)) +
                            "\n");
    return {};
}

Result<ExitCode> run(Context& context, const Options& given) {
    const bool takes_cycle = given.rotate && given.rotate->empty();
    const CheckConfig config = TRY(config_of(context, takes_cycle));
    const CheckOptions options = TRY(options_of(context, given, config));
    std::vector<Target> targets = TRY(configured_targets(context));
    const bool are_many = targets.size() > 1;
    if (are_many)
        TRY(ask_once(context.options, context.environment, context.stop));
    CheckPage page = begin_page();
    page.read_data = options.read_data;
    page.sample_percent = options.sample_percent;
    std::optional<ReportFiles> files;
    if (given.report)
        files = TRY(report_files(*given.report, page.started));
    Outcome outcome;
    for (Target& target : targets) {
        const std::string name = target.name;
        const std::vector<StoreDisk> disks = disks_of({&target, 1});
        ReportedStore reported{.name = name, .location = target.location};
        if (are_many && !context.output.is_json())
            context.output.text(message(tr("Store {}:"), name) + "\n");
        Reporter reporter(context.output, context.shown());
        KeptFindings findings(reporter);
        const Result<CheckReport> report =
            check_store(context, std::move(target), options, reporter, findings, reported);
        reporter.finish();
        if (!report && ((!are_many && !files) || report.error().kind() == ErrorKind::interrupted))
            return Failure(report.error());
        reported.findings = findings.worst();
        if (report) {
            reported.report = *report;
            reported.next_steps = next_steps_of(*report);
        } else {
            reported.failed = report.error().kind();
            reported.failure = report.error().message();
        }
        page.stores.push_back(std::move(reported));
        outcome.add(report ? code_of(*report) : exit_code_of(report.error().kind()),
                    report.has_value());
        if (!report)
            context.output.error(report.error());
        else if (context.output.is_json())
            show_json(context.output, *report, config, name, space_of(disks));
        else
            context.output.text(text_of(*report, config));
    }
    const Result<void> kept = files ? keep_page(context, *files, page) : Result<void>();
    if (!kept && outcome.code() != ExitCode::damage)
        return Failure(kept.error());
    if (!kept)
        context.output.error(kept.error());
    return outcome.code();
}

} // namespace

Command add_check(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "check", tr("check that every stored byte is what it must be"),
        tr("Checks the repository: that nothing is missing, altered or held back, and that every "
           "stored byte is what was stored. Any key may do that. With --read-data everything is "
           "also decrypted and compared, which needs a passphrase or a key that may read. Damage "
           "is named, with the files and snapshots that it costs (a key that can't read names "
           "the snapshots that may be concerned) and what to do next; the exit code is 13. Where "
           "no --repo is given, every store of the config file is checked."),
        "saoluu check --repo /mnt/nas/saoluu --key-file backup.key\n"
        "saoluu check --read-data --passphrase-file pass.txt\n"
        "saoluu check --read-data --report /srv/bao-cao\n"
        "saoluu check --sample 10% --key-file backup.key\n"
        "saoluu check --rotate 30d --repo nas --key-file backup.key");
    app->add_flag("--read-data", options->read_data,
                  tr("decrypt and verify everything that the snapshots hold"));
    app->add_option("--sample", options->sample,
                    tr("read only so many of the bytes, from 1% to 100%: packs are chosen at "
                       "random. Everything else, and what each pack says it holds, is checked as "
                       "always, because that takes few reads"))
        ->type_name("N%");
    app->add_option("--rotate", options->rotate,
                    tr("read only the packs whose turn it is, so that every byte is read within "
                       "this time where it runs every day; this computer remembers what was read "
                       "when. Without a time: the cycle of the config file, or 30 days"))
        ->type_name("30d")
        ->expected(0, 1)
        ->excludes("--sample")
        ->excludes("--read-data");
    app->add_option("--report", options->report,
                    tr("write a page of what was checked, by whom, what was found and what to do: "
                       "a text, and JSON in a file of the same name with .json. In a folder both "
                       "are named by the day. Nothing is overwritten"))
        ->type_name(tr("FILE"))
        ->excludes("--rotate");
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
