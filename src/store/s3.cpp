// SPDX-License-Identifier: Apache-2.0
#include "store/s3.hpp"

#include "store/http_faults.hpp"
#include "store/s3_answers.hpp"
#include "store/s3_client.hpp"
#include "store/s3_list.hpp"
#include "store/s3_lock.hpp"
#include "store/s3_probe.hpp"
#include "store/spool.hpp"
#include "util/guarded.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace saoluu::store {
namespace {

using util::message;
using util::printable;
using util::tr;

constexpr std::string_view kTmp = "tmp/";
/// What a gateway of one machine answers fastest by; more wait in its queue.
constexpr unsigned kRequestsAtOnce = 8;

class S3Store final : public Store {
public:
    S3Store(const S3Location& location, S3Settings settings, const Reach& reach,
            const util::Clock& clock)
        : client_(std::move(settings), reach, clock), location_(location),
          base_(location.prefix.empty() ? "" : location.prefix + "/"),
          spool_folder_(reach.spool_folder) {}

    Result<Put> put(std::string_view name, util::BytesView bytes) override {
        return put_from(name, MemorySource(bytes));
    }

    Result<Put> put_from(std::string_view name, const Source& source) override {
        TRY(check(name));
        if (is_exclusive_) {
            auto put = TRY(put_once(name, source, true));
            if (put)
                return *put;
            is_exclusive_ = false; // and stays so: the service does not know the condition
        }
        const Result<ObjectInfo> there = stat(name);
        if (there)
            return Put::exists;
        if (there.error().kind() != ErrorKind::not_found)
            return Failure(there.error());
        TRY(put_once(name, source, false));
        return Put::created;
    }

    Result<std::unique_ptr<Staged>> stage() override {
        return stage_in_spool(*this, spool_folder_);
    }

    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        TRY(check(name));
        HttpAnswer answer = TRY(client_.send({.key = key_of(name), .most = most}));
        if (!answer.is_good())
            return Failure(client_.error(answer, named(name)));
        if (answer.is_too_large)
            return fail(ErrorKind::corrupt,
                        message(tr("{}: larger than the {} bytes allowed"), named(name), most));
        return std::move(answer.body);
    }

    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        TRY(check(name));
        if (out.empty() || offset > std::numeric_limits<std::uint64_t>::max() - out.size()) {
            const ObjectInfo info = TRY(stat(name)); // no range can say this
            return offset <= info.size && out.empty() ? Result<void>() : too_short(name);
        }
        const HttpAnswer answer = TRY(client_.send(
            {.key = key_of(name),
             .headers = {{"Range", fmt::format("bytes={}-{}", offset, offset + out.size() - 1)}},
             .into = out}));
        if (answer.status == 416)
            return too_short(name);
        if (!answer.is_good())
            return Failure(client_.error(answer, named(name)));
        return check_range(answer, name, offset, out.size());
    }

    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const ObjectInfo&)>& each) override {
        return list_s3(client_,
                       {.base = base_, .prefix = prefix, .after = after, .what = describe()},
                       [&](const ObjectInfo& object) {
                           return object.name.starts_with(kTmp) || each(object);
                       });
    }

    Result<ObjectInfo> stat(std::string_view name) override {
        TRY(check(name));
        const HttpAnswer answer = TRY(client_.send({.method = "HEAD", .key = key_of(name)}));
        if (!answer.is_good())
            return Failure(client_.error(answer, named(name)));
        const auto size = parse_number(answer.header("content-length"));
        if (!size)
            return fail(ErrorKind::io,
                        message(tr("{}: the service does not say how large it is"), named(name)));
        return ObjectInfo{.name = std::string(name), .size = *size};
    }

    Result<std::optional<std::int64_t>> retained_until(std::string_view name) override {
        TRY(check(name));
        return s3_retained_until(client_, key_of(name), named(name));
    }

    Result<void> remove(std::string_view name) override {
        TRY(check(name));
        const HttpAnswer answer = TRY(client_.send({.method = "DELETE", .key = key_of(name)}));
        if (answer.is_good() || (answer.status == 404 && s3_code(answer) != "NoSuchBucket"))
            return {};
        return Failure(client_.error(answer, named(name)));
    }

    [[nodiscard]] Nature nature() const override {
        return {.is_remote = true,
                .lists_in_pages = true,
                .requests_at_once = kRequestsAtOnce,
                .creates_exclusively = is_exclusive_};
    }

    void use(const Ways& ways) override {
        is_exclusive_ = ways.exclusive_create;
        retention_.with([&](Retention& kept) { kept = ways.retention; });
    }

    Result<Facts> find_out() override { return probe_s3(client_, base_); }

    [[nodiscard]] std::string describe() const override {
        return printable(to_text(Location(location_)));
    }

