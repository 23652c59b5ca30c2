// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/check_verdict.hpp"

#include "cli/help.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;
using util::trn;
using State = CheckedSnapshot::State;

/// More lines than this nobody reads; --json has all.
constexpr std::size_t kLines = 50;
/// Snapshots that are named behind a file.
constexpr std::size_t kNamedSnapshots = 3;

std::string name_of(const CheckedSnapshot& snapshot) {
    return message(tr("{} of {}"), snapshot.id.substr(0, 12), local_time(snapshot.started));
}

std::string line_of(const CheckedSnapshot& snapshot) {
    std::string line = "  " + name_of(snapshot);
    if (!snapshot.job.empty())
        line += ", " + message(tr("job {}"), printable(snapshot.job));
    if (!snapshot.client.empty())
        line += ", " + printable(snapshot.client);
    return line + "\n";
}

std::string and_more(std::size_t all) {
    if (all <= kLines)
        return "";
    return "  " + message(tr("and {} more; --json lists all"), all - kLines) + "\n";
}

std::string snapshots_of(const CheckReport& report, const DamagedPath& file) {
    const std::size_t shown = std::min(file.snapshots.size(), kNamedSnapshots);
    std::string text;
    for (std::size_t i = 0; i < shown; ++i)
        text += (i > 0 ? "; " : "") + name_of(report.checked[file.snapshots[i]]);
    if (shown < file.snapshots.size())
        text += "; " + message(tr("and {} more, up to {}"), file.snapshots.size() - shown,
                               name_of(report.checked[file.snapshots.back()]));
    return text;
}

std::string damaged_files(const CheckReport& report) {
    if (report.damaged_files == 0)
        return "";
    std::string text =
        message(trn("{} damaged file, and the snapshots that have it:",
                    "{} damaged files, and the snapshots that have them:", report.damaged_files),
                report.damaged_files) +
        "\n";
    for (std::size_t i = 0; i < std::min(report.damaged_paths.size(), kLines); ++i) {
        const DamagedPath& file = report.damaged_paths[i];
        text += "  " + printable(file.path) +
                (file.and_on ? std::string(" ") + tr("(and what follows: its catalog is damaged)")
                             : std::string()) +
                "\n      " + snapshots_of(report, file) + "\n";
    }
    return text + and_more(static_cast<std::size_t>(report.damaged_files));
}

std::vector<std::size_t> in_state(const CheckReport& report, State state) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < report.checked.size(); ++i)
        if (report.checked[i].state == state)
            found.push_back(i);
    return found;
}

/// The newest first: they are what people ask for.
std::string list_newest(const CheckReport& report, const std::vector<std::size_t>& positions) {
    std::string text;
    for (std::size_t i = 0; i < std::min(positions.size(), kLines); ++i)
        text += line_of(report.checked[positions[positions.size() - 1 - i]]);
    return text + and_more(positions.size());
}

std::string concerned_snapshots(const CheckReport& report) {
    const std::vector<std::size_t> missing = in_state(report, State::misses_files);
    const std::vector<std::size_t> unsure = in_state(report, State::may_miss);
    std::string text;
    if (!missing.empty())
        text += message(trn("{} snapshot of {} can't be restored whole:",
                            "{} snapshots of {} can't be restored whole:", missing.size()),
                        missing.size(), report.checked.size()) +
                "\n" + list_newest(report, missing);
    if (!unsure.empty())
        text += message(trn("{} snapshot of {} may be concerned (its data, or what it shares with "
                            "earlier ones, may lie there):",
                            "{} snapshots of {} may be concerned (their data, or what they share "
                            "with earlier ones, may lie there):",
                            unsure.size()),
                        unsure.size(), report.checked.size()) +
                "\n" + list_newest(report, unsure) +
                tr("This key can't read, so it can't tell which files. A check with a reader's "
                   "passphrase names them:\n  saoluu check --passphrase-file FILE") +
                "\n";
    return text;
}

std::string whole_snapshots(const CheckReport& report) {
    const bool is_costly = std::ranges::any_of(
        report.checked, [](const CheckedSnapshot& one) { return one.state != State::whole; });
    if (report.checked.empty())
        return "";
    if (!is_costly)
        return std::string(tr("Every snapshot is whole: the damage costs none of them a file.")) +
               "\n";
    const std::vector<std::size_t> last = last_whole_of(report);
    std::string text;
    for (const std::size_t position : last)
        text += message(tr("Last snapshot without damage: {}"),
                        line_of(report.checked[position]).substr(2));
    if (last.empty())
        text = std::string(tr("No snapshot is known to be whole.")) + "\n";
    return text;
}

std::string title_of(const CheckReport& report) {
    if (report.alarms > 0)
        return tr("ALARM: there are signs of tampering; they are named above. Change nothing, and "
                  "show this to the person in charge.");
    if (report.damage > 0)
        return tr("DAMAGE was found; it is named above.");
    if (report.unreadable > 0)
        return tr("No damage was found, but not everything could be read: the check is not "
                  "complete. Run it as a user who may read the whole repository.");
    return report.warnings > 0 ? tr("The repository is sound. Look at the warnings above.")
                               : tr("The repository is sound.");
}

