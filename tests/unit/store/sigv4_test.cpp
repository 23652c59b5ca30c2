// SPDX-License-Identifier: Apache-2.0
#include "store/sigv4.hpp"

#include "crypto/sha256.hpp"
#include "util/bytes.hpp"

#include <doctest/doctest.h>

using namespace saoluu;
using store::authorization;
using store::HttpHeaders;
using store::Query;

namespace {

const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Vector {
    const char* name;
    std::string method;
    std::string path;
    Query query;
    HttpHeaders headers; ///< beside Host and x-amz-date
    std::string payload;
    std::string signed_headers;
    std::string signature;
};

void check(const Vector& vector, const store::SigningKey& key, const std::string& host,
           const std::string& date) {
    CAPTURE(vector.name);
    HttpHeaders headers = vector.headers;
    headers.emplace_back("Host", host);
    headers.emplace_back("X-Amz-Date", date);
    const std::string query = store::to_text(vector.query);
    CHECK(authorization(key,
                        {.method = vector.method,
                         .path = vector.path,
                         .query = query,
                         .headers = headers,
                         .payload_sha256 = vector.payload},
                        date) == "AWS4-HMAC-SHA256 Credential=" + key.access_key + "/" +
                                     date.substr(0, 8) + "/us-east-1/" + key.service +
                                     "/aws4_request, SignedHeaders=" + vector.signed_headers +
                                     ", Signature=" + vector.signature);
}

} // namespace

// The four examples of "Signature Calculations for the Authorization Header" of the Amazon S3 API
// reference.
TEST_CASE("requests to S3 are signed as Amazon's reference shows") {
    const store::SigningKey key{.access_key = "AKIAIOSFODNN7EXAMPLE",
                                .secret_key =
                                    SecretText::copy_of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                                .region = "us-east-1"};
    const std::string welcome =
        util::to_hex(crypto::sha256(util::as_bytes("Welcome to Amazon S3.")));
    const std::string usual = "host;x-amz-content-sha256;x-amz-date";
    for (const Vector& vector : {
             Vector{"get an object",
                    "GET",
                    "/test.txt",
                    {},
                    {{"Range", "bytes=0-9"}, {"x-amz-content-sha256", kEmpty}},
                    kEmpty,
                    "host;range;x-amz-content-sha256;x-amz-date",
                    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
             Vector{"put an object",
                    "PUT",
                    "/" + store::url_encoded("test$file.text", store::Slashes::keep),
                    {},
                    {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                     {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                     {"x-amz-content-sha256", welcome}},
                    welcome,
                    "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
             Vector{"get a bucket's lifecycle",
                    "GET",
                    "/",
                    {{"lifecycle", ""}},
                    {{"x-amz-content-sha256", kEmpty}},
                    kEmpty,
                    usual,
                    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
             Vector{"list objects",
                    "GET",
                    "/",
                    {{"prefix", "J"}, {"max-keys", "2"}},
                    {{"x-amz-content-sha256", kEmpty}},
                    kEmpty,
                    usual,
                    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
         })
        check(vector, key, "examplebucket.s3.amazonaws.com", "20130524T000000Z");
}

// Of aws-sig-v4-test-suite, as far as it concerns what is sent here.
TEST_CASE("requests are signed as Amazon's test suite wants it") {
    const store::SigningKey key{.access_key = "AKIDEXAMPLE",
                                .secret_key =
                                    SecretText::copy_of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                                .region = "us-east-1",
                                .service = "service"};
    const std::string usual = "host;x-amz-date";
    for (const Vector& vector : {
             Vector{"get-vanilla",
                    "GET",
                    "/",
                    {},
                    {},
                    kEmpty,
                    usual,
                    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
             Vector{"get-vanilla-query-order-key-case",
                    "GET",
                    "/",
                    {{"Param2", "value2"}, {"Param1", "value1"}},
                    {},
                    kEmpty,
                    usual,
                    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
             Vector{"get-header-value-trim",
                    "GET",
                    "/",
                    {},
                    {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
                    kEmpty,
                    "host;my-header1;my-header2;x-amz-date",
                    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
             Vector{"post-vanilla",
                    "POST",
                    "/",
                    {},
                    {},
                    kEmpty,
                    usual,
                    "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
         })
        check(vector, key, "example.amazonaws.com", "20150830T123600Z");
}

TEST_CASE("a signature differs with everything that is signed") {
    const store::SigningKey key{
        .access_key = "A", .secret_key = SecretText::copy_of("secret"), .region = "r"};
    const HttpHeaders headers = {{"Host", "h"}};
    const auto sign = [&](const store::SigningKey& by, std::string_view method,
                          std::string_view path, std::string_view query, const HttpHeaders& with,
                          std::string_view payload, const std::string& date) {
        return authorization(by,
                             {.method = method,
                              .path = path,
                              .query = query,
                              .headers = with,
                              .payload_sha256 = payload},
                             date);
    };
    const std::string now = "20260101T000000Z";
    const std::string one = sign(key, "PUT", "/a", "b=", headers, kEmpty, now);
    store::SigningKey other = key;
    other.secret_key = SecretText::copy_of("Secret");
    CHECK(one == sign(key, "PUT", "/a", "b=", headers, kEmpty, now));
    CHECK(one != sign(other, "PUT", "/a", "b=", headers, kEmpty, now));
    CHECK(one != sign(key, "GET", "/a", "b=", headers, kEmpty, now));
    CHECK(one != sign(key, "PUT", "/b", "b=", headers, kEmpty, now));
    CHECK(one != sign(key, "PUT", "/a", "", headers, kEmpty, now));
    CHECK(one != sign(key, "PUT", "/a", "b=", {{"Host", "i"}}, kEmpty, now));
    CHECK(one != sign(key, "PUT", "/a", "b=", headers, "00", now));
    CHECK(one != sign(key, "PUT", "/a", "b=", headers, kEmpty, "20260101T000001Z"));
}

TEST_CASE("texts are encoded for a URL, and back") {
    using store::Slashes;
    CHECK(store::url_encoded("a/b c+d~é%", Slashes::keep) == "a/b%20c%2Bd~%C3%A9%25");
    CHECK(store::url_encoded("a/b", Slashes::encode) == "a%2Fb");
    CHECK(store::url_decoded("a/b%20c%2bd~%C3%A9%25+") == "a/b c+d~é% ");
    for (const char* bad : {"%", "%1", "%zz", "a%2", "%+1", "%-1", "% 1", "%0x"})
        CHECK(!store::url_decoded(bad));
    CHECK(store::amz_date(1'369'353'600) == "20130524T000000Z");
    CHECK(store::to_text(Query{{"b", "1/2"}, {"B", ""}}) == "B=&b=1%2F2");
}
