// SPDX-License-Identifier: Apache-2.0
#include "service/notice.hpp"

#include "util/text.hpp"

#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

namespace saoluu::service {
namespace {
using util::human_size;
using util::message;
using util::printable;
using util::tr;
using util::trn;
using Json = nlohmann::ordered_json;

/// Why a run failed, in words that name no path.
std::string reason_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::no_space:
        return tr("a disk or a store is full");
    case ErrorKind::no_repository:
        return tr("no repository is where the store should be: is the disk or the share mounted?");
    case ErrorKind::wrong_key:
        return tr("the key is not one of this repository, or may not do this");
    case ErrorKind::not_found:
        return tr("a source, a store or a key file is not where the config file says");
    case ErrorKind::denied:
        return tr("access was refused: by a store, or to a source");
    case ErrorKind::io:
        return tr("a store, a disk or the network failed");
    case ErrorKind::no_memory:
        return tr("there was not enough memory");
    case ErrorKind::corrupt:
        return tr("stored data is not what it must be");
    case ErrorKind::refused:
        return tr("a brake stopped it: a source is empty, a store was set back, or a file of keys "
                  "is open to others");
    case ErrorKind::usage:
        return tr("the config file does not say rightly what is to be done");
    case ErrorKind::interrupted:
        return tr("it was interrupted");
    case ErrorKind::failure:
    case ErrorKind::exists:
    case ErrorKind::unsupported:
        break;
    }
    return tr("the log says why");
}

std::string step_text(FailedStep step) {
    switch (step) {
    case FailedStep::before_hook:
        return tr("The program that runs before the backup (before) failed.");
    case FailedStep::command:
        return tr("The program whose output is backed up (command) failed.");
    case FailedStep::after_hook:
        return tr("The backup was made, but the program that runs behind it (after) failed.");
    case FailedStep::none:
    case FailedStep::backup:
        break;
    }
    return "";
}

