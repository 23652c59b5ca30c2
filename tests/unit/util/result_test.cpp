// SPDX-License-Identifier: Apache-2.0
#include "saoluu/result.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace saoluu;

namespace {

Result<int> number(bool good) {
    if (!good)
        return fail(ErrorKind::denied, "no number", 13);
    return 7;
}

Result<std::unique_ptr<int>> boxed(bool good) {
    const int value = TRY(number(good));
    return std::make_unique<int>(value);
}

Result<void> nothing(bool good) {
    TRY(number(good));
    return {};
}

Result<std::string> all(bool first, bool second, int& reached) {
    const auto box = TRY(boxed(first)); // moved out: it can't be copied
    ++reached;
    TRY(nothing(second));
    ++reached;
    const int sum = TRY(number(true)) + TRY(number(true)) + *box;
    return std::to_string(sum);
}

} // namespace

TEST_CASE("a value passes through, also one that can't be copied") {
    int reached = 0;
    const auto result = all(true, true, reached);
    REQUIRE(result);
    CHECK(*result == "21");
    CHECK(reached == 2);
}

TEST_CASE("the first failure is returned at once, as it is") {
    int reached = 0;
    const auto early = all(false, true, reached);
    REQUIRE_FALSE(early);
    CHECK(reached == 0);
    const auto late = all(true, false, reached);
    REQUIRE_FALSE(late);
    CHECK(reached == 1);
    CHECK(late.error().kind() == ErrorKind::denied);
    CHECK(late.error().message() == "no number");
    CHECK(late.error().system_code() == 13);
    CHECK_FALSE(late.error().may_retry());
}

TEST_CASE("each layer puts what it knows before the message, and keeps the rest") {
    const Result<int> result = number(false).within("chunk 3f9a").within("restore etc/hosts");
    REQUIRE_FALSE(result);
    CHECK(result.error().message() == "restore etc/hosts: chunk 3f9a: no number");
    CHECK(result.error().kind() == ErrorKind::denied);
    CHECK(*number(true).within("unused") == 7);

    const Error error = Error(ErrorKind::io, "late").with_retry().within("store");
    CHECK(error.may_retry());
    CHECK(error.message() == "store: late");
    const auto box = boxed(true).within("unused");
    CHECK(**box == 7);
}
