// SPDX-License-Identifier: Apache-2.0
#include "store/s3_settings.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

using namespace saoluu;
using namespace saoluu::store;

namespace {

/// The variables that matter here, as they were when it goes.
class Environment {
public:
    explicit Environment(const std::map<std::string, std::string>& wanted = {}) {
        for (const char* name :
             {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID",
              "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"}) {
            const char* value = std::getenv(name);
            before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
            set(name, wanted.contains(name) ? std::optional(wanted.at(name)) : std::nullopt);
        }
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() {
        for (const auto& [name, value] : before_)
            set(name, value);
    }

private:
    static void set(const std::string& name, const std::optional<std::string>& value) {
        if (value)
            ::setenv(name.c_str(), value->c_str(), 1);
        else
            ::unsetenv(name.c_str());
    }
    std::map<std::string, std::optional<std::string>> before_;
};

S3Reach reach_to(const std::string& endpoint) {
    S3Reach reach;
    reach.endpoint = endpoint;
    reach.region = "hn-1";
    reach.access_key = "KEY";
    reach.secret_key = SecretText::copy_of("secret");
    return reach;
}

const S3Location kPlace{.bucket = "office", .prefix = "a/b"};

} // namespace

TEST_CASE("both styles of addresses, and ports") {
    const Environment none;
    const auto path = s3_settings(kPlace, reach_to("https://s3.example.vn/"));
    REQUIRE(path);
    CHECK(path->endpoint() == "https://s3.example.vn");
    CHECK(path->root == "/office/");
    CHECK(!path->is_loopback);
    S3Reach reach = reach_to("https://s3.example.vn:8443");
    reach.path_style = false;
    const auto host = s3_settings(kPlace, reach);
    REQUIRE(host);
    CHECK(host->endpoint() == "https://office.s3.example.vn:8443");
    CHECK(host->root == "/");
    // The header Host, which is signed, has no usual port.
    CHECK(s3_settings(kPlace, reach_to("https://h:443"))->host == "h");
    CHECK(s3_settings(kPlace, reach_to("http://127.0.0.1:80"))->host == "127.0.0.1");
    CHECK(s3_settings(kPlace, reach_to("https://[2001:db8::1]:9000"))->host ==
          "[2001:db8::1]:9000");
}

TEST_CASE("http:// goes to this machine only, unless told") {
    const Environment none;
    for (const char* near : {"http://127.0.0.1:9000", "http://localhost", "http://[::1]:1",
                             "http://s3.localhost:8080"})
        CHECK(s3_settings(kPlace, reach_to(near)));
    for (const char* far : {"http://s3.example.vn", "http://10.0.0.1:9000", "http://localhost.vn",
                            "http://127001.vn", "http://[::2]"}) {
        CAPTURE(far);
        const auto refused = s3_settings(kPlace, reach_to(far));
        REQUIRE(!refused);
        CHECK(refused.error().kind() == ErrorKind::usage);
        CHECK(refused.error().message().find("allow_http") != std::string::npos);
        S3Reach told = reach_to(far);
        told.plain_http = true;
        CHECK(s3_settings(kPlace, told));
    }
}

TEST_CASE("what can't be an endpoint is refused, and no password in it is shown") {
    const Environment none;
    for (const char* bad :
         {"s3.example.vn", "ftp://h", "https://", "https:///x", "https://h/path", "https://h:0",
          "https://h:99999", "https://h:x", "https://h:", "https://h?x", "https://h#x",
          "https://a b", "https://h\r\nX: y", "https://user:geheim@h"}) {
        CAPTURE(bad);
        const auto refused = s3_settings(kPlace, reach_to(bad));
        REQUIRE(!refused);
        CHECK(refused.error().kind() == ErrorKind::usage);
        CHECK(refused.error().message().find("geheim") == std::string::npos);
    }
}

TEST_CASE("the environment fills in what nothing else gives") {
    const Environment some({{"AWS_ENDPOINT_URL", "https://general.vn"},
                            {"AWS_ACCESS_KEY_ID", "ENVKEY"},
                            {"AWS_SECRET_ACCESS_KEY", "envsecret"},
                            {"AWS_SESSION_TOKEN", "envtoken"},
                            {"AWS_CA_BUNDLE", "/ca.pem"}});
    const auto settings = s3_settings(kPlace, {});
    REQUIRE(settings);
    CHECK(settings->endpoint() == "https://general.vn");
    CHECK(settings->key.region == "us-east-1");
    CHECK(settings->key.access_key == "ENVKEY");
    CHECK(settings->key.secret_key.reveal() == "envsecret");
    CHECK(settings->session_token.reveal() == "envtoken");
    CHECK(settings->ca_file == "/ca.pem");
    const auto given = s3_settings(kPlace, reach_to("https://own.vn"));
    REQUIRE(given);
    CHECK(given->endpoint() == "https://own.vn");
    CHECK(given->key.region == "hn-1");
    CHECK(given->key.secret_key.reveal() == "secret");
    CHECK(given->session_token.empty()); // it belongs to the other key
}

TEST_CASE("what is missing is named, and where it is set") {
    const Environment none;
    S3Reach reach = reach_to("");
    CHECK(s3_settings(kPlace, reach).error().message().find("AWS_ENDPOINT_URL_S3") !=
          std::string::npos);
    reach = reach_to("https://h");
    reach.secret_key = {};
    CHECK(s3_settings(kPlace, reach).error().message().find("AWS_SECRET_ACCESS_KEY") !=
          std::string::npos);
}

TEST_CASE("no word begins a header of its own") {
    const Environment none;
    S3Reach reach = reach_to("https://h");
    reach.access_key = "K\r\nX-Evil: 1";
    CHECK(!s3_settings(kPlace, reach));
    reach = reach_to("https://h");
    reach.region = "r\n";
    CHECK(!s3_settings(kPlace, reach));
    reach = reach_to("https://h");
    reach.session_token = SecretText::copy_of("very\nsecret");
    const auto refused = s3_settings(kPlace, reach);
    REQUIRE(!refused);
    CHECK(refused.error().message().find("very") == std::string::npos);
}
