// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/delivery.hpp"

#include "saoluu/service_status.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace saoluu::service {

/// A message that waits for a channel.
struct Waiting {
    std::int64_t number = 0; ///< its place in the channel's order
    UnixTime queued = 0;
    Message message = {};
    std::vector<std::string> only = {}; ///< recipients that still lack it; empty: all
    int tries = 0;                      ///< since the service started
    UnixTime not_before = 0;            ///< of one that some recipients lack, or that was refused
};

/// What of a channel is kept over restarts beside the messages.
struct ChannelRecord {
    std::uint64_t dropped = 0; ///< messages that were given up, and that nobody was told of
    std::optional<UnixTime> fails_since = {};
};

/// The messages that wait for each channel, in their order; a channel that fails is tried again
/// after a minute, then after twice as long each time, up to six hours. So is a message that only
/// some recipients got, or that the server refuses, which holds up no others. Values in, values
/// out: whoever sends and keeps them is elsewhere.
class Outbox {
public:
    /// More would be of no use to anybody: then the oldest are given up.
    static constexpr std::size_t kMostWaiting = 1000;
    static constexpr UnixTime kLongest = 30L * 24 * 3600; ///< that a message is tried for
    static constexpr int kLeastTries = 10; ///< however late it is: the clock may have jumped
    static constexpr UnixTime kFirstPause = 60, kLongestPause = 6L * 3600;

    /// Names the channels there are; what waited for others is forgotten.
    void set_channels(const std::vector<std::string>& names);
    /// Puts back what was kept.
    void put_back(const std::string& channel, Waiting waiting);
    void put_back(const std::string& channel, ChannelRecord record);

    /// Gives new messages at least this number: where it is not known which are taken.
    void number_from(std::int64_t number);

    /// For every channel.
    void add(const Message& message, UnixTime now);
    /// What a channel is to send now; it stays until it is known what became of it. Where messages
    /// were given up, the text says so.
    std::optional<Waiting> next(const std::string& channel, UnixTime now);
    void sent(const std::string& channel, const Delivery& delivery, UnixTime now);
    void failed(const std::string& channel, const Error& error, UnixTime now);
    /// When a channel has something to be sent; nothing if nothing waits.
    [[nodiscard]] std::optional<UnixTime> next_try(const std::string& channel, UnixTime now) const;

    [[nodiscard]] ChannelStatus status(const std::string& channel) const;
    [[nodiscard]] const std::deque<Waiting>& waiting(const std::string& channel) const;
    [[nodiscard]] ChannelRecord record(const std::string& channel) const;

private:
    struct Queue {
        std::deque<Waiting> messages;
        ChannelRecord record;
        std::uint64_t told_dropped = 0; ///< of these, those that the message on its way tells of
        UnixTime pause = 0;             ///< of the last failure; 0: it works
        UnixTime next_try = 0;
        std::int64_t next_number = 1;
        std::optional<UnixTime> last_sent;
        std::string error;
        std::int64_t on_its_way = 0; ///< number of the message that is; 0: none
    };
    static std::optional<std::size_t> on_its_way(const Queue& queue);
    static std::optional<std::size_t> due(const Queue& queue, UnixTime now);
    static void give_up_old(Queue& queue, UnixTime now);

    std::map<std::string, Queue> queues_;
};

} // namespace saoluu::service
