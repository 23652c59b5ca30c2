// SPDX-License-Identifier: Apache-2.0
#include "service/delivery.hpp"
#include "service/mime.hpp"
#include "service/smtp.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::service {
namespace {

class MailChannel final : public Channel {
public:
    explicit MailChannel(const MailConfig& config)
        : from_(config.from), to_(config.to), server_{.url = config.server,
                                                      .may_be_plain = config.may_be_plain,
                                                      .user = config.user,
                                                      .password = config.password,
                                                      .ca_file = config.ca_file} {}

    [[nodiscard]] std::string name() const override { return "mail"; }
    [[nodiscard]] std::string where() const override { return util::printable(server_.url); }

    Result<Delivery> send(const Message& message, const std::vector<std::string>& only,
                          const std::stop_token& stop) override {
        const std::string letter = mime_of({.id = message.id,
                                            .at = message.at,
                                            .from = from_,
                                            .from_name = "saoluu",
                                            .to = to_,
                                            .subject = message.subject,
                                            .text = message.text});
        SmtpAnswer answer =
            TRY(send_letter(server_, from_, only.empty() ? to_ : only, letter, stop));
        return Delivery{.later = std::move(answer.later), .refused = std::move(answer.refused)};
    }

private:
    std::string from_;
    std::vector<std::string> to_;
    SmtpServer server_;
};

} // namespace

std::unique_ptr<Channel> make_mail_channel(const MailConfig& config) {
    return std::make_unique<MailChannel>(config);
}

} // namespace saoluu::service
