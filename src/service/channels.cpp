// SPDX-License-Identifier: Apache-2.0
#include "service/delivery.hpp"
#include "service/notice.hpp"

#include "crypto/secret.hpp"
#include "util/bytes.hpp"
#include "util/clock.hpp"
#include "util/text.hpp"

#include "saoluu/notify.hpp"

#include <array>
#include <utility>

#include <unistd.h>

namespace saoluu {
namespace service {

std::string new_message_id() {
    std::array<std::byte, 16> random{};
    crypto::random_bytes(random);
    return util::to_hex(random);
}

std::string machine_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0')
        return "localhost";
    return name.data();
}

std::vector<std::unique_ptr<Channel>> make_channels(const NotifyConfig& config) {
    std::vector<std::unique_ptr<Channel>> channels;
    if (config.mail)
        channels.push_back(make_mail_channel(*config.mail));
    if (config.webhook)
        channels.push_back(make_webhook_channel(*config.webhook));
    return channels;
}

} // namespace service

Result<std::vector<NotifyResult>>
send_test(const Config& config,
          const std::function<void(const std::string& channel, const std::string& where)>& told,
          const std::stop_token& stop) {
    const auto channels = service::make_channels(config.notify);
    if (channels.empty())
        return fail(ErrorKind::usage,
                    util::tr("nobody is told of anything yet: add [notify.mail] or "
                             "[notify.webhook] to the config file"));
    const service::Message message =
        service::render({.kind = NoticeKind::test, .about = {}, .at = util::system_clock().now()},
                        {.office = config.notify.office,
                         .machine = service::machine_name(),
                         .zone = TRY(policy::find_time_zone(config.time_zone))});
    std::vector<NotifyResult> results;
    for (const auto& channel : channels) {
        told(channel->name(), channel->where());
        NotifyResult result{.channel = channel->name(),
                            .where = channel->where(),
                            .refused = {},
                            .later = {},
                            .error = {}};
        Result<service::Delivery> sent = channel->send(message, {}, stop);
        if (sent) {
            result.refused = std::move(sent->refused);
            result.later = std::move(sent->later);
        } else {
            if (sent.error().kind() == ErrorKind::interrupted)
                return Failure(std::move(sent.error()));
            result.error = std::move(sent.error());
        }
        results.push_back(std::move(result));
    }
    return results;
}

} // namespace saoluu
