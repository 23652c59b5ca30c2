// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.hpp"
#include "store/s3.hpp"
#include "util/bytes.hpp"

#include "saoluu/reach.hpp"

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

/// A real S3 service that tests/support/services/with.sh has started.
namespace saoluu::test {

/// SAOLUU_TEST_S3_<what>; empty if it is not set.
inline std::string s3_variable(const char* what) {
    const char* value = std::getenv((std::string("SAOLUU_TEST_S3_") + what).c_str());
    return value == nullptr ? "" : value;
}

inline bool has_s3() {
    return !s3_variable("ENDPOINT").empty();
}

inline Reach s3_reach() {
    Reach reach;
    reach.s3.endpoint = s3_variable("ENDPOINT");
    reach.s3.region = s3_variable("REGION");
    reach.s3.access_key = s3_variable("ACCESS_KEY");
    reach.s3.secret_key = SecretText::copy_of(s3_variable("SECRET_KEY"));
    return reach;
}

/// A place in the service's bucket that no other test has.
inline store::S3Location new_s3_location(const char* bucket = "BUCKET") {
    std::array<std::byte, 8> random{};
    crypto::random_bytes(random);
    return {.bucket = s3_variable(bucket), .prefix = "test-" + util::to_hex(random)};
}

/// Removes what a test made; what is locked stays until the service goes.
inline void empty_store(store::Store& store) {
    std::vector<std::string> names;
    static_cast<void>(store.list("", "", [&](const store::ObjectInfo& object) {
        names.push_back(object.name);
        return true;
    }));
    for (const std::string& name : names)
        static_cast<void>(store.remove(name));
}

/// An empty store of its own prefix.
inline std::unique_ptr<store::Store> new_s3_store() {
    return *store::open_s3_store(new_s3_location(), s3_reach(), store::MissingFolder::create);
}

} // namespace saoluu::test
