// SPDX-License-Identifier: Apache-2.0
#include "engine/losses.hpp"

#include "engine/stream_input.hpp"
#include "engine/unmounted.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::engine {

namespace {

using util::message;
using util::tr;

/// A source that was full and is empty now is a disk that is not mounted, far more often than not.
std::string cause_of(const std::string& source) {
    std::string known = source.empty() ? "" : unmounted_below(source);
    return known.empty() ? std::string(tr("is a disk or share not mounted?")) : known;
}

bool has_lost_share(std::uint64_t before, std::uint64_t now, double percent) {
    return now<before&& static_cast<double>(before - now) * 100> static_cast<double>(before) *
           percent;
}

Failure refuse(const SuspectSource& source, const std::string& any_source) {
    if (!source.path.empty())
        return fail(ErrorKind::refused,
                    message(source.in_bytes
                                ? tr("{}: there is nothing in it now, and at the last backup there "
                                     "was ({} bytes): {} No snapshot was made. If it is meant to "
                                     "be empty, say --allow-empty")
                                : tr("{}: there is nothing in it now, and at the last backup there "
                                     "was ({} entries): {} No snapshot was made. If it is meant to "
                                     "be empty, say --allow-empty"),
                            util::printable(source.path), source.before,
                            source.in_bytes ? std::string(tr("did what writes it fail?"))
                                            : cause_of(source.path)));
    return fail(ErrorKind::refused,
                message(tr("{}: there is nothing to back up, and this job's last snapshot has {} "
                           "files: {} No snapshot was made. If that is meant, say --allow-empty"),
                        util::printable(any_source), source.before, cause_of(any_source)));
}

} // namespace

Result<std::vector<SuspectSource>> judge_losses(const ListTotals& before, const Seen& now,
                                                const BackupOptions& options) {
    std::vector<SuspectSource> suspects;
    if (options.allow_empty || now.in_source.empty())
        return suspects;
    const std::string stream = options.stream ? path_of(*options.stream) : "";
    for (const auto& [source, held] : before.in_source) {
        const auto seen = now.in_source.find(source);
        if (seen == now.in_source.end() || held == 0)
            continue;
        const SuspectSource one{
            .path = source, .before = held, .now = seen->second, .in_bytes = source == stream};
        if (one.now == 0 && !options.empty_is_suspect)
            return refuse(one, source);
        if (one.now == 0 || has_lost_share(held, one.now, options.suspect_loss))
            suspects.push_back(one);
    }
    // Without the list only the job's last snapshot tells, and not of which sources it was.
    if (before.in_source.empty() && before.files > 0) {
        const SuspectSource all{.path = "", .before = before.files, .now = now.files};
        const bool is_empty = std::ranges::all_of(
            now.in_source, [](const auto& source) { return source.second == 0; });
        if (is_empty && !options.empty_is_suspect)
            return refuse(all, now.in_source.begin()->first);
        // What has no job's name may have been a backup of other things.
        if (is_empty ||
            (!options.job.empty() && has_lost_share(all.before, all.now, options.suspect_loss)))
            suspects.push_back(all);
    }
    return suspects;
}

std::string reason_of(const SuspectSource& suspect) {
    const auto text = [&](std::uint64_t number) {
        return suspect.in_bytes ? util::human_size(number) : std::to_string(number);
    };
    const std::string before = text(suspect.before), now = text(suspect.now);
    const char* const lost =
        suspect.in_bytes ? tr("it has {} now, and had {}: did what writes it fail?{} The snapshot "
                              "is kept and marked as suspect, and so are the next ones until this "
                              "changes. If it is meant, back up once with --allow-empty")
        : suspect.path.empty()
            ? tr("the sources have {} files now, and had {} at this job's last snapshot.{} The "
                 "snapshot is kept and marked as suspect. If it is meant, nothing is to be done")
            : tr("it has {} entries now, and had {}.{} The snapshot is kept and marked as suspect, "
                 "and so are the next ones until this changes. If it is meant, back up once with "
                 "--allow-empty");
    std::string cause =
        suspect.path.empty() || suspect.in_bytes ? "" : unmounted_below(suspect.path);
    if (cause.empty() && suspect.now == 0 && !suspect.in_bytes)
        cause = tr("Is a disk or share not mounted?");
    return message(lost, now, before, cause.empty() ? "" : " " + cause);
}

format::NoteFinding finding_of_missing(const std::string& source) {
    const std::string cause = source.starts_with('/') ? unmounted_below(source) : "";
    return {.path = source.substr(std::min(source.find_first_not_of('/'), source.size())),
            .kind = static_cast<std::uint64_t>(format::FindingKind::vanished),
            .code = 0,
            .text = tr("this source is not there, and so not in the snapshot; the others are") +
                    (cause.empty() ? "" : ". " + cause)};
}

format::NoteFinding finding_of(const SuspectSource& suspect) {
    return {.path = suspect.path.empty() ? "" : suspect.path.substr(1),
            .kind = static_cast<std::uint64_t>(format::FindingKind::suspect),
            .code = suspect.before,
            .text = reason_of(suspect)};
}

} // namespace saoluu::engine
