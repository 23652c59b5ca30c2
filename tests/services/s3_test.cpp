// SPDX-License-Identifier: Apache-2.0
//
// An S3 store at a real service, where what it does differs from what every store must do (which
// tests/contract shows).
#include "engine/lock_look.hpp"
#include "store/probe.hpp"
#include "store/s3.hpp"
#include "store/s3_answers.hpp"
#include "store/s3_client.hpp"

#include "random_bytes.hpp"
#include "s3_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace saoluu;
using namespace saoluu::store;
using namespace saoluu::test;

namespace {

bool is_ceph() {
    return s3_variable("KIND") == "rgw";
}

std::unique_ptr<Store> open_with(const S3Location& location, const Reach& reach) {
    return *open_s3_store(location, reach, MissingFolder::refuse);
}

void round_trip(Store& store) {
    const util::Bytes bytes = random_bytes(300'000, 7);
    REQUIRE(store.put("packs/a", bytes) == Put::created);
    CHECK(store.get("packs/a", 300'000) == bytes);
    util::Bytes out(1000);
    REQUIRE(store.read("packs/a", 200'000, out));
    CHECK(util::equal(out, util::BytesView(bytes).subspan(200'000, 1000)));
    CHECK(list_all(store, "packs/")->size() == 1);
    CHECK(store.remove("packs/a"));
}

} // namespace

TEST_CASE("the service that these tests are for is there") {
    REQUIRE(has_s3());
}

TEST_CASE("what a bucket does is found out") {
    const auto store = new_s3_store();
    const auto facts = probe(*store);
    REQUIRE(facts);
    CHECK(facts->at("conditional-create") == (is_ceph() ? "yes" : "no"));
    CHECK(facts->at("exclusive-create") == (is_ceph() ? "yes" : "no"));
    CHECK(facts->at("object-lock") == "no");
    CHECK(facts->at("versioning") == "no");
    CHECK(facts->at("delete") == "allowed");
    CHECK(std::abs(std::stol(facts->at("clock-offset"))) <= 2);
}

TEST_CASE("a bucket with object lock keeps what is put, and is found to") {
    if (s3_variable("LOCK_BUCKET").empty())
        return;
    const S3Location location = new_s3_location("LOCK_BUCKET");
    const auto store = open_with(location, s3_reach());
    const auto facts = probe(*store);
    REQUIRE(facts);
    CHECK(facts->at("object-lock") == "yes");
    CHECK(facts->at("versioning") == "yes");
    CHECK(facts->at("delete") == "marker");
    // Ceph 16 looks at the version that is being made, which never exists.
    CHECK(facts->at("conditional-create") == "ignored");
    CHECK(facts->at("exclusive-create") == "no");

    store->use(
        {.exclusive_create = false, .retention = {.days = 1, .mode = Retention::Mode::compliance}});
    const util::Bytes bytes = random_bytes(100, 1);
    REQUIRE(store->put("packs/a", bytes) == Put::created);
    CHECK(store->put("packs/a", random_bytes(100, 2)) == Put::exists);
    const Reach reach = s3_reach();
    S3Client client(*s3_settings(location, reach.s3), reach, util::system_clock());
    const std::string key = location.prefix + "/packs/a";
    const auto retention = client.send({.key = key, .query = {{"retention", ""}}});
    REQUIRE(retention);
    CHECK(parse_s3_retention_mode(retention->body) == Retention::Mode::compliance);
    const auto head = client.send({.method = "HEAD", .key = key});
    REQUIRE(head);
    // One request is enough to see it.
    CHECK(parse_s3_time(head->header("x-amz-object-lock-retain-until-date")));
    const std::string version(head->header("x-amz-version-id"));
    const auto removed = client.send({.method = "DELETE",
                                      .key = key,
                                      .query = {{"versionId", version}},
                                      .headers = {{"x-amz-bypass-governance-retention", "true"}}});
    REQUIRE(removed);
    CHECK(removed->status == 403);
    // Removing without a version only hides it.
    CHECK(store->remove("packs/a"));
    const auto kept = client.send({.key = key, .query = {{"versionId", version}}});
    REQUIRE(kept);
    CHECK(kept->body == bytes);
}

TEST_CASE("of locked objects the one without a lock is found, and exactly it") {
    if (s3_variable("LOCK_BUCKET").empty())
        return;
    const S3Location location = new_s3_location("LOCK_BUCKET");
    const auto locking = open_with(location, s3_reach()), plain = open_with(location, s3_reach());
    locking->use(
        {.exclusive_create = false, .retention = {.days = 1, .mode = Retention::Mode::compliance}});
    plain->use({.exclusive_create = false});
    std::vector<std::string> names;
    for (int i = 0; i < 30; ++i) {
        names.push_back("packs/" + std::to_string(i));
        Store& store = i == 17 ? *plain : *locking;
        REQUIRE(store.put(names.back(), random_bytes(100, static_cast<std::uint64_t>(i))) ==
                Put::created);
    }
    const std::int64_t now = util::system_clock().now();
    constexpr std::int64_t kDay = 24 * 60 * 60;
    const auto until = locking->retained_until(names[3]);
    REQUIRE(until);
    REQUIRE(*until);
    CHECK(std::abs(**until - now - kDay) < 60);
    engine::Crew crew({});
    engine::Locks locks;
    REQUIRE(engine::ask_for_locks(*locking, names, now, crew, locks));
    CHECK(locks.asked == 30);
    CHECK(locks.named_never == std::vector<std::string>{"packs/17"});
    CHECK(locks.never == 1);
    CHECK(locks.ended == 0);
    CHECK(locks.hidden == 0);
    engine::Locks later;
    REQUIRE(engine::ask_for_locks(*locking, names, now + 2 * kDay, crew, later));
    CHECK(later.ended == 29);
    CHECK(later.never == 1);
    // What a thief puts in a locked object's place is seen: nothing holds it.
    const auto stolen = open_with(location, s3_reach());
    const Reach reach = s3_reach();
    S3Client client(*s3_settings(location, reach.s3), reach, util::system_clock());
    const util::Bytes other = random_bytes(100, 99);
    const MemorySource source(other);
    const auto put =
        client.send({.method = "PUT", .key = location.prefix + "/" + names[3], .body = &source});
    REQUIRE(put);
    REQUIRE(put->is_good());
    const auto held = stolen->retained_until(names[3]);
    REQUIRE(held);
    CHECK(!*held);
}

TEST_CASE("a bucket without locks says that nothing holds its objects") {
    const auto store = new_s3_store();
    REQUIRE(store->put("packs/a", random_bytes(100, 1)) == Put::created);
    const auto held = store->retained_until("packs/a");
    REQUIRE(held);
    CHECK(!*held);
    const auto missing = store->retained_until("packs/b");
    REQUIRE(!missing);
    CHECK(missing.error().kind() == ErrorKind::not_found);
    empty_store(*store);
}

TEST_CASE("a bucket's own name of a host, and TLS with a CA of its own") {
    Reach reach = s3_reach();
    reach.s3.endpoint = s3_variable("VHOST");
    reach.s3.path_style = false;
    round_trip(*open_with(new_s3_location(), reach));
    if (s3_variable("TLS_ENDPOINT").empty())
        return;
    reach = s3_reach();
    reach.s3.endpoint = s3_variable("TLS_ENDPOINT");
    reach.s3.ca_file = s3_variable("CA");
    round_trip(*open_with(new_s3_location(), reach));
}

TEST_CASE("many requests at once, each of them whole") {
    const auto store = new_s3_store();
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t t = 0; t < 16; ++t)
            threads.emplace_back([&, t] {
                for (std::uint64_t i = 0; i < 10; ++i) {
                    const std::string name = "packs/" + std::to_string(t) + "-" + std::to_string(i);
                    const util::Bytes bytes = random_bytes(50'000 + i, 100 * t + i);
                    const auto put = store->put(name, bytes);
                    const auto got = store->get(name, 100'000);
                    good += put && got && *put == Put::created && *got == bytes ? 1 : 0;
                }
            });
    }
    CHECK(good == 160);
    CHECK(list_all(*store, "packs/")->size() == 160);
    empty_store(*store);
}

TEST_CASE("of names that are no text there are none") {
    const auto store = new_s3_store();
    const auto put = store->put("a/\xff", random_bytes(1, 1));
    REQUIRE(!put);
    CHECK(put.error().kind() == ErrorKind::usage);
    // What else a name may have comes back as it was.
    std::vector<std::string> names = {"a b",    "a%20b", "a+b", "a&b=c",
                                      "a'\"<>", "a\\b",  "à/ế", "~*"};
    for (const std::string& name : names)
        CHECK(store->put(name, random_bytes(1, 1)) == Put::created);
    std::ranges::sort(names);
    const auto listed = list_all(*store, "");
    REQUIRE(listed);
    REQUIRE(listed->size() == names.size());
    for (std::size_t i = 0; i < names.size(); ++i)
        CHECK(listed->at(i).name == names[i]);
    empty_store(*store);
}