std::string share_of(const CheckReport& report) {
    if (report.packs >= report.listed_packs || report.listed_pack_bytes == 0)
        return "";
    const double share = 100.0 * static_cast<double>(report.pack_bytes) /
                         static_cast<double>(report.listed_pack_bytes);
    if (report.rotation)
        return message(tr("Read were {:.1f} per cent of the bytes of all packs ({} of {} packs), "
                          "those whose turn it was."),
                       share, report.packs, report.listed_packs) +
               "\n";
    return message(tr("Only a share was read: {:.1f} per cent of the bytes of all packs ({} of {} "
                      "packs, "
                      "chosen at random). The rest was not read this time."),
                   share, report.packs, report.listed_packs) +
           "\n";
}

std::string step_of(DamageKind kind) {
    switch (kind) {
    case DamageKind::packs:
        return tr("Packs: heal them from another copy of the repository, if there is one:\n"
                  "saoluu heal --from COPY\n"
                  "Without a copy, saoluu heal with a reader's passphrase condemns them, so that a "
                  "backup from the sources, while they are whole, stores anew what they held. "
                  "Restore what is still good: saoluu restore names what it can't bring back and "
                  "goes on. And have the disk looked at.");
    case DamageKind::index:
        return tr(
            "Index: make it again from the packs, when they are back as far as that can be, with "
            "an admin's passphrase:\nsaoluu repair "
            "index --passphrase-file FILE");
    case DamageKind::copies:
        return tr("Small objects: each of them is there twice, as NAME and NAME.2 with the same "
                  "bytes. Copy the good one to the name of the bad one. (place is there once: take "
                  "it from a copy of this very folder.)");
    case DamageKind::sessions:
        return tr("Objects of snapshots: copy the named ones back from another copy of the "
                  "repository. The snapshots themselves are in the ledger as well.");
    case DamageKind::ledger:
        return tr("Ledger: copy the named entries back from another copy of the repository, and "
                  "show this to the person in charge: history is missing.");
    case DamageKind::marks:
        return tr("Marks: copy the named one back from another copy of the repository. Until then "
                  "no backup runs, because it is not known what the mark condemns.");
    case DamageKind::files:
        return tr("Files: back up again now, from the sources, while they are whole. What is "
                  "damaged in older snapshots stays so.");
    case DamageKind::other:
        break;
    }
    return "";
}

/// A point of a list; lines behind the first stand below its text.
std::string point(const std::string& step) {
    std::string text = "- ";
    for (const char c : wrapped(step, kHelpColumns - 2))
        text += c == '\n' ? std::string("\n  ") : std::string(1, c);
    return text + "\n";
}

} // namespace

const char* name_of(DamageKind kind) {
    switch (kind) {
    case DamageKind::packs:
        return "packs";
    case DamageKind::index:
        return "index";
    case DamageKind::copies:
        return "copies";
    case DamageKind::sessions:
        return "sessions";
    case DamageKind::ledger:
        return "ledger";
    case DamageKind::marks:
        return "marks";
    case DamageKind::files:
        return "files";
    case DamageKind::other:
        break;
    }
    return "other";
}

const char* name_of(State state) {
    switch (state) {
    case State::whole:
        return "whole";
    case State::may_miss:
        return "may_miss";
    case State::misses_files:
        break;
    }
    return "misses_files";
}

std::vector<std::size_t> last_whole_of(const CheckReport& report) {
    struct Job {
        std::optional<std::size_t> last_whole;
        bool is_costly = false;
    };
    std::map<std::pair<std::string, std::string>, Job> jobs;
    for (std::size_t i = 0; i < report.checked.size(); ++i) {
        Job& job = jobs[{report.checked[i].client, report.checked[i].job}];
        if (report.checked[i].state == State::whole)
            job.last_whole = i;
        else
            job.is_costly = true;
    }
    std::vector<std::size_t> found;
    for (const auto& [name, job] : jobs)
        if (job.is_costly && job.last_whole)
            found.push_back(*job.last_whole);
    std::ranges::sort(found);
    return found;
}

std::vector<std::string> next_steps_of(const CheckReport& report) {
    std::vector<std::string> steps;
    if (report.alarms > 0)
        steps.emplace_back(tr("Signs of tampering: show them to the person in charge before "
                              "anything is changed, and look at \"saoluu key list\"."));
    const bool is_explained =
        report.kinds.contains(DamageKind::packs) || report.kinds.contains(DamageKind::index);
    for (const auto& [kind, count] : report.kinds)
        if (std::string step = step_of(kind);
            !step.empty() && !(kind == DamageKind::files && is_explained))
            steps.push_back(std::move(step));
    if (steps.empty() && report.damage > 0)
        steps.emplace_back(tr("Show the findings above to the person in charge, and copy the named "
                              "objects back from another copy of the repository."));
    return steps;
}

std::string verdict_of(const CheckReport& report) {
    std::string text =
        wrapped(title_of(report), kHelpColumns) + "\n" + wrapped(share_of(report), kHelpColumns);
    if (report.sound())
        return text;
    text += damaged_files(report) + concerned_snapshots(report) + whole_snapshots(report);
    text += std::string(tr("What to do next:")) + "\n";
    for (const std::string& step : next_steps_of(report))
        text += point(step);
    return text;
}

} // namespace saoluu::cli
