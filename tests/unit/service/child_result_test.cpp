// SPDX-License-Identifier: Apache-2.0
#include "service/child_works.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace saoluu;
using namespace saoluu::service;
using Lines = std::vector<std::string>;

namespace {
const Order kJob{.kind = Order::Kind::job, .name = "vanphong"};
const Order kCheck{.kind = Order::Kind::check, .name = "nas"};
} // namespace

TEST_CASE("what a backup says becomes the result of its job") {
    const WorkResult result = result_of(
        kJob,
        {R"({"type":"progress","files":1})", R"({"type":"finding","text":"x"})",
         R"({"type":"summary","snapshot":"ab12","files":3,"bytes":4000,"stored_bytes":500,)"
         R"("unreadable":2,"missing":1,"late":[{"location":"s3://x","store":"cloud","why":"away"},)"
         R"({"location":"/mnt/nas/saoluu","store":null,"why":"away"}],)"
         R"("suspect":[{"before":100,"now":90,"unit":"entries"},)"
         R"({"before":4096,"now":41,"unit":"bytes"},{"before":100,"now":2,"unit":"files"}],)"
         R"("space":[{"store":"nas","free_bytes":7,"total_bytes":70}]})"},
        3, 0, false);
    CHECK(result.outcome == RunOutcome::incomplete);
    CHECK(result.snapshot == "ab12");
    CHECK(result.files == 3);
    CHECK(result.bytes == 4000);
    CHECK(result.stored_bytes == 500);
    CHECK(result.unreadable == 2);
    CHECK(result.late_stores == Lines{"cloud"});
    CHECK(result.suspect);
    CHECK(result.missing == 1);
    CHECK(result.loss.unit == Loss::Unit::bytes);
    CHECK(result.loss.before == 4096);
    CHECK(result.loss.now == 41);
    CHECK(result.space.at("nas").total_bytes == 70);
}

TEST_CASE("what a source lost is told in what it was counted in") {
    for (const auto& [word, unit] :
         {std::pair{"files", Loss::Unit::files}, std::pair{"entries", Loss::Unit::entries},
          std::pair{"bytes", Loss::Unit::bytes}}) {
        const std::string line =
            std::string(R"({"type":"summary","suspect":[{"before":9,"now":1,)") + R"("unit":")" +
            word + R"("}]})";
        CHECK(result_of(kJob, {line}, 0, 0, false).loss.unit == unit);
    }
}

TEST_CASE("an error of a command is known by its kind") {
    const WorkResult result = result_of(kJob,
                                        {R"({"type":"failed_step","step":"before"})",
                                         R"({"type":"error","kind":"wrong_key","message":"no"})"},
                                        12, 0, false);
    CHECK(result.outcome == RunOutcome::failed);
    CHECK(result.error == ErrorKind::wrong_key);
    CHECK(result.message == "no");
    CHECK(result.step == FailedStep::before_hook);
}

TEST_CASE("how a command ended tells interrupted, failed and done") {
    CHECK(result_of(kJob, {}, 130, 0, true).outcome == RunOutcome::interrupted);
    CHECK(result_of(kJob, {}, 130, 0, false).outcome == RunOutcome::failed);
    CHECK(result_of(kJob, {}, 0, 9, true).outcome == RunOutcome::interrupted);
    // Stopped while its program for "after" ran, which is to run to its end another time.
    const Lines made = {R"({"type":"summary","snapshot":"ab12"})"};
    CHECK(result_of(kJob, made, 130, 0, true).outcome == RunOutcome::interrupted);
    CHECK(result_of(kJob, made, 130, 0, false).outcome == RunOutcome::incomplete);
    CHECK(result_of(kJob, made, 1, 0, true).outcome == RunOutcome::incomplete);
    const WorkResult killed = result_of(kJob, {}, 0, 9, false);
    CHECK(killed.outcome == RunOutcome::failed);
    CHECK(killed.message == "its process was ended by signal 9");
    CHECK(result_of(kJob, {}, 0, 0, true).outcome == RunOutcome::done);
    CHECK(result_of(kCheck, {}, 13, 0, false).outcome == RunOutcome::done);
    CHECK(result_of(kJob, {}, 13, 0, false).outcome == RunOutcome::failed);
}

