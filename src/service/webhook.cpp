// SPDX-License-Identifier: Apache-2.0
#include "service/delivery.hpp"
#include "store/http.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::service {
namespace {
using util::message;
using util::tr;

Error refusal(const std::string& where, int status) {
    const auto error = [&](ErrorKind kind, const char* text) {
        return Error(kind, message(text, where, status), status);
    };
    if (status >= 300 && status < 400)
        return error(ErrorKind::usage, tr("{}: it sends on to another address (HTTP {}), which is "
                                          "not followed: write that one into url"));
    if (status == 401 || status == 403)
        return error(ErrorKind::denied, tr("{}: it does not let us in (HTTP {}): look at "
                                           "token_file and at the address in url"));
    if (status == 408 || status == 429 || status >= 500)
        return error(ErrorKind::io, tr("{}: the service takes nothing now (HTTP {}): it is tried "
                                       "again later"))
            .with_retry();
    return error(ErrorKind::refused, tr("{}: the service refuses it (HTTP {}): look at the address "
                                        "in url, and whether it is one that takes JSON"));
}

class WebhookChannel final : public Channel {
public:
    explicit WebhookChannel(const WebhookConfig& config) : config_(config) {}

    [[nodiscard]] std::string name() const override { return "webhook"; }
    [[nodiscard]] std::string where() const override {
        return util::printable(util::url_origin(config_.url));
    }

    Result<Delivery> send(const Message& message, const std::vector<std::string>& /*only*/,
                          const std::stop_token& stop) override {
        store::HttpClient client({.ca_file = config_.ca_file,
                                  .stop = stop,
                                  .connect_patience = std::chrono::seconds(30),
                                  .stall_patience = std::chrono::seconds(30)});
        const store::MemorySource body(util::as_bytes(message.json));
        store::HttpRequest request{.method = "POST", .url = config_.url, .body = &body};
        request.headers = {{"Content-Type", "application/json; charset=utf-8"},
                           {"Idempotency-Key", message.id}};
        if (!config_.token.empty())
            request.headers.emplace_back("Authorization",
                                         "Bearer " + std::string(config_.token.reveal()));
        Result<store::HttpAnswer> answer = client.perform(request);
        for (auto& [name, value] : request.headers)
            wipe(value);
        if (!answer)
            return Failure(std::move(answer.error()));
        if (!answer->is_good())
            return Failure(refusal(where(), answer->status));
        return Delivery{};
    }

private:
    WebhookConfig config_;
};

} // namespace

std::unique_ptr<Channel> make_webhook_channel(const WebhookConfig& config) {
    return std::make_unique<WebhookChannel>(config);
}

} // namespace saoluu::service
