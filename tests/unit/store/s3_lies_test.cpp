// SPDX-License-Identifier: Apache-2.0
//
// An S3 store against a service that answers what no honest one does.
#include "store/probe.hpp"
#include "store/s3.hpp"

#include "canned_server.hpp"
#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace saoluu;
using namespace saoluu::store;
using test::CannedServer;

namespace {

class FixedClock final : public util::Clock {
public:
    [[nodiscard]] std::int64_t now() const override { return 1'800'000'000; }
};

std::unique_ptr<Store> store_at(const CannedServer& server, const char* prefix = "p") {
    static const FixedClock clock;
    Reach reach;
    reach.s3.endpoint = server.url();
    reach.s3.region = "r";
    reach.s3.access_key = "KEY";
    reach.s3.secret_key = SecretText::copy_of("very-secret");
    return *open_s3_store({.bucket = "bucket", .prefix = prefix}, reach, MissingFolder::refuse,
                          clock);
}

std::string refusal(const char* status, const char* code, const char* more = "") {
    return CannedServer::answer(status, std::string("<Error><Code>") + code + "</Code><Message>m" +
                                            "</Message>" + more + "</Error>");
}

std::string page(const std::vector<std::string>& keys, bool is_truncated,
                 const std::string& token = "") {
    std::string xml = std::string("<ListBucketResult><IsTruncated>") +
                      (is_truncated ? "true" : "false") + "</IsTruncated><NextContinuationToken>" +
                      token + "</NextContinuationToken>";
    for (const std::string& key : keys)
        xml += "<Contents><Key>" + key + "</Key><Size>1</Size></Contents>";
    return CannedServer::answer("200 OK", xml + "</ListBucketResult>");
}

Result<std::vector<ObjectInfo>> listed(const CannedServer::Answer& answer) {
    const CannedServer server(answer);
    return list_all(*store_at(server), "a");
}

bool is(const Error& error, ErrorKind kind, bool may_retry) {
    return error.kind() == kind && error.may_retry() == may_retry;
}

const util::Bytes kBytes = test::random_bytes(100, 1);
const std::string kText(util::as_text(kBytes));

} // namespace

TEST_CASE("a listing is asked for page by page, below the prefix") {
    int times = 0;
    CannedServer server([&](const auto&) {
        return ++times == 1 ? page({"p/a1", "p/a2"}, true, "t/1") : page({"p/a3"}, false);
    });
    const auto objects = list_all(*store_at(server), "a");
    REQUIRE(objects);
    REQUIRE(objects->size() == 3);
    CHECK(objects->at(2).name == "a3");
    const auto requests = server.requests();
    CHECK(requests.at(0).begins_with("GET /bucket/?encoding-type=url&list-type=2&prefix=p%2Fa "));
    CHECK(requests.at(1).has("continuation-token=t%2F1&"));
}

TEST_CASE("a listing that lies is not believed") {
    for (const std::vector<std::string>& keys :
         {std::vector<std::string>{"p/a2", "p/a1"}, {"p/a1", "p/a1"}, {"q/a1"}, {"p/b"}, {"a1"}}) {
        const auto result = listed([&](const auto&) { return page(keys, false); });
        REQUIRE(!result);
        CHECK(is(result.error(), ErrorKind::io, true));
    }
    // The same page for ever; pages of nothing; pages of nothing with ever new tokens.
    CHECK(!listed([](const auto&) { return page({"p/a1"}, true, "t"); }));
    CHECK(!listed([](const auto&) { return page({}, true, "t"); }));
    CHECK(!listed([](const auto&) { return page({}, true, ""); }));
    int token = 0;
    CHECK(!listed([&](const auto&) { return page({}, true, std::to_string(++token)); }));
    CHECK(token > 1000);
    CHECK(!listed([](const auto&) { return CannedServer::answer("200 OK", "<html/>"); }));
    CHECK(!listed([](const auto&) {
        return CannedServer::answer("200 OK", std::string((8 << 20) + 1, ' '));
    }));
}

TEST_CASE("a range is taken only where it is the one that was asked for") {
    struct Case {
        const char* name;
        std::string answer;
        ErrorKind kind;
        bool may_retry;
    };
    const auto partial = [](const char* range, std::string_view body) {
        return CannedServer::answer("206 Partial Content", body,
                                    std::string("Content-Range: bytes ") + range + "\r\n");
    };
    const std::string_view text(kText);
    for (const Case& c : {
             Case{"elsewhere", partial("6-15/100", text.substr(6, 10)), ErrorKind::io, true},
             Case{"less", partial("5-13/100", text.substr(5, 9)), ErrorKind::io, true},
             Case{"less, as told", partial("5-14/100", text.substr(5, 9)), ErrorKind::io, true},
             Case{"more", partial("5-15/100", text.substr(5, 11)), ErrorKind::io, true},
             Case{"all", CannedServer::answer("200 OK", text), ErrorKind::io, true},
             Case{"no range", CannedServer::answer("206 Partial Content", text.substr(5, 10)),
                  ErrorKind::io, true},
             Case{"shorter", partial("5-9/10", text.substr(5, 5)), ErrorKind::corrupt, false},
             Case{"past its end", refusal("416 Range Not Satisfiable", "InvalidRange"),
                  ErrorKind::corrupt, false},
             Case{"not there", refusal("404 Not Found", "NoSuchKey"), ErrorKind::not_found, false},
         }) {
        CAPTURE(c.name);
        const CannedServer server([&](const auto&) { return c.answer; });
        util::Bytes out(10);
        const auto result = store_at(server)->read("a", 5, out);
        REQUIRE(!result);
        CHECK(is(result.error(), c.kind, c.may_retry));
        CHECK(result.error().message().find("s3://bucket/p/a") != std::string::npos);
    }
    const CannedServer honest([&](const auto&) { return partial("5-14/100", text.substr(5, 10)); });
    util::Bytes out(10);
    REQUIRE(store_at(honest)->read("a", 5, out));
    CHECK(util::equal(out, util::BytesView(kBytes).subspan(5, 10)));
    CHECK(honest.requests().at(0).has("Range: bytes=5-14\r\n"));
}

TEST_CASE("what is put says what it is, and never over another") {
    CannedServer server([](const auto&) { return CannedServer::answer("200 OK", ""); });
    const auto store = store_at(server);
    CHECK(store->put("a/b", kBytes) == Put::created);
    const auto put = server.requests().at(0);
    CHECK(put.begins_with("PUT /bucket/p/a/b HTTP/1.1\r\n"));
    CHECK(put.has("If-None-Match: *\r\n"));
    CHECK(put.has("x-amz-content-sha256: " + util::to_hex(crypto::sha256(kBytes)) + "\r\n"));
    CHECK(put.has("x-amz-date: 20270115T080000Z\r\n"));
    CHECK(!put.has("very-secret"));
    CHECK(!put.has("object-lock"));
    CHECK(put.body == kText);
}

TEST_CASE("retention is asked for of all but throw-away objects") {
    CannedServer server([](const auto& request) {
        return request.begins_with("HEAD") ? "HTTP/1.1 404 Not Found\r\n\r\n"
                                           : CannedServer::answer("200 OK", "");
    });
    const auto store = store_at(server);
    store->use(
        {.exclusive_create = true, .retention = {.days = 2, .mode = Retention::Mode::governance}});
    REQUIRE(store->put("a", kBytes));
    REQUIRE(store->put("tmp/a", kBytes));
    const auto requests = server.requests();
    CHECK(requests.at(0).has("x-amz-object-lock-mode: GOVERNANCE\r\n"));
    CHECK(requests.at(0).has("x-amz-object-lock-retain-until-date: 2027-01-17T08:00:00Z\r\n"));
    CHECK(!requests.at(1).has("object-lock"));
}

TEST_CASE("a lock is read from the object's head, or asked for where that is silent") {
    using Until = std::optional<std::int64_t>;
    const auto ask = [](const std::string& head, const std::string& retention,
                        std::size_t requests) {
        const CannedServer server([&](const auto& request) {
            return request.begins_with("HEAD /bucket/p/a ") ? head : retention;
        });
        Result<Until> until = store_at(server)->retained_until("a");
        CHECK(server.requests().size() == requests);
        if (requests > 1)
            CHECK(server.requests().at(1).begins_with("GET /bucket/p/a?retention= "));
        return until;
    };
    const std::string silent = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    const std::string told = CannedServer::answer(
        "200 OK", "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2027-01-17T08:00:00.000Z"
                  "</RetainUntilDate></Retention>");
    CHECK(ask("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx-amz-object-lock-retain-until-date: "
              "2027-01-17T08:00:00.000000000Z\r\n\r\n",
              "", 1)
              .value() == Until(1'800'172'800));
    CHECK(ask(silent, told, 2).value() == Until(1'800'172'800));
    for (const std::string& nothing : {refusal("404 Not Found", "NoSuchObjectLockConfiguration"),
                                       refusal("400 Bad Request", "InvalidRequest"),
                                       refusal("501 Not Implemented", "NotImplemented"),
                                       CannedServer::answer("200 OK", "the object itself")})
        CHECK(ask(silent, nothing, 2).value() == Until());
    // Who may not see it must not say that there is none.
    CHECK(is(ask(silent, refusal("403 Forbidden", "AccessDenied"), 2).error(), ErrorKind::denied,
             false));
    CHECK(is(ask("HTTP/1.1 404 Not Found\r\n\r\n", "", 1).error(), ErrorKind::not_found, false));
    CHECK(is(ask(silent, refusal("404 Not Found", "NoSuchKey"), 2).error(), ErrorKind::not_found,
             false));
    CHECK(is(ask(silent, refusal("503 Slow Down", "SlowDown"), 2).error(), ErrorKind::io, true));
}

TEST_CASE("where no condition is known it is looked first, once found out") {
    CannedServer server([](const auto& request) {
        if (request.has("If-None-Match"))
            return refusal("501 Not Implemented", "NotImplemented");
        if (request.begins_with("HEAD"))
            return std::string(request.has("/there ")
                                   ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                   : "HTTP/1.1 404 Not Found\r\n\r\n");
        return CannedServer::answer("200 OK", "");
    });
    const auto store = store_at(server);
    CHECK(store->nature().creates_exclusively);
    CHECK(store->put("new", kBytes) == Put::created);
    CHECK(!store->nature().creates_exclusively);
    CHECK(server.requests().size() == 3);
    CHECK(store->put("there", kBytes) == Put::exists);
    CHECK(store->put("new2", kBytes) == Put::created);
    CHECK(server.requests().size() == 6); // the condition was not tried again
}

TEST_CASE("a put that may have made the object itself does not say that another was there") {
    int times = 0;
    CannedServer server([&](const auto&) {
        if (++times == 2)
            return std::string(); // made, but the answer is lost
        return times == 3 ? refusal("412 Precondition Failed", "PreconditionFailed")
                          : CannedServer::answer("200 OK", "");
    });
    const auto store = store_at(server);
    REQUIRE(store->put("a", kBytes));
    const auto unsure = store->put("b", kBytes);
    REQUIRE(!unsure);
    CHECK(is(unsure.error(), ErrorKind::io, true));
}

TEST_CASE("what a service answers is put in words, and tried again only where that may help") {
    struct Case {
        std::string answer;
        ErrorKind kind;
        bool may_retry;
        const char* words; ///< that the message must have
    };
    const std::string date = "Date: Fri, 15 Jan 2027 10:00:00 GMT\r\n"; // two hours ahead
    for (const Case& c : {
             Case{refusal("403 Forbidden", "AccessDenied"), ErrorKind::denied, false, "KEY"},
             Case{refusal("403 Forbidden", "InvalidAccessKeyId"), ErrorKind::denied, false,
                  "does not know the access key KEY"},
             Case{refusal("403 Forbidden", "SignatureDoesNotMatch"), ErrorKind::denied, false,
                  "secret key"},
             Case{refusal("403 Forbidden", "RequestTimeTooSkewed"), ErrorKind::denied, false,
                  "2027-01-15T08:00:00Z"},
             Case{CannedServer::answer("403 Forbidden", "", date), ErrorKind::denied, false,
                  "2027-01-15T10:00:00Z"},
             Case{refusal("400 Bad Request", "ExpiredToken"), ErrorKind::denied, false, "token"},
             Case{refusal("404 Not Found", "NoSuchBucket"), ErrorKind::no_repository, false,
                  "no bucket bucket"},
             Case{refusal("404 Not Found", "NoSuchKey"), ErrorKind::not_found, false, "p/a"},
             Case{refusal("301 Moved Permanently", "PermanentRedirect",
                          "<Endpoint>s3.hn-1.example</Endpoint>"),
                  ErrorKind::usage, false, "s3.hn-1.example"},
             Case{refusal("400 Bad Request", "AuthorizationHeaderMalformed",
                          "<Region>hn-1</Region>"),
                  ErrorKind::usage, false, "hn-1"},
             Case{CannedServer::answer("301 Moved", "", "x-amz-bucket-region: hn-2\r\n"),
                  ErrorKind::usage, false, "hn-2"},
             Case{refusal("403 Forbidden", "QuotaExceeded"), ErrorKind::no_space, false, "quota"},
             Case{CannedServer::answer("507 Insufficient Storage", ""), ErrorKind::no_space, false,
                  "507"},
             Case{refusal("503 Slow Down", "SlowDown"), ErrorKind::io, true, "SlowDown"},
             Case{CannedServer::answer("500 Oops", "<html/>"), ErrorKind::io, true, "500"},
             Case{CannedServer::answer("502 Bad Gateway", ""), ErrorKind::io, true, "502"},
             Case{CannedServer::answer("429 Too Many Requests", ""), ErrorKind::io, true, "429"},
             Case{refusal("409 Conflict", "ConditionalRequestConflict"), ErrorKind::io, true,
                  "Conditional"},
             Case{refusal("409 Conflict", "OperationAborted"), ErrorKind::io, true, "Aborted"},
             Case{refusal("400 Bad Request", "BadDigest"), ErrorKind::io, true, "BadDigest"},
             Case{refusal("400 Bad Request", "\x1b[31mX"), ErrorKind::io, false, "400"},
             Case{CannedServer::answer("418 Teapot", ""), ErrorKind::io, false, "418"},
         }) {
        CAPTURE(c.answer);
        const CannedServer server([&](const auto&) { return c.answer; });
        const auto store = store_at(server);
        const auto result = store->get("a", 100);
        REQUIRE(!result);
        const Error& error = result.error();
        CHECK(is(error, c.kind, c.may_retry));
        CAPTURE(error.message());
        CHECK(error.message().find(c.words) != std::string::npos);
        CHECK(error.message().find("very-secret") == std::string::npos);
        CHECK(error.message().find('\x1b') == std::string::npos);
        CHECK(!store->put("a", kBytes));
        CHECK(!store->stat("a"));
        CHECK(!store->list("", "", [](const ObjectInfo&) { return true; }));
    }
}

TEST_CASE("an object over the limit is not read on") {
    const CannedServer server([](const auto&) {
        return "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n" + std::string(1000, 'x');
    });
    const auto result = store_at(server)->get("a", 1'000'000);
    REQUIRE(!result);
    CHECK(is(result.error(), ErrorKind::corrupt, false));
}

TEST_CASE("the probe believes nothing that it does not read back") {
    // Says "done" to everything, and keeps nothing.
    const CannedServer yes([](const auto& request) {
        return request.begins_with("GET")
                   ? refusal("404 Not Found", "NoSuchKey")
                   : CannedServer::answer("200 OK", "",
                                          "x-amz-version-id: 1\r\n"
                                          "Server: Nice\x01/1\r\n"
                                          "Date: Fri, 15 Jan 2027 08:00:05 GMT\r\n");
    });
    const auto facts = store_at(yes)->find_out();
    REQUIRE(facts);
    CHECK(facts->at("conditional-create") == "ignored");
    CHECK(facts->at("versioning") == "no");
    CHECK(facts->at("object-lock") == "no");
    CHECK(facts->at("service") == "Nice/1");
    CHECK(facts->at("clock-offset") == "5");
    for (const auto& request : yes.requests())
        CHECK(request.has("/bucket/p/tmp/probe-"));

    const CannedServer busy([](const auto&) { return refusal("503 Slow", "SlowDown"); });
    CHECK(is(store_at(busy)->find_out().error(), ErrorKind::io, true));
    const CannedServer closed([](const auto&) { return refusal("403 No", "AccessDenied"); });
    CHECK(is(store_at(closed)->find_out().error(), ErrorKind::denied, false));
}