TEST_CASE("a check tells damage, its turn and the last check by a person") {
    const WorkResult result = result_of(
        kCheck,
        {R"({"type":"summary","sound":false,"damage":2,"bad_packs":2,)"
         R"("bad_pack_ids":["aa","bb"],"kinds":{"packs":2,"index":0},"rotation":{"seen_percent":12.5},)"
         R"("last_full_check":{"at":"2026-11-01T00:00:00Z","by":"An","sound":true}})"},
        13, 0, false);
    CHECK(result.damaged);
    CHECK(result.damaged_packs == 2);
    CHECK(result.seen_percent == 12.5);
    CHECK(result.last_full_check == 1793491200);
    CHECK(result.last_full_check_by == "An");
    CHECK(result.packs_to_heal == std::vector<std::string>{"aa", "bb"});
    const WorkResult more = result_of(kCheck,
                                      {R"({"type":"summary","sound":false,"damage":3,)"
                                       R"("bad_pack_ids":["aa"],"kinds":{"packs":1,"index":2}})"},
                                      13, 0, false);
    CHECK(more.damaged);
    CHECK(more.packs_to_heal.empty()); // they are not all that there is to heal
}

TEST_CASE("signs of tampering are no damage, and a check without a summary is no sound one") {
    const WorkResult alarm = result_of(
        kCheck, {R"({"type":"summary","sound":false,"damage":0,"alarms":2})"}, 13, 0, false);
    CHECK(alarm.alarms == 2);
    CHECK_FALSE(alarm.damaged);
    // As of a store whose `format` or rosters are damaged.
    const WorkResult closed =
        result_of(kCheck, {R"({"type":"error","kind":"corrupt","message":"no"})"}, 13, 0, false);
    CHECK(closed.outcome == RunOutcome::done);
    CHECK(closed.damaged);
    for (const int code : {0, 3})
        CHECK(result_of(kCheck, {}, code, 0, false).outcome == RunOutcome::failed);
}

TEST_CASE("a key that has expired is not the next to expire") {
    const WorkResult keys = result_of({.kind = Order::Kind::keys, .name = "nas"},
                                      {R"({"type":"key","expires":"2020-01-01T00:00:00Z"})",
                                       R"({"type":"key","expires":"2099-01-01T00:00:00Z"})"},
                                      0, 0, false);
    CHECK(keys.key_expires == 4070908800);
}

TEST_CASE("keys and snapshots are told by the first and the last") {
    const WorkResult keys = result_of({.kind = Order::Kind::keys, .name = "nas"},
                                      {R"({"type":"key","expires":null})",
                                       R"({"type":"key","expires":"2097-01-02T00:00:00Z"})",
                                       R"({"type":"key","expires":"2097-01-01T00:00:00Z"})"},
                                      0, 0, false);
    CHECK(keys.key_expires == 4007836800);
    const WorkResult recalled =
        result_of({.kind = Order::Kind::recall, .name = "nas"},
                  {R"({"type":"snapshot","job":"a","started":"2026-01-01T00:00:00Z"})",
                   R"({"type":"snapshot","job":"a","started":"2025-01-01T00:00:00Z"})"},
                  0, 0, false);
    CHECK(recalled.newest_snapshots.at("a") == 1767225600);
}

TEST_CASE("output that is none harms nobody") {
    for (const char* line :
         {"", "null", "[]", "{", "\xff\xfe", "{\"type\":7}", "{\"type\":\"summary\",\"files\":-1}",
          "{\"type\":\"summary\",\"late\":{},\"suspect\":3,\"space\":[1,null]}",
          "{\"type\":\"summary\",\"files\":\"x\",\"snapshot\":null}", "{\"type\":\"error\"}"})
        for (const Order::Kind kind : {Order::Kind::job, Order::Kind::check, Order::Kind::heal,
                                       Order::Kind::keys, Order::Kind::recall})
            CHECK((kind == Order::Kind::check || // that must say what it found
                   result_of({.kind = kind, .name = "x"}, {line}, 0, 0, false).outcome ==
                       RunOutcome::done));
}
