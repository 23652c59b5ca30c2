// SPDX-License-Identifier: Apache-2.0
// What the daily check finds.
#include "office_case.hpp"

#include "service/store_facts.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace saoluu;
using namespace saoluu::service;
using namespace std::chrono_literals;
using test::at;
using test::failure;
using test::kNov;
using test::Office;

namespace {

/// Checks of "nas" end so, those of "cloud" well; the rest is done.
auto checks_end(const WorkResult& result) {
    return [result](const Order& order) -> std::optional<WorkResult> {
        if (order.kind == Order::Kind::job)
            return {};
        if (order.kind == Order::Kind::check && order.name == "nas")
            return result;
        return WorkResult{.outcome = RunOutcome::done};
    };
}

WorkResult damage() {
    WorkResult result{.outcome = RunOutcome::done, .has_summary = true, .damaged = true};
    result.damaged_packs = 2;
    result.packs_to_heal = {"aa", "bb"};
    return result;
}

std::vector<Order> heals_of(const Office& office) {
    std::vector<Order> heals;
    for (const Order& order : office.works.started)
        if (order.kind == Order::Kind::heal)
            heals.push_back(order);
    return heals;
}

} // namespace

TEST_CASE("damage that the daily check finds is healed from elsewhere and told") {
    Office office(at(kNov, 30, 8, 0));
    office.works.started.clear();
    office.works.at_once = [](const Order& order) -> std::optional<WorkResult> {
        WorkResult result{.outcome = RunOutcome::done, .has_summary = true};
        result.damaged = order.kind == Order::Kind::check && order.name == "nas";
        result.damaged_packs = result.damaged ? 2 : 0;
        result.healed_packs = order.kind == Order::Kind::heal ? 2 : 0;
        result.seen_percent = 50;
        result.last_full_check = 1000;
        result.last_full_check_by = "Nguyễn Văn An";
        return result;
    };
    office.config.jobs.clear();
    REQUIRE(office.supervisor->configure(office.config, office.now()));
    office.live(4h + 40min);
    std::vector<std::string> orders;
    for (const Order& order : office.works.started)
        orders.push_back(std::to_string(static_cast<int>(order.kind)) + order.name);
    CHECK(orders == std::vector<std::string>{"1nas", "2nas", "3nas", "1cloud", "3cloud"});
    REQUIRE(office.telling.has(NoticeKind::damage, "nas"));
    CHECK(office.telling.troubles.at({NoticeKind::damage, "nas"}).healed_packs == 2);
    CHECK_FALSE(office.telling.has(NoticeKind::damage, "cloud"));
    const ServiceStatus status = office.supervisor->status(office.now());
    CHECK(status.stores.front().damaged_packs == 2);
    CHECK(status.stores.front().last_full_check_by == "Nguyễn Văn An");
    CHECK(status.stores.front().full_check_due == 1000 + 35 * 86400);
    CHECK(office.telling.has(NoticeKind::check_overdue, "nas"));
}

TEST_CASE("a full store, a key near its end and a check that is due are told of") {
    Office office(at(kNov, 30, 8, 0));
    const UnixTime now = office.unix_now();
    StoreFacts facts;
    facts.space = Space{.free_bytes = 5, .total_bytes = 100};
    facts.key_expires = now + 10 * 86400;
    facts.last_full_check = now - 30 * 86400;
    office.works.at_once = [&](const Order& order) -> std::optional<WorkResult> {
        if (order.kind == Order::Kind::job)
            return {};
        WorkResult result{.outcome = RunOutcome::done};
        if (order.name == "nas")
            result.last_full_check = facts.last_full_check;
        return result;
    };
    office.state->change("check:nas", now).facts = encode(facts);
    office.live(2min);
    CHECK(office.telling.has(NoticeKind::store_nearly_full, "nas"));
    CHECK(office.telling.has(NoticeKind::key_expires, "nas"));
    CHECK(office.telling.has(NoticeKind::check_due, "nas"));
    CHECK_FALSE(office.telling.has(NoticeKind::check_overdue, "nas"));
    CHECK_FALSE(office.telling.has(NoticeKind::check_due, "cloud")); // known since today
    office.live(5 * 24h, 10min);
    CHECK(office.telling.has(NoticeKind::check_overdue, "nas"));
    CHECK_FALSE(office.telling.has(NoticeKind::check_due, "nas"));
}

