// SPDX-License-Identifier: Apache-2.0
#include "vectors.hpp"

#include <fstream>

using namespace saoluu;
using test::Json;

namespace {

const Json& vectors() {
    static const Json all = [] {
        std::ifstream file(SAOLUU_VECTORS);
        return Json::parse(file);
    }();
    return all;
}

/// The one section that is about all codecs: what a decoder must accept though it does not know
/// all of it.
const test::Section kPassedOver("passed-over", [](const Json& in, const Json& out) {
    CHECK_FALSE(out.at("refused").get<bool>());
    const auto codec = test::Refused::accepting().find(in.at("codec").get<std::string>());
    REQUIRE(codec != test::Refused::accepting().end());
    CHECK(codec->second(in));
});

const test::Section kSecrets("secrets", [](const Json& in, const Json& out) {
    const util::Bytes value(32, static_cast<std::byte>(in.at("byte").get<int>()));
    CHECK(test::hex_of(value) == out.at("value"));
});

} // namespace

TEST_CASE("our code agrees with every vector that was computed without it") {
    for (const auto& [name_of_section, list] : vectors().items()) {
        const std::string section = name_of_section;
        INFO("section ", section);
        const auto found = test::comparisons().find(section);
        REQUIRE_MESSAGE(found != test::comparisons().end(), "nothing compares this section");
        for (const Json& vector : list) {
            const std::string name = vector.at("name").get<std::string>();
            INFO("vector ", name);
            try {
                found->second(vector.at("in"), vector.at("out"));
            } catch (const std::exception& error) {
                FAIL_CHECK(error.what());
            }
        }
    }
}

TEST_CASE("no comparison waits for a section that the vectors do not have") {
    for (const auto& one : test::comparisons()) {
        const std::string& section = one.first;
        INFO("section ", section);
        CHECK(vectors().contains(section));
    }
}
