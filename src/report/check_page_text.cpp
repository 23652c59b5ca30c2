// SPDX-License-Identifier: Apache-2.0
#include "report/check_jobs.hpp"
#include "util/layout.hpp"
#include "util/text.hpp"
#include "util/unicode.hpp"

#include "saoluu/report.hpp"

#include <algorithm>
#include <utility>

namespace saoluu {
namespace {

using report::JobState;
using util::human_size;
using util::local_time;
using util::message;
using util::printable;
using util::tr;
using util::trn;

constexpr std::size_t kColumns = 79;
/// One page: of more than these only their number is said.
constexpr std::size_t kMostJobs = 15, kMostShown = 10;

/// Names and what stands behind them, in columns.
class Facts {
public:
    void add(std::string name, std::string value) {
        lines_.emplace_back(std::move(name), std::move(value));
    }
    void add_count(const char* name, std::uint64_t count) {
        if (count > 0)
            add(name, std::to_string(count));
    }
    [[nodiscard]] std::string text(std::size_t indent) const {
        std::size_t width = 0;
        for (const auto& [name, value] : lines_)
            width = std::max(width, util::display_width(name));
        std::string out;
        for (const auto& [name, value] : lines_)
            out += std::string(indent, ' ') + name +
                   std::string(width + 2 - util::display_width(name), ' ') + value + "\n";
        return out;
    }

private:
    std::vector<std::pair<std::string, std::string>> lines_;
};

/// A point of a list, whose lines behind the first stand below its text.
std::string point(const std::string& text, std::size_t indent) {
    const std::string blanks(indent, ' ');
    std::string out = blanks + "- ";
    for (const char c : util::wrapped(text, kColumns - indent - 2))
        out += c == '\n' ? "\n" + blanks + "  " : std::string(1, c);
    return out + "\n";
}

std::string verdict_line(const CheckPage& page) {
    switch (verdict_of(page)) {
    case CheckVerdict::sound:
        return page.read_data && page.sample_percent >= 100
                   ? tr("PASSED: everything was read, decrypted and compared, and is as it was "
                        "stored.")
                   : tr("PASSED: what was read is as it was stored.");
    case CheckVerdict::incomplete:
        return tr(
            "NOT COMPLETE: what was checked shows no damage, but not everything was checked.");
    case CheckVerdict::damaged:
        return tr("FAILED: damage was found.");
    case CheckVerdict::alarm:
        break;
    }
    return tr("FAILED: there are signs of tampering. Change nothing, and show this to the person "
              "in charge.");
}

/// Each person once, whatever number of stores his key opened.
std::string people_of(const CheckPage& page) {
    std::vector<std::string> people;
    for (const ReportedStore& store : page.stores) {
        if (!store.role)
            continue;
        std::string one = printable(store.holder);
        if (!store.unit.empty())
            one += ", " + printable(store.unit);
        one = message(tr("{} (key of the role {})"), one, name_of(*store.role));
        if (std::ranges::find(people, one) == people.end())
            people.push_back(std::move(one));
    }
    std::string all;
    for (const std::string& one : people)
        all += (all.empty() ? "" : "; ") + one;
    return all.empty() ? tr("not known: no store could be opened") : all;
}

std::string age_of(UnixTime at, UnixTime now) {
    const auto hours = static_cast<std::uint64_t>(std::max<UnixTime>(0, now - at) / 3600);
    return hours >= 48 ? message(trn("{} day ago", "{} days ago", hours / 24), hours / 24)
                       : message(trn("{} hour ago", "{} hours ago", hours), hours);
}

void add_jobs(Facts& facts, const CheckReport& report, UnixTime now) {
    const std::vector<JobState> jobs = report::jobs_of(report);
    for (std::size_t i = 0; i < std::min(jobs.size(), kMostJobs); ++i) {
        const JobState& job = jobs[i];
        std::string name = job.job.empty() ? tr("without a job") : printable(job.job);
        if (!job.client.empty())
            name += ", " + printable(job.client);
        facts.add(i == 0 ? tr("Jobs") : "",
                  message(trn("{}: newest {}, {}; {} snapshot", "{}: newest {}, {}; {} snapshots",
                              job.snapshots),
                          name, local_time(job.newest), age_of(job.newest, now), job.snapshots));
    }
    if (jobs.size() > kMostJobs)
        facts.add("", message(tr("and {} more"), jobs.size() - kMostJobs));
}

const char* severity_text(Severity severity) {
    switch (severity) {
    case Severity::notice:
        return tr("note");
    case Severity::warning:
        return tr("warning");
    case Severity::damage:
        return tr("damage");
    case Severity::alarm:
        break;
    }
    return tr("ALARM");
}

std::string findings_of(const ReportedStore& store) {
    std::vector<Finding> findings = store.findings;
    std::ranges::stable_sort(findings, [](const Finding& a, const Finding& b) {
        return a.severity > b.severity; // the worst first
    });
    std::string text;
    for (std::size_t i = 0; i < std::min(findings.size(), kMostShown); ++i) {
        const std::string subject =
            findings[i].subject.empty() ? "" : printable(findings[i].subject) + ": ";
        text += point(std::string(severity_text(findings[i].severity)) + ": " + subject +
                          findings[i].text,
                      2);
    }
    const std::uint64_t all =
        store.report ? store.report->damage + store.report->alarms + store.report->warnings
                     : findings.size();
    const auto shown = static_cast<std::uint64_t>(std::min(findings.size(), kMostShown));
    if (all > shown)
        text += point(message(tr("and {} more; saoluu check names all"), all - shown), 2);
    return text.empty() ? "" : "  " + std::string(tr("What was found:")) + "\n" + text;
}

std::string text_of(const ReportedStore& store, UnixTime now) {
    const std::string name = store.name.empty() ? store.location : store.name;
    std::string text = "\n" + message(tr("Store {}"), printable(name)) + "\n";
    Facts facts;
    facts.add(tr("Place"), printable(store.location));
    if (!store.repository.empty())
        facts.add(tr("Repository"), store.repository);
    if (!store.report)
        return text + facts.text(2) +
               point(message(tr("It was not checked: {}"), store.failure), 2) + findings_of(store);
    const CheckReport& report = *store.report;
    facts.add(tr("Snapshots"), std::to_string(report.snapshots));
    add_jobs(facts, report, now);
    facts.add(tr("Packs"), message(tr("{} ({}); read: {} ({})"), report.listed_packs,
                                   human_size(report.listed_pack_bytes), report.packs,
                                   human_size(report.pack_bytes)));
    if (report.chunks > 0)
        facts.add(tr("Chunks"), message(tr("{}, decrypted and verified"), report.chunks));
    facts.add(tr("Damage"), std::to_string(report.damage));
    facts.add(tr("Signs of tampering"), std::to_string(report.alarms));
    facts.add_count(tr("Warnings"), report.warnings);
    facts.add_count(tr("Damaged files"), report.damaged_files);
    facts.add_count(tr("Damaged snapshots"), report.damaged_snapshots.size());
    facts.add_count(tr("Not readable"), report.unreadable);
    facts.add_count(tr("Not locked"), report.unprotected);
    return text + facts.text(2) + findings_of(store);
}

std::string next_steps(const CheckPage& page) {
    std::vector<std::string> steps;
    for (const ReportedStore& store : page.stores) {
        const std::string name = printable(store.name.empty() ? store.location : store.name);
        if (store.failed == ErrorKind::corrupt)
            steps.push_back(message(
                tr("{}: what it needs to be opened is damaged: copy the named object back from its "
                   "second copy beside it or from another copy of the repository, and check it "
                   "again"),
                name));
        else if (!store.report)
            steps.push_back(
                message(tr("{}: see that it can be reached and opened, and check it again"), name));
        else if (store.report->unreadable > 0)
            steps.push_back(
                message(tr("{}: check it again as a user who may read all of it"), name));
        for (const std::string& step : store.next_steps)
            steps.push_back(name + ": " + step);
    }
    if (!page.stores.empty() && steps.empty() && !why_not_counted(page).empty())
        steps.emplace_back(tr("The monthly check, with a key of the role restore or admin: saoluu "
                              "check --read-data --report FILE"));
    std::string text;
    for (const std::string& step : steps)
        text += point(step, 0);
    return "\n" + std::string(tr("What to do next:")) + "\n" +
           (text.empty() ? point(tr("Nothing. Check again in a month."), 0) : text);
}

} // namespace

std::string text_of(const CheckPage& page) {
    std::string text = util::wrapped(verdict_line(page), kColumns) + "\n";
    if (const std::vector<std::string> reasons = why_not_counted(page); !reasons.empty()) {
        text += util::wrapped(tr("This does NOT count as the monthly check:"), kColumns) + "\n";
        for (const std::string& reason : reasons)
            text += point(reason, 0);
    }
    text += "\n" + std::string(tr("Check of the backups")) + "\n";
    Facts facts;
    facts.add(tr("When"),
              message(tr("{} to {}"), local_time(page.started), local_time(page.ended)));
    facts.add(tr("By whom"), people_of(page));
    facts.add(tr("Computer"), message("{}, {}", printable(page.machine), printable(page.program)));
    text += facts.text(2);
    for (const ReportedStore& store : page.stores)
        text += text_of(store, page.ended);
    return text + next_steps(page);
}

} // namespace saoluu