TEST_CASE("bad packs are healed by name, and what else is damaged by a look at all, once a week") {
    Office office(at(kNov, 30, 8, 0));
    office.works.at_once = checks_end(damage());
    office.live(24h);
    REQUIRE(heals_of(office).size() == 1);
    CHECK(heals_of(office).front().packs == std::vector<std::string>{"aa", "bb"});

    WorkResult other = damage();
    other.packs_to_heal.clear();
    office.works.started.clear();
    office.works.at_once = checks_end(other);
    office.live(6 * 24h, 10min);
    REQUIRE(heals_of(office).size() == 1);
    CHECK(heals_of(office).front().packs.empty());
    office.live(48h, 10min);
    CHECK(heals_of(office).size() == 2);
}

TEST_CASE("signs of tampering are told as such, and nothing is changed in the store") {
    Office office(at(kNov, 30, 8, 0));
    WorkResult result = damage();
    result.alarms = 3;
    office.works.at_once = checks_end(result);
    office.live(24h);
    CHECK(heals_of(office).empty());
    REQUIRE(office.telling.has(NoticeKind::tampering, "nas"));
    CHECK(office.telling.troubles.at({NoticeKind::tampering, "nas"}).alarms == 3);
    office.works.at_once = checks_end({.outcome = RunOutcome::done, .has_summary = true});
    office.live(24h);
    CHECK_FALSE(office.telling.has(NoticeKind::tampering, "nas"));
    CHECK_FALSE(office.telling.has(NoticeKind::damage, "nas"));
}

TEST_CASE("a store too damaged to be opened ends no alarm, and what is known of it stays") {
    Office office(at(kNov, 30, 8, 0));
    WorkResult sound{.outcome = RunOutcome::done, .has_summary = true};
    sound.seen_percent = 40;
    sound.last_full_check = 1000;
    office.works.at_once = checks_end(sound);
    office.live(24h);
    const auto before = office.supervisor->status(office.now()).stores.front();
    office.works.at_once = checks_end({.outcome = RunOutcome::done, .damaged = true});
    office.live(24h);
    CHECK(office.telling.has(NoticeKind::damage, "nas"));
    const auto after = office.supervisor->status(office.now()).stores.front();
    CHECK(after.last_check == before.last_check);
    CHECK(after.seen_percent == 40);
    CHECK(after.last_full_check == 1000);
}

TEST_CASE("how full a store is comes from its checks, too") {
    Office office(at(kNov, 30, 8, 0));
    office.config.jobs.clear();
    REQUIRE(office.supervisor->configure(office.config, office.now()));
    WorkResult result{.outcome = RunOutcome::done, .has_summary = true};
    result.space["nas"] = {.free_bytes = 5, .total_bytes = 100};
    office.works.at_once = checks_end(result);
    office.live(24h);
    CHECK(office.telling.has(NoticeKind::store_nearly_full, "nas"));
    CHECK_FALSE(office.telling.has(NoticeKind::store_nearly_full, "cloud"));
}

TEST_CASE("a check that fails is tried again, and told of if it fails each time") {
    Office office(at(kNov, 30, 12, 29));
    office.works.started.clear();
    office.works.at_once = checks_end(failure());
    office.live(15min);
    CHECK_FALSE(office.telling.has(NoticeKind::check_failed, "nas"));
    office.live(40min);
    REQUIRE(office.telling.has(NoticeKind::check_failed, "nas"));
    CHECK(std::ranges::count_if(office.works.started, [](const Order& order) {
              return order.kind == Order::Kind::check && order.name == "nas";
          }) == 3);
    office.works.at_once = checks_end({.outcome = RunOutcome::done, .has_summary = true});
    office.live(24h);
    CHECK_FALSE(office.telling.has(NoticeKind::check_failed, "nas"));
}

TEST_CASE("a check that could not look at all ends no alarm of before") {
    Office office(at(kNov, 30, 8, 0));
    office.works.at_once = checks_end(damage());
    office.live(24h);
    WorkResult incomplete{.outcome = RunOutcome::incomplete, .has_summary = true};
    incomplete.unreadable_packs = 4;
    office.works.at_once = checks_end(incomplete);
    office.live(24h);
    CHECK(office.telling.has(NoticeKind::damage, "nas"));
    CHECK(office.telling.troubles.at({NoticeKind::check_failed, "nas"}).unreadable == 4);
}
