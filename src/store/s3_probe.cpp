// SPDX-License-Identifier: Apache-2.0
#include "store/s3_probe.hpp"

#include "crypto/secret.hpp"
#include "store/s3_answers.hpp"
#include "store/s3_lock.hpp"
#include "util/bytes.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace saoluu::store {
namespace {

/// The shortest time for which a service that is slow can still be seen to keep a lock.
constexpr std::int64_t kLockSeconds = 60;
constexpr std::uint64_t kMostProbe = 4096;
constexpr std::size_t kMostWord = 60;

class Probe {
public:
    Probe(S3Client& client, std::string_view base) : client_(client), base_(base) {}

    Result<Facts> run() {
        TRY(try_conditional_create());
        TRY(try_versions_and_removal());
        TRY(try_lock());
        return std::move(facts_);
    }

private:
    /// An answer that would be the same another time.
    Result<HttpAnswer> ask(const S3Request& request) {
        HttpAnswer answer = TRY(client_.send(request));
        if (!answer.is_good())
            if (Error error = client_.error(answer, request.key); error.may_retry())
                return Failure(std::move(error));
        return answer;
    }

    [[nodiscard]] std::string new_key() const {
        std::array<std::byte, 16> random{};
        crypto::random_bytes(random);
        return base_ + "tmp/probe-" + util::to_hex(random);
    }

    Result<HttpAnswer> put(const std::string& key, std::string_view text,
                           HttpHeaders headers = {}) {
        const MemorySource source(util::as_bytes(text));
        return ask({.method = "PUT", .key = key, .headers = std::move(headers), .body = &source});
    }

    /// Whether the object (or a version of it) is there and holds this text.
    Result<bool> holds(const std::string& key, std::string_view text, const Query& query = {}) {
        const HttpAnswer answer = TRY(ask({.key = key, .query = query, .most = kMostProbe}));
        return answer.is_good() && util::as_text(answer.body) == text;
    }

    /// Answers whether it was not refused.
    Result<bool> remove(const std::string& key, const std::string& version = {},
                        HttpHeaders headers = {}) {
        const HttpAnswer answer =
            TRY(ask({.method = "DELETE",
                     .key = key,
                     .query = version.empty() ? Query() : Query{{"versionId", version}},
                     .headers = std::move(headers)}));
        return answer.is_good() || answer.status == 404;
    }

    static std::string version_of(const HttpAnswer& answer) {
        const std::string_view version = answer.header("x-amz-version-id");
        return version == "null" ? std::string() : std::string(version);
    }

    void note_service(const HttpAnswer& answer) {
        std::string word(answer.header("server").substr(0, kMostWord));
        std::erase_if(word, [](char c) { return c < ' ' || c > '~'; });
        if (!word.empty())
            facts_["service"] = std::move(word);
        if (answer.server_time)
            facts_["clock-offset"] = std::to_string(*answer.server_time - client_.now());
        time_there_ = answer.server_time.value_or(client_.now());
    }

    Result<void> try_conditional_create() {
        const HttpHeaders condition = {{"If-None-Match", "*"}};
        const std::string key = new_key();
        const HttpAnswer first = TRY(put(key, "first", condition));
        note_service(first);
        if (first.status == 501 || s3_code(first) == "NotImplemented") {
            facts_["conditional-create"] = "no";
            return {};
        }
        if (!first.is_good())
            return Failure(client_.error(first, key));
        const HttpAnswer second = TRY(put(key, "second", condition));
        const bool is_refused = second.status == 412 && TRY(holds(key, "first"));
        facts_["conditional-create"] = is_refused ? "yes" : "ignored";
        // By its version where it has one: else a marker would be left in its place.
        for (const HttpAnswer* made : {&second, &first})
            if (made->is_good())
                TRY(remove(key, version_of(*made)));
        return {};
    }

    Result<void> try_versions_and_removal() {
        const std::string key = new_key();
        const HttpAnswer first = TRY(put(key, "first"));
        if (!first.is_good())
            return Failure(client_.error(first, key));
        const HttpAnswer second = TRY(put(key, "second"));
        const std::string old = version_of(first);
        const std::string recent = version_of(second);
        const Query old_one = {{"versionId", old}};
        const bool keeps =
            !old.empty() && !recent.empty() && old != recent && TRY(holds(key, "first", old_one));
        facts_["versioning"] = keeps ? "yes" : "no";

        const HttpAnswer removed = TRY(ask({.method = "DELETE", .key = key}));
        const bool is_gone = !TRY(holds(key, "second")) && !TRY(holds(key, "first"));
        if (!is_gone)
            facts_["delete"] = "denied";
        else
            facts_["delete"] = keeps && TRY(holds(key, "first", old_one)) ? "marker" : "allowed";
        if (!keeps)
            return {};
        TRY(remove(key, old));
        facts_["delete-version"] = TRY(holds(key, "first", old_one)) ? "denied" : "allowed";
        TRY(remove(key, recent));
        if (const std::string marker = version_of(removed); removed.is_good() && !marker.empty())
            TRY(remove(key, marker));
        return {};
    }

    Result<void> try_lock() {
        const std::string key = new_key();
        const MemorySource source(util::as_bytes("locked"));
        S3Request request{.method = "PUT", .key = key, .body = &source};
        // In the mode that does less harm; who keeps one keeps the other.
        add_retention(request, Retention::Mode::governance, time_there_ + kLockSeconds,
                      source.sha256());
        const HttpAnswer put = TRY(ask(request));
        if (!put.is_good()) {
            facts_["object-lock"] = put.status == 403 ? "unknown" : "no";
            return {};
        }
        const std::string version = version_of(put);
        facts_["object-lock"] = TRY(is_kept(key, version));
        if (facts_["object-lock"] == "yes") {
            TRY(remove(key, version, {{"x-amz-bypass-governance-retention", "true"}}));
            facts_["lock-bypass"] =
                TRY(holds(key, "locked", {{"versionId", version}})) ? "denied" : "allowed";
        } else {
            TRY(remove(key, version));
        }
        return {};
    }

    Result<std::string> is_kept(const std::string& key, const std::string& version) {
        const HttpAnswer answer = TRY(ask({.key = key, .query = {{"retention", ""}}}));
        if (answer.status == 403)
            return "unknown";
        const bool is_told =
            answer.is_good() && parse_s3_retention_mode(answer.body) == Retention::Mode::governance;
        if (!is_told || version.empty())
            return "no";
        TRY(remove(key, version));
        return TRY(holds(key, "locked", {{"versionId", version}})) ? "yes" : "no";
    }

    S3Client& client_;
    std::string base_;
    std::int64_t time_there_ = 0;
    Facts facts_;
};

} // namespace

Result<Facts> probe_s3(S3Client& client, std::string_view base) {
    return Probe(client, base).run();
}

} // namespace saoluu::store
