// SPDX-License-Identifier: Apache-2.0
#include "service/notice.hpp"
#include "service/status_file.hpp"

#include "util/text.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

namespace saoluu::service {
namespace {
using util::human_size;
using util::message;
using util::printable;
using util::tr;
using util::trn;
using Json = nlohmann::ordered_json;

std::string time_or(const std::optional<UnixTime>& at, const Teller& teller, const char* none) {
    return at ? local_time(*at, teller) : none;
}

std::string outcome_text(RunOutcome outcome) {
    switch (outcome) {
    case RunOutcome::none:
        return tr("it has never run");
    case RunOutcome::done:
        return tr("good");
    case RunOutcome::incomplete:
        return tr("incomplete");
    case RunOutcome::failed:
        return tr("failed");
    case RunOutcome::interrupted:
        break;
    }
    return tr("interrupted");
}

/// A block of lines for each: a table would be torn where letters have widths of their own.
std::string text_of(const JobStatus& job, const Teller& teller) {
    std::string text = "- " + printable(job.name) + "\n";
    const auto line = [&](const std::string& said) { text += "    " + said + "\n"; };
    line(message(tr("newest backup: {}"), time_or(job.last_success, teller, tr("none"))));
    line(message(tr("last run: {}"), outcome_text(job.last_outcome)));
    line(
        message(tr("runs since the last report: {}, of these failed: {}"), job.runs, job.failures));
    line(message(tr("files: {}, their size: {}, added to the stores: {}"), job.files,
                 human_size(job.bytes), human_size(job.runs_stored_bytes)));
    if (job.next)
        line(message(tr("next run: {}"), local_time(*job.next, teller)));
    if (job.overdue)
        line(tr("OVERDUE"));
    if (job.suspect)
        line(tr("SUSPECT: far less in the sources than before"));
    return text;
}

std::string text_of(const StoreStatus& store, const Teller& teller) {
    std::string text = "- " + printable(store.name) + "\n";
    const auto line = [&](const std::string& said) { text += "    " + said + "\n"; };
    if (store.free_bytes && store.total_bytes)
        line(message(tr("free: {} of {}"), human_size(*store.free_bytes),
                     human_size(*store.total_bytes)));
    line(message(tr("last unattended check: {}"), time_or(store.last_check, teller, tr("none"))));
    if (store.seen_percent)
        line(message(tr("of all data read and found good within the cycle: {}%"),
                     std::floor(*store.seen_percent))); // 99.9 is not all
    if (store.damaged_packs > 0)
        line(message(tr("DAMAGED packs: {}"), store.damaged_packs));
    line(message(tr("last check by a person: {}"),
                 time_or(store.last_full_check, teller, tr("none"))));
    if (store.full_check_due)
        line(message(tr("the next is due: {}"), local_time(*store.full_check_due, teller)));
    return text;
}

std::string trouble_text(const OpenTrouble& trouble, const Teller& teller) {
    const std::string what =
        subject_text(trouble.kind, trouble.about.empty() ? teller.machine : trouble.about);
    return message(tr("- {}, since {}"), what, local_time(trouble.since, teller)) + "\n";
}

} // namespace

Message render_digest(const ServiceStatus& status, const Teller& teller) {
    const std::size_t troubles = status.troubles.size();
    const std::string what =
        subject_text(NoticeKind::digest,
                     troubles == 0 ? std::string(tr("all is well"))
                                   : message(trn("{} trouble", "{} troubles", troubles), troubles));
    Message out{.id = new_message_id(),
                .at = status.now,
                .subject = subject_of(what, teller),
                .text = {},
                .json = {}};
    out.text = heading(teller) + "\n\n" + what + ".\n" +
               message(tr("Time: {}."), local_time(status.now, teller)) + "\n";
    if (troubles > 0)
        out.text += std::string("\n") + tr("What is wrong:") + "\n";
    for (const OpenTrouble& trouble : status.troubles)
        out.text += trouble_text(trouble, teller);
    out.text += std::string("\n") + tr("Jobs:") + "\n";
    for (const JobStatus& job : status.jobs)
        out.text += text_of(job, teller);
    out.text += std::string("\n") + tr("Stores:") + "\n";
    for (const StoreStatus& store : status.stores)
        out.text += text_of(store, teller);
    out.json = Json{{"type", "notice"},
                    {"id", out.id},
                    {"kind", name_of(NoticeKind::digest)},
                    {"about", ""},
                    {"at", util::utc_time(status.now)},
                    {"office", teller.office},
                    {"machine", teller.machine},
                    {"reminder", false},
                    {"facts", Json::parse(status_json(status))},
                    {"subject", out.subject},
                    {"text", out.text},
                    {"version", status.version}}
                   .dump(-1, ' ', false, Json::error_handler_t::replace);
    return out;
}

} // namespace saoluu::service