/// Paragraphs, each ended.
class Text {
public:
    void line(const std::string& text) {
        if (!text.empty())
            (text_ += text) += "\n";
    }
    void gap() { text_ += "\n"; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

std::string loss_text(const Loss& loss) {
    switch (loss.unit) {
    case Loss::Unit::bytes:
        return message(tr("What the program for it (command) writes had {} at the last backup and "
                          "has {} now."),
                       human_size(loss.before), human_size(loss.now));
    case Loss::Unit::entries:
        return message(tr("A source held {} files and folders at the last backup and holds {} "
                          "now."),
                       loss.before, loss.now);
    case Loss::Unit::files:
        break;
    }
    return message(tr("The sources held {} files at the last backup and hold {} now."), loss.before,
                   loss.now);
}

const char* unit_name(Loss::Unit unit) {
    return unit == Loss::Unit::bytes ? "bytes" : unit == Loss::Unit::files ? "files" : "entries";
}

void tell_job(Text& text, const Notice& notice, const Teller& teller) {
    if (notice.kind == NoticeKind::incomplete) {
        if (notice.missing > 0)
            text.line(
                message(trn("{} source is not there.", "{} sources are not there.", notice.missing),
                        notice.missing));
        const std::uint64_t unreadable = notice.unreadable - notice.missing;
        if (unreadable > 0)
            text.line(message(
                trn("{} file could not be read.", "{} files could not be read.", unreadable),
                unreadable));
        for (const std::string& store : notice.late_stores)
            text.line(message(tr("The store {} has not got all of it."), store));
    }
    if (notice.kind == NoticeKind::suspect)
        text.line(loss_text(notice.loss) + " " +
                  tr("The backup was made, and is marked as suspect; the earlier ones are kept."));
    text.line(step_text(notice.step));
    if (notice.kind == NoticeKind::failure && notice.error)
        text.line(message(tr("Reason: {}."), reason_of(*notice.error)));
    if (notice.kind == NoticeKind::failure || notice.kind == NoticeKind::overdue)
        text.line(notice.last_success ? message(tr("The newest backup is of {}."),
                                                local_time(*notice.last_success, teller))
                                      : std::string(tr("There is no backup yet.")));
    if (notice.kind == NoticeKind::overdue && notice.max_age.count() > 0)
        text.line(message(tr("It is to be no older than {}."), span_of(notice.max_age)));
}

void tell_failed_check(Text& text, const Notice& notice, const Teller& teller) {
    if (notice.error)
        text.line(message(tr("Reason: {}."), reason_of(*notice.error)));
    if (notice.unreadable > 0)
        text.line(message(trn("{} pack of stored data could not be read.",
                              "{} packs of stored data could not be read.", notice.unreadable),
                          notice.unreadable));
    text.line(notice.last_success ? message(tr("The last check that was done is of {}."),
                                            local_time(*notice.last_success, teller))
                                  : std::string(tr("No check has been done yet.")));
}

void tell_store(Text& text, const Notice& notice, const Teller& teller) {
    if (notice.kind == NoticeKind::damage) {
        if (notice.damaged_packs == 0)
            text.line(tr("Records of the store are missing or not what they must be."));
        else
            text.line(message(trn("{} pack of stored data is missing or not what it must be.",
                                  "{} packs of stored data are missing or not what they must be.",
                                  notice.damaged_packs),
                              notice.damaged_packs));
        if (notice.healed_packs > 0)
            text.line(message(trn("{} was brought again from another store.",
                                  "{} were brought again from another store.", notice.healed_packs),
                              notice.healed_packs));
    }
    if (notice.kind == NoticeKind::tampering && notice.alarms > 0)
        text.line(message(
            trn("The check found {} sign of it.", "The check found {} signs of it.", notice.alarms),
            notice.alarms));
    if (notice.kind == NoticeKind::check_failed)
        tell_failed_check(text, notice, teller);
    if (notice.kind == NoticeKind::store_nearly_full)
        text.line(notice.total_bytes == 0
                      ? message(tr("Free: {}."), human_size(notice.free_bytes))
                      : message(tr("Free: {} of {}."), human_size(notice.free_bytes),
                                human_size(notice.total_bytes)));
    if (notice.due && notice.kind == NoticeKind::key_expires)
        text.line(message(tr("It expires: {}."), local_time(*notice.due, teller)));
    else if (notice.due)
        text.line(message(tr("It is due: {}."), local_time(*notice.due, teller)));
}

/// What a person does next.
std::string next_step(const Notice& notice) {
    const std::string name = notice.about;
    switch (notice.kind) {
    case NoticeKind::failure:
    case NoticeKind::incomplete:
        return message(tr("See the log (journalctl -u saoluu), mend what it names, then run it: "
                          "saoluu job run {}"),
                       name);
    case NoticeKind::overdue:
        return message(tr("Is the computer on at the times of the schedule, and the store there? "
                          "See saoluu job list, then run it: saoluu job run {}"),
                       name);
    case NoticeKind::suspect:
        if (notice.loss.unit == Loss::Unit::bytes)
            return tr("Is it meant to be so much less? If not, look at the database or whatever it "
                      "comes from, and restore from an earlier backup.");
        return tr("Was so much deleted or moved on purpose? If not, look at the computer at once, "
                  "and restore from an earlier backup. If a disk or share is not mounted, mount "
                  "it.");
    case NoticeKind::damage:
        return message(tr("See what is concerned: saoluu check --repo {}; bring it again from "
                          "another store: saoluu heal --help. Is the disk failing?"),
                       name);
    case NoticeKind::tampering:
        return message(tr("Change nothing there, and show this to the person in charge. What was "
                          "found: saoluu check --repo {}"),
                       name);
    case NoticeKind::check_failed:
        return message(tr("While it is not checked, nobody knows whether the store is sound. See "
                          "the log (journalctl -u saoluu), mend what it names, then check it: "
                          "saoluu check --repo {}"),
                       name);
    case NoticeKind::store_nearly_full:
        return tr("Make room there or get a larger disk before backups fail. Remove nothing of the "
                  "repository by hand.");
    case NoticeKind::check_due:
    case NoticeKind::check_overdue:
        return message(tr("Whoever holds a key that can read runs: saoluu check --read-data "
                          "--repo {}"),
                       name);
    case NoticeKind::key_expires:
        return tr("Whoever holds an admin key gives out a new one: saoluu key issue --help");
    case NoticeKind::clock:
        return tr("See whether date and time of the computer are right now. If they are often "
                  "wrong, its battery may be empty.");
    case NoticeKind::state_rebuilt:
        return tr("Backups are not concerned. If it happens again, look at the disk of the "
                  "computer.");
    case NoticeKind::test:
        return tr("Nothing is to be done: whoever reads this will be told when backups fail.");
    case NoticeKind::digest:
    case NoticeKind::recovered:
        break;
    }
    return tr("Nothing is to be done.");
}

std::string what_of(const Notice& notice, const Teller& teller) {
    const std::string about = notice.about.empty() ? teller.machine : notice.about;
    if (notice.kind == NoticeKind::recovered)
        return message(tr("in order again ({})"), subject_text(notice.ended, about));
    return subject_text(notice.kind, about);
}

Json facts_of(const Notice& notice) {
    Json facts = Json::object();
    const auto time = [&](const char* key, const std::optional<UnixTime>& at) {
        if (at)
            facts[key] = util::utc_time(*at);
    };
    const auto count = [&](const char* key, std::uint64_t number) {
        if (number != 0)
            facts[key] = number;
    };
    time("since", notice.since);
    if (notice.kind == NoticeKind::recovered)
        facts["ended"] = name_of(notice.ended);
    if (notice.error)
        facts["reason"] = reason_of(*notice.error);
    time(notice.kind == NoticeKind::check_failed ? "last_check" : "last_success",
         notice.last_success);
    count("max_age_seconds", static_cast<std::uint64_t>(notice.max_age.count()));
    count("unreadable", notice.unreadable);
    count("missing_sources", notice.missing);
    if (!notice.late_stores.empty())
        facts["late_stores"] = notice.late_stores;
    if (notice.kind == NoticeKind::suspect) {
        const std::string unit = unit_name(notice.loss.unit);
        facts[unit + "_before"] = notice.loss.before;
        facts[unit + "_now"] = notice.loss.now;
    }
    count("damaged_packs", notice.damaged_packs);
    count("alarms", notice.alarms);
    count("healed_packs", notice.healed_packs);
    if (notice.kind == NoticeKind::store_nearly_full) {
        facts["free_bytes"] = notice.free_bytes;
        count("total_bytes", notice.total_bytes);
    }
    time("due", notice.due);
    if (notice.clock_step.count() != 0)
        facts["clock_step_seconds"] = notice.clock_step.count();
    return facts;
}

} // namespace

std::string subject_text(NoticeKind kind, const std::string& about) {
    const char* const text = [kind] {
        switch (kind) {
        case NoticeKind::failure:
            return tr("backup failed: {}");
        case NoticeKind::incomplete:
            return tr("backup is incomplete: {}");
        case NoticeKind::overdue:
            return tr("backup is overdue: {}");
        case NoticeKind::suspect:
            return tr("much is gone from the sources: {}");
        case NoticeKind::damage:
            return tr("stored backups are damaged: {}");
        case NoticeKind::tampering:
            return tr("there are signs of tampering: {}");
        case NoticeKind::check_failed:
            return tr("the store can't be checked: {}");
        case NoticeKind::store_nearly_full:
            return tr("store is nearly full: {}");
        case NoticeKind::check_due:
            return tr("the regular check is due: {}");
        case NoticeKind::check_overdue:
            return tr("the regular check is overdue: {}");
        case NoticeKind::key_expires:
            return tr("a key is about to expire: {}");
        case NoticeKind::clock:
            return tr("the clock was set: {}");
        case NoticeKind::state_rebuilt:
            return tr("records of the backup service were lost: {}");
        case NoticeKind::digest:
            return tr("backup report: {}");
        case NoticeKind::test:
        case NoticeKind::recovered:
            break;
        }
        return tr("test message: {}");
    }();
    return message(text, printable(about));
}

std::string local_time(UnixTime at, const Teller& teller) {
    const cctz::civil_second time =
        cctz::convert(std::chrono::sys_seconds(std::chrono::seconds(at)), teller.zone);
    const auto two = [](int number) { return fmt::format("{:02}", number); };
    // TRANSLATORS: year, month, day, hour, minute
    return message(tr("{0}-{1}-{2} {3}:{4}"), fmt::format("{:04}", time.year()), two(time.month()),
                   two(time.day()), two(time.hour()), two(time.minute()));
}

std::string span_of(std::chrono::seconds time) {
    const auto seconds = static_cast<std::uint64_t>(std::abs(time.count()));
    constexpr std::uint64_t kMinute = 60, kHour = 3600, kDay = 86400;
    if (seconds >= 2 * kDay)
        return message(trn("{} day", "{} days", seconds / kDay), seconds / kDay);
    if (seconds >= 2 * kHour)
        return message(trn("{} hour", "{} hours", seconds / kHour), seconds / kHour);
    return message(trn("{} minute", "{} minutes", seconds / kMinute), seconds / kMinute);
}

std::string heading(const Teller& teller) {
    if (teller.office.empty())
        return message(tr("Computer: {}"), printable(teller.machine));
    return message(tr("Office: {}"), printable(teller.office)) + "\n" +
           message(tr("Computer: {}"), printable(teller.machine));
}

std::string subject_of(const std::string& text, const Teller& teller) {
    return "[" + printable(teller.office.empty() ? teller.machine : teller.office) + "] " + text;
}

Message render(const Notice& notice, const Teller& teller) {
    const std::string what = what_of(notice, teller);
    std::string subject = what;
    if (notice.is_reminder)
        subject = message(tr("still: {}"), what);
    Message out{.id = new_message_id(),
                .at = notice.at,
                .subject = subject_of(subject, teller),
                .text = {},
                .json = {}};
    Text text;
    text.line(heading(teller));
    text.gap();
    text.line(what + ".");
    if (notice.since && notice.kind == NoticeKind::recovered)
        text.line(message(tr("It lasted from {} to {}."), local_time(*notice.since, teller),
                          local_time(notice.at, teller)));
    else if (notice.since && notice.is_reminder)
        text.line(message(tr("Since: {}."), local_time(*notice.since, teller)));
    else
        text.line(message(tr("Time: {}."), local_time(notice.at, teller)));
    tell_job(text, notice, teller);
    tell_store(text, notice, teller);
    if (notice.kind == NoticeKind::clock)
        text.line(message(notice.clock_step.count() < 0
                              ? tr("It was set back by {}. Backups go on by the new time.")
                              : tr("It was set forward by {}. Backups go on by the new time."),
                          span_of(notice.clock_step)));
    text.gap();
    text.line(message(tr("What to do: {}"), next_step(notice)));
    out.text = text.take();
    out.json = Json{{"type", "notice"},
                    {"id", out.id},
                    {"kind", name_of(notice.kind)},
                    {"about", notice.about},
                    {"at", util::utc_time(notice.at)},
                    {"office", teller.office},
                    {"machine", teller.machine},
                    {"reminder", notice.is_reminder},
                    {"facts", facts_of(notice)},
                    {"subject", out.subject},
                    {"text", out.text},
                    {"version", SAOLUU_VERSION}}
                   .dump(-1, ' ', false, Json::error_handler_t::replace);
    return out;
}

} // namespace saoluu::service
