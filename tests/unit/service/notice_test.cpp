// SPDX-License-Identifier: Apache-2.0
#include "service/notice.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace saoluu::service {
namespace {

constexpr UnixTime kNow = 1'800'000'000;

Teller teller() {
    return {.office = "UBND xã Bình Minh",
            .machine = "may1",
            .zone = *policy::find_time_zone("Asia/Ho_Chi_Minh")};
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("every notice says who, what, when and what to do") {
    for (int i = 0; i <= static_cast<int>(NoticeKind::recovered); ++i) {
        const auto kind = static_cast<NoticeKind>(i);
        CAPTURE(name_of(kind));
        const Message message = render({.kind = kind, .about = "vanphong", .at = kNow}, teller());
        CHECK(message.subject.starts_with("[UBND xã Bình Minh] "));
        CHECK(has(message.subject, "vanphong"));
        CHECK(has(message.text, "UBND xã Bình Minh"));
        CHECK(has(message.text, "may1"));
        CHECK(has(message.text, "2027-01-15 15:00"));
        CHECK(has(message.text, "What to do: "));
        CHECK(message.id.size() == 32);
        const auto object = nlohmann::json::parse(message.json);
        CHECK(object["kind"] == name_of(kind));
        CHECK(object["about"] == "vanphong");
        CHECK(object["text"] == message.text);
    }
}

TEST_CASE("the facts of a trouble are told") {
    Notice failed{.kind = NoticeKind::failure, .about = "vanphong", .at = kNow};
    failed.error = ErrorKind::no_space;
    failed.step = FailedStep::before_hook;
    CHECK(has(render(failed, teller()).text, "full"));
    CHECK(has(render(failed, teller()).text, "(before) failed"));
    CHECK(has(render(failed, teller()).text, "There is no backup yet."));
    failed.last_success = kNow - 86400;
    CHECK(has(render(failed, teller()).text, "The newest backup is of 2027-01-14 15:00."));

    Notice incomplete{.kind = NoticeKind::incomplete, .about = "vanphong", .at = kNow};
    incomplete.unreadable = 3;
    incomplete.late_stores = {"nas", "cloud"};
    CHECK(has(render(incomplete, teller()).text, "3 files could not be read."));
    CHECK(has(render(incomplete, teller()).text, "The store cloud has not got all of it."));

    incomplete.missing = 2;
    CHECK(has(render(incomplete, teller()).text, "2 sources are not there."));
    CHECK(has(render(incomplete, teller()).text, "1 file could not be read."));
    incomplete.missing = 3;
    CHECK_FALSE(has(render(incomplete, teller()).text, "could not be read"));

    Notice suspect{.kind = NoticeKind::suspect, .about = "csdl", .at = kNow};
    suspect.loss = {.unit = Loss::Unit::bytes, .before = 5368709120, .now = 1024};
    CHECK(has(render(suspect, teller()).text, "had 5.0 GiB at the last backup and has 1.0 KiB"));
    CHECK_FALSE(has(render(suspect, teller()).text, "files"));
    CHECK(has(render(suspect, teller()).json, "\"bytes_before\":5368709120,\"bytes_now\":1024"));
    suspect.loss = {.unit = Loss::Unit::entries, .before = 10, .now = 2};
    CHECK(has(render(suspect, teller()).text, "held 10 files and folders"));
    CHECK(has(render(suspect, teller()).json, "\"entries_now\":2"));
    suspect.loss = {.unit = Loss::Unit::files, .before = 10, .now = 2};
    CHECK(has(render(suspect, teller()).text, "held 10 files at"));
    CHECK(has(render(suspect, teller()).json, "\"files_now\":2"));

    Notice overdue{.kind = NoticeKind::overdue, .about = "vanphong", .at = kNow};
    overdue.max_age = std::chrono::hours(26);
    CHECK(has(render(overdue, teller()).text, "no older than 26 hours"));

    Notice full{.kind = NoticeKind::store_nearly_full, .about = "nas", .at = kNow};
    full.free_bytes = std::uint64_t{5} << 30;
    full.total_bytes = std::uint64_t{100} << 30;
    CHECK(has(render(full, teller()).text, "Free: 5.0 GiB of 100.0 GiB."));

    Notice damage{.kind = NoticeKind::damage, .about = "nas", .at = kNow};
    CHECK(has(render(damage, teller()).text, "Records of the store are missing"));
    CHECK_FALSE(has(render(damage, teller()).text, "pack"));
    damage.damaged_packs = 1;
    damage.healed_packs = 1;
    CHECK(has(render(damage, teller()).text, "1 pack of stored data is missing"));
    CHECK(has(render(damage, teller()).text, "1 was brought again"));

    Notice tampering{.kind = NoticeKind::tampering, .about = "nas", .at = kNow};
    tampering.alarms = 2;
    CHECK(has(render(tampering, teller()).subject, "there are signs of tampering: nas"));
    CHECK(has(render(tampering, teller()).text, "found 2 signs"));
    CHECK(has(render(tampering, teller()).text, "Change nothing there"));
    CHECK(nlohmann::json::parse(render(tampering, teller()).json)["facts"]["alarms"] == 2);

    Notice unchecked{.kind = NoticeKind::check_failed, .about = "nas", .at = kNow};
    unchecked.error = ErrorKind::denied;
    CHECK(has(render(unchecked, teller()).text, "access was refused"));
    CHECK(has(render(unchecked, teller()).text, "No check has been done yet."));
    unchecked.last_success = kNow - 86400;
    unchecked.unreadable = 5;
    CHECK(has(render(unchecked, teller()).text, "5 packs of stored data could not be read."));
    CHECK(has(render(unchecked, teller()).text, "done is of 2027-01-14 15:00."));
    CHECK(has(render(unchecked, teller()).json, "\"last_check\":\"2027-01-14T08:00:00Z\""));

    Notice clock{.kind = NoticeKind::clock, .about = "", .at = kNow};
    clock.clock_step = -std::chrono::hours(72);
    CHECK(has(render(clock, teller()).text, "set back by 3 days"));
    CHECK(has(render(clock, teller()).subject, "may1"));
}

TEST_CASE("the end of a trouble names the trouble and how long it lasted") {
    Notice ended{.kind = NoticeKind::recovered, .about = "vanphong", .at = kNow};
    ended.ended = NoticeKind::overdue;
    ended.since = kNow - 3600;
    const Message message = render(ended, teller());
    CHECK(has(message.subject, "in order again (backup is overdue: vanphong)"));
    CHECK(has(message.text, "from 2027-01-15 14:00 to 2027-01-15 15:00"));
    CHECK(nlohmann::json::parse(message.json)["facts"]["ended"] == "overdue");
}

TEST_CASE("names from outside make no lines and no controls of their own") {
    Teller odd = teller();
    odd.office = "a\r\nBcc: x";
    odd.machine = "b\x1b[31m";
    const Message message = render({.kind = NoticeKind::test, .about = {}, .at = kNow}, odd);
    CHECK(message.subject.find('\n') == std::string::npos);
    CHECK(message.subject.find('\r') == std::string::npos);
    CHECK(message.text.find('\x1b') == std::string::npos);
}

TEST_CASE("the digest tells of every job, store and trouble") {
    ServiceStatus status;
    status.now = kNow;
    status.jobs.resize(2);
    status.jobs[0].name = "vanphong";
    status.jobs[0].last_success = kNow - 60;
    status.jobs[0].last_outcome = RunOutcome::done;
    status.jobs[0].runs = 10;
    status.jobs[1].name = "ketoan";
    status.jobs[1].suspect = true;
    status.stores.resize(1);
    status.stores[0].name = "nas";
    status.stores[0].damaged_packs = 2;
    status.stores[0].seen_percent = 99.97;
    Message message = render_digest(status, teller());
    CHECK(message.subject == "[UBND xã Bình Minh] backup report: all is well");
    for (const char* part : {"vanphong", "2027-01-15 14:59", "ketoan", "newest backup: none",
                             "SUSPECT", "nas", "DAMAGED packs: 2", "the cycle: 99%"})
        CHECK(has(message.text, part));
    status.troubles = {{.kind = NoticeKind::damage, .about = "nas", .since = kNow - 86400}};
    message = render_digest(status, teller());
    CHECK(message.subject == "[UBND xã Bình Minh] backup report: 1 trouble");
    CHECK(has(message.text, "- stored backups are damaged: nas, since 2027-01-14 15:00"));
    CHECK(nlohmann::json::parse(message.json)["facts"]["jobs"].size() == 2);
}

} // namespace
} // namespace saoluu::service
