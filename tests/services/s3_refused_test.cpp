// SPDX-License-Identifier: Apache-2.0
//
// What a real service refuses, and what a person reads then.
#include "store/s3.hpp"
#include "util/text.hpp"

#include "random_bytes.hpp"
#include "s3_case.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

using namespace saoluu;
using namespace saoluu::store;
using namespace saoluu::test;

namespace {

class ClockAt final : public util::Clock {
public:
    explicit ClockAt(std::int64_t offset) : offset_(offset) {}
    [[nodiscard]] std::int64_t now() const override { return util::system_clock().now() + offset_; }

private:
    std::int64_t offset_;
};

/// What a listing and a put fail with, which must be the same.
Error refusal_of(const S3Location& location, const Reach& reach,
                 const util::Clock& clock = util::system_clock()) {
    const auto store = open_s3_store(location, reach, MissingFolder::refuse, clock);
    REQUIRE(store);
    const auto listed = list_all(**store, "");
    const auto put = (*store)->put("a", random_bytes(10, 1));
    REQUIRE(!listed);
    REQUIRE(!put);
    CHECK(listed.error().kind() == put.error().kind());
    CHECK(put.error().message().find(s3_variable("SECRET_KEY")) == std::string::npos);
    return listed.error(); // a put may begin with a HEAD, whose refusals have no words
}

bool says(const Error& error, std::string_view words) {
    CAPTURE(error.message());
    const bool found = error.message().find(words) != std::string::npos;
    CHECK(found);
    return found;
}

} // namespace

TEST_CASE("a key that is unknown or wrong is told apart, a bucket that is not there too") {
    Reach reach = s3_reach();
    reach.s3.access_key = "nobody:atall";
    const Error unknown = refusal_of(new_s3_location(), reach);
    CHECK(unknown.kind() == ErrorKind::denied);
    CHECK(!unknown.may_retry());
    CHECK(says(unknown, "nobody:atall"));

    reach = s3_reach();
    reach.s3.secret_key = SecretText::copy_of("not the secret");
    const Error wrong = refusal_of(new_s3_location(), reach);
    CHECK(wrong.kind() == ErrorKind::denied);
    CHECK(says(wrong, "secret key does not fit"));

    S3Location location = new_s3_location();
    location.bucket = "no-such-bucket";
    const Error missing = refusal_of(location, s3_reach());
    CHECK(missing.kind() == ErrorKind::no_repository);
    CHECK(says(missing, "no bucket no-such-bucket"));
}

TEST_CASE("a clock that is off is named, with both times") {
    for (const std::int64_t offset : {-7200, 7200}) {
        const ClockAt clock(offset);
        const Error error = refusal_of(new_s3_location(), s3_reach(), clock);
        CHECK(error.kind() == ErrorKind::denied);
        CHECK(!error.may_retry());
        CHECK(says(error, "clock"));
        CHECK(says(error, util::utc_time(clock.now()).substr(0, 13)));
        CHECK(says(error, util::utc_time(util::system_clock().now()).substr(0, 13)));
    }
}

TEST_CASE("a region that is not the service's is refused, or of no account") {
    Reach reach = s3_reach();
    reach.s3.region = "moon-1";
    const auto store = *open_s3_store(new_s3_location(), reach, MissingFolder::refuse);
    const auto put = store->put("a", random_bytes(10, 1));
    if (s3_variable("KIND") == "rgw") { // it asks nothing of the region
        CHECK(put);
        empty_store(*store);
    } else {
        REQUIRE(!put);
        CHECK(put.error().kind() == ErrorKind::usage);
        CHECK(says(put.error(), s3_variable("REGION")));
    }
}

TEST_CASE("a certificate that nobody vouches for ends it, whatever is asked") {
    if (s3_variable("TLS_ENDPOINT").empty())
        return;
    Reach reach = s3_reach();
    reach.s3.endpoint = s3_variable("TLS_ENDPOINT");
    const Error untrusted = refusal_of(new_s3_location(), reach);
    CHECK(untrusted.kind() == ErrorKind::denied);
    CHECK(!untrusted.may_retry());
    CHECK(says(untrusted, "AWS_CA_BUNDLE"));

    reach.s3.ca_file = "/no/such/ca.pem";
    const Error no_file = refusal_of(new_s3_location(), reach);
    CHECK(no_file.kind() == ErrorKind::usage);
    CHECK(says(no_file, "/no/such/ca.pem"));

    // Signed by the right CA, for another name.
    reach.s3.ca_file = s3_variable("CA");
    std::string port = reach.s3.endpoint;
    port = port.substr(port.rfind(':'));
    reach.s3.endpoint = "https://a.b.localhost" + port;
    const Error other_name = refusal_of(new_s3_location(), reach);
    CHECK(other_name.kind() == ErrorKind::denied);
    CHECK(!other_name.may_retry());
}

TEST_CASE(
    "a gateway that dies in the middle of it all is worth another try, and a later one works") {
    if (s3_variable("FOLDER").empty())
        return;
    const auto gateway = [](const char* order) {
        const std::string command = std::string("bash \"") + SAOLUU_SERVICES + "/rgw.sh\" " +
                                    order + " \"" + s3_variable("FOLDER") + "\" >/dev/null";
        REQUIRE(std::system(command.c_str()) == 0);
    };
    const auto store = new_s3_store();
    const util::Bytes bytes = random_bytes(4 << 20, 1);
    REQUIRE(store->put("before", bytes));
    std::vector<std::string> put_whole = {"before"};
    {
        const std::jthread killer([&] { gateway("halt"); });
        for (int failures = 0; failures < 3;) {
            const std::string name =
                "during-" + std::to_string(put_whole.size()) + "-" + std::to_string(failures);
            const auto put = store->put(name, bytes);
            if (put) {
                put_whole.push_back(name);
                continue;
            }
            ++failures;
            CAPTURE(put.error().message());
            CHECK(put.error().kind() == ErrorKind::io);
            CHECK(put.error().may_retry());
        }
    }
    util::Bytes out(10);
    CHECK(store->read("before", 0, out).error().may_retry());
    CHECK(list_all(*store, "").error().may_retry());
    gateway("resume");
    for (const std::string& name : put_whole)
        CHECK(store->get(name, bytes.size()) == bytes);
    // What was cut is there whole or not at all.
    const auto listed = list_all(*store, "");
    REQUIRE(listed);
    for (const ObjectInfo& object : *listed)
        CHECK(object.size == bytes.size());
    CHECK(store->put("after", bytes) == Put::created);
    empty_store(*store);
}
