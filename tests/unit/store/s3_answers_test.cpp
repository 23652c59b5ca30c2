// SPDX-License-Identifier: Apache-2.0
#include "store/s3_answers.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace saoluu;
using namespace saoluu::store;

namespace {

auto page_of(const std::string& inner) {
    return parse_s3_page(
        util::as_bytes(R"(<?xml version="1.0" encoding="UTF-8"?>)"
                       R"(<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)" +
                       inner + "</ListBucketResult>"));
}

std::string object(const std::string& key, const std::string& size = "1") {
    return "<Contents><Key>" + key + "</Key><LastModified>x</LastModified><Size>" + size +
           "</Size></Contents>";
}

const std::string kEnd = "<IsTruncated>false</IsTruncated>";

} // namespace

TEST_CASE("a page of a listing is read") {
    const auto page = page_of("<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
                              "<NextContinuationToken>a+b&amp;c</NextContinuationToken>" +
                              object("r/a%2Bb") + object("r/c+%C3%A9", "5000000000"));
    REQUIRE(page);
    CHECK(page->is_truncated);
    CHECK(page->continuation == "a+b&c");
    REQUIRE(page->objects.size() == 2);
    CHECK(page->objects[0].name == "r/a+b");
    CHECK(page->objects[1].name == "r/c é");
    CHECK(page->objects[1].size == 5'000'000'000);
    const auto plain = page_of(kEnd + object("a+b%20&lt;"));
    REQUIRE(plain);
    CHECK(!plain->is_truncated);
    CHECK(plain->objects.at(0).name == "a+b%20<");
    CHECK(page_of(kEnd)->objects.empty());
}

TEST_CASE("a page that says too little or nonsense is none") {
    for (const std::string& inner :
         {std::string(), object("a"), kEnd + object("a", ""), kEnd + object("a", "-1"),
          kEnd + object("a", "1x"), kEnd + object("a", "99999999999999999999"), kEnd + object(""),
          kEnd + "<Contents><Size>1</Size></Contents>", kEnd + "<Contents>",
          std::string("<IsTruncated>maybe</IsTruncated>"),
          "<EncodingType>url</EncodingType>" + kEnd + object("a%2")}) {
        CAPTURE(inner);
        const auto page = page_of(inner);
        REQUIRE(!page);
        CHECK(page.error().kind() == ErrorKind::corrupt);
    }
    for (const char* text : {"", "<", "ok", "<html><body/></html>", "<Error/>", "\0\0\0\0"})
        CHECK(!parse_s3_page(util::as_bytes(text)));
    CHECK(!parse_s3_page(util::Bytes(kMostS3Answer + 1, std::byte{' '})));
}

TEST_CASE("entities of a document's own are not followed") {
    std::string bomb = "<!DOCTYPE x [<!ENTITY a \"" + std::string(1000, 'a') + "\">";
    for (char c = 'b'; c <= 'j'; ++c) {
        bomb += std::string("<!ENTITY ") + c + " \"";
        for (int i = 0; i < 10; ++i)
            bomb += std::string("&") + static_cast<char>(c - 1) + ";";
        bomb += "\">";
    }
    bomb += "]><Error><Code>&j;</Code></Error>";
    const S3Refusal refusal = parse_s3_refusal(util::as_bytes(bomb));
    CHECK(refusal.code.size() < 10);
    const S3Refusal file = parse_s3_refusal(util::as_bytes(
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><Error><Code>&a;</Code></Error>"));
    CHECK(file.code.find("root") == std::string::npos);
}

TEST_CASE("elements without end, one in the other, harm nobody") {
    std::string deep = "<Error>";
    for (int i = 0; i < 200'000; ++i)
        deep += "<a>";
    CHECK(parse_s3_refusal(util::as_bytes(deep)).code.empty());
    for (int i = 0; i < 200'000; ++i)
        deep += "</a>";
    CHECK(parse_s3_refusal(util::as_bytes(deep + "<Code>X</Code></Error>")).code == "X");
}

TEST_CASE("a refusal says its code, and whatever else it has") {
    const S3Refusal refusal = parse_s3_refusal(
        util::as_bytes("<Error><Code>PermanentRedirect</Code><Message>m &amp; n</Message>"
                       "<Endpoint>b.s3.example</Endpoint><Region>hn-1</Region></Error>"));
    CHECK(refusal.code == "PermanentRedirect");
    CHECK(refusal.message == "m & n");
    CHECK(refusal.endpoint == "b.s3.example");
    CHECK(refusal.region == "hn-1");
    CHECK(parse_s3_refusal(util::as_bytes("<html>Bad gateway</html>")).code.empty());
}

TEST_CASE("times are read, and what is none is not") {
    CHECK(parse_s3_time("2027-01-17T08:00:00Z") == 1'800'172'800);
    CHECK(parse_s3_time("2027-01-17T08:00:00.000Z") == 1'800'172'800);
    CHECK(parse_s3_time("2027-01-17T08:00:00.999999999+00:00") == 1'800'172'800);
    CHECK(parse_s3_time("1970-01-01T00:00:00Z") == 0);
    CHECK(parse_s3_time("2028-02-29T23:59:59Z") == 1'835'481'599);
    CHECK(parse_s3_time("9999-12-31T23:59:59Z") == 253'402'300'799);
    for (const char* text :
         {"", "Z", "2027-01-17T08:00:00", "2027-01-17T08:00:00+07:00", "2027-01-17T08:00:00.Z",
          "2027-01-17T08:00:00.5", "2027-01-17 08:00:00Z", "2027-02-29T08:00:00Z",
          "2027-13-17T08:00:00Z", "2027-00-17T08:00:00Z", "2027-01-00T08:00:00Z",
          "2027-01-17T24:00:00Z", "2027-01-17T08:60:00Z", "+027-01-17T08:00:00Z",
          "2027-01-17T08:00:00ZZ", "Sun, 17 Jan 2027 08:00:00 GMT"})
        CHECK_MESSAGE(!parse_s3_time(text), text);
}

TEST_CASE("retention and versioning are read") {
    CHECK(parse_s3_retention_end(util::as_bytes(
              "<Retention><Mode>GOVERNANCE</Mode>"
              "<RetainUntilDate>2027-01-17T08:00:00Z</RetainUntilDate></Retention>")) ==
          1'800'172'800);
    CHECK(!parse_s3_retention_end(util::as_bytes("<Retention/>")));
    CHECK(!parse_s3_retention_end(util::as_bytes("locked")));
    CHECK(parse_s3_retention_mode(util::as_bytes(
              "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>x</RetainUntilDate>"
              "</Retention>")) == Retention::Mode::governance);
    CHECK(parse_s3_retention_mode(util::as_bytes("<Retention><Mode>COMPLIANCE</Mode>"
                                                 "</Retention>")) == Retention::Mode::compliance);
    CHECK(!parse_s3_retention_mode(util::as_bytes("<Retention/>")));
    CHECK(!parse_s3_retention_mode(util::as_bytes("locked"))); // an object in place of an answer
}