private:
    /// S3 has keys of text; some services would take other bytes and give them back changed.
    [[nodiscard]] static Result<void> check(std::string_view name) {
        TRY(check_name(name));
        if (!util::is_text(name))
            return fail(ErrorKind::usage,
                        message(tr("{}: S3 has names of UTF-8 text only"), printable(name)));
        return {};
    }
    [[nodiscard]] std::string key_of(std::string_view name) const {
        return base_ + std::string(name);
    }
    [[nodiscard]] std::string named(std::string_view name) const {
        return describe() + "/" + printable(name);
    }
    [[nodiscard]] Failure too_short(std::string_view name) const {
        return fail(ErrorKind::corrupt, message(tr("{}: shorter than it should be"), named(name)));
    }

    /// Nothing if it is to be exclusive and the service does not know how.
    Result<std::optional<Put>> put_once(std::string_view name, const Source& source,
                                        bool exclusively) {
        S3Request request{.method = "PUT", .key = key_of(name), .body = &source};
        if (exclusively)
            request.headers.emplace_back("If-None-Match", "*");
        const Retention retention = retention_.with([](const Retention& kept) { return kept; });
        if (retention.days != 0 && !name.starts_with(kTmp))
            add_retention(request, retention.mode, end_of_retention(retention, client_.now()),
                          source.sha256());
        const HttpAnswer answer = TRY(client_.send(request));
        if (answer.is_good())
            return Put::created;
        if (exclusively && answer.status == 412) {
            // It may be this very put that made the object, before its connection broke.
            if (answer.was_resent)
                return Failure(
                    Error(ErrorKind::io,
                          message(tr("{}: the connection broke while it was put"), named(name)))
                        .with_retry());
            return Put::exists;
        }
        if (exclusively && (answer.status == 501 || s3_code(answer) == "NotImplemented"))
            return std::optional<Put>();
        return Failure(client_.error(answer, named(name)));
    }

    /// Whether an answer holds the bytes that were asked for.
    [[nodiscard]] Result<void> check_range(const HttpAnswer& answer, std::string_view name,
                                           std::uint64_t offset, std::size_t size) const {
        // "bytes 0-9/100"; one that sends the whole object instead is right only by chance.
        const std::string_view range = answer.header("content-range");
        const std::string begin = fmt::format("bytes {}-", offset);
        if (answer.status == 206 && !answer.is_too_large && range.starts_with(begin)) {
            const std::size_t slash = std::min(range.find('/'), range.size());
            const auto last = parse_number(range.substr(begin.size(), slash - begin.size()));
            if (last && *last == offset + size - 1 && answer.body_bytes == size)
                return {};
            const auto whole = parse_number(range.substr(std::min(slash + 1, range.size())));
            if (whole && *whole < offset + size)
                return too_short(name);
        }
        const bool is_whole = answer.status == 200 && offset == 0 && !answer.is_too_large &&
                              answer.body_bytes == size;
        if (is_whole)
            return {};
        if (answer.status == 200 && offset == 0 && !answer.is_too_large)
            return too_short(name);
        return Failure(
            Error(ErrorKind::io,
                  message(tr("{}: the service sent other bytes than were asked for"), named(name)))
                .with_retry());
    }

    S3Client client_;
    S3Location location_;
    std::string base_; ///< what all keys begin with
    std::string spool_folder_;
    std::atomic<bool> is_exclusive_ = true;
    util::Guarded<Retention> retention_;
};

} // namespace

Result<std::unique_ptr<Store>> open_s3_store(const S3Location& location, const Reach& reach,
                                             MissingFolder /*missing*/, const util::Clock& clock) {
    S3Settings settings = TRY(s3_settings(location, reach.s3));
    return std::unique_ptr<Store>(
        std::make_unique<S3Store>(location, std::move(settings), reach, clock));
}

} // namespace saoluu::store
