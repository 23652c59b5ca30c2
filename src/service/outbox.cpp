// SPDX-License-Identifier: Apache-2.0
#include "service/outbox.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::service {
using util::message;
using util::tr;
using util::trn;

namespace {

/// A moment that is further away than any pause lasts is one of a clock that was set back.
UnixTime as_it_counts(UnixTime moment, UnixTime now) {
    return moment - now > Outbox::kLongestPause ? now : std::max(moment, now);
}

UnixTime pause_after(int tries) {
    constexpr int kMostDoublings = 9; // it is six hours by then
    return std::min(Outbox::kFirstPause << std::min(tries - 1, kMostDoublings),
                    Outbox::kLongestPause);
}

} // namespace

void Outbox::set_channels(const std::vector<std::string>& names) {
    std::erase_if(queues_, [&](const auto& entry) {
        return std::ranges::find(names, entry.first) == names.end();
    });
    for (const std::string& name : names) {
        Queue& queue = queues_[name];
        queue.on_its_way = 0; // whoever had it is gone
        queue.pause = 0;      // what was wrong may be mended by what was changed
        queue.next_try = 0;
        for (Waiting& waiting : queue.messages)
            if (waiting.only.empty())
                waiting.not_before = 0;
    }
}

void Outbox::number_from(std::int64_t number) {
    for (auto& [name, queue] : queues_)
        queue.next_number = std::max(queue.next_number, number);
}

void Outbox::put_back(const std::string& channel, Waiting waiting) {
    const auto at = queues_.find(channel);
    if (at == queues_.end())
        return;
    at->second.next_number = std::max(at->second.next_number, waiting.number + 1);
    at->second.messages.push_back(std::move(waiting));
}

void Outbox::put_back(const std::string& channel, ChannelRecord record) {
    if (const auto at = queues_.find(channel); at != queues_.end())
        at->second.record = record;
}

void Outbox::add(const Message& message, UnixTime now) {
    for (auto& [name, queue] : queues_) {
        while (queue.messages.size() >= kMostWaiting) {
            const bool is_first_away = queue.messages.front().number == queue.on_its_way;
            queue.messages.erase(queue.messages.begin() + (is_first_away ? 1 : 0));
            ++queue.record.dropped;
        }
        queue.messages.push_back(
            {.number = queue.next_number++, .queued = now, .message = message});
    }
}

void Outbox::give_up_old(Queue& queue, UnixTime now) {
    queue.record.dropped += std::erase_if(queue.messages, [now](const Waiting& waiting) {
        return now - waiting.queued > kLongest && waiting.tries >= kLeastTries;
    });
}

std::optional<std::size_t> Outbox::on_its_way(const Queue& queue) {
    const auto at = std::ranges::find(queue.messages, queue.on_its_way, &Waiting::number);
    if (queue.on_its_way == 0 || at == queue.messages.end())
        return {};
    return static_cast<std::size_t>(at - queue.messages.begin());
}

/// The first that may be sent, before those that were tried in vain; of several that wait for their
/// moment the one that may be first.
std::optional<std::size_t> Outbox::due(const Queue& queue, UnixTime now) {
    const auto turn_of = [now](const Waiting& waiting) {
        return std::pair(as_it_counts(waiting.not_before, now), waiting.not_before);
    };
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < queue.messages.size(); ++i)
        if (!best || turn_of(queue.messages[i]) < turn_of(queue.messages[*best]))
            best = i;
    return best;
}

std::optional<UnixTime> Outbox::next_try(const std::string& channel, UnixTime now) const {
    const auto at = queues_.find(channel);
    if (at == queues_.end() || at->second.on_its_way != 0)
        return {};
    const Queue& queue = at->second;
    const std::optional<std::size_t> first = due(queue, now);
    if (!first)
        return {};
    return std::max(as_it_counts(queue.next_try, now),
                    as_it_counts(queue.messages[*first].not_before, now));
}

std::optional<Waiting> Outbox::next(const std::string& channel, UnixTime now) {
    const std::optional<UnixTime> moment = next_try(channel, now);
    if (!moment || *moment > now)
        return {};
    Queue& queue = queues_.find(channel)->second;
    Waiting first = queue.messages[*due(queue, now)];
    queue.on_its_way = first.number;
    queue.told_dropped = queue.record.dropped;
    if (queue.told_dropped > 0) {
        const std::string told = message(
            trn("{} earlier message could not be sent and was given up.",
                "{} earlier messages could not be sent and were given up.", queue.told_dropped),
            queue.told_dropped);
        first.message.text += "\n" + told + "\n";
        // The object ends with its brace.
        if (first.message.json.ends_with('}')) {
            first.message.json.pop_back();
            first.message.json += fmt::format(",\"dropped\":{}}}", queue.told_dropped);
        }
    }
    return first;
}

void Outbox::sent(const std::string& channel, const Delivery& delivery, UnixTime now) {
    const auto at = queues_.find(channel);
    const auto index = at == queues_.end() ? std::nullopt : on_its_way(at->second);
    if (!index)
        return;
    Queue& queue = at->second;
    queue.on_its_way = 0;
    queue.last_sent = now;
    queue.record.dropped -= std::exchange(queue.told_dropped, 0);
    queue.record.fails_since.reset();
    queue.pause = 0;
    queue.next_try = 0;
    queue.error.clear();
    if (delivery.later.empty()) {
        queue.messages.erase(queue.messages.begin() + static_cast<std::ptrdiff_t>(*index));
        return;
    }
    Waiting& rest = queue.messages[*index];
    rest.only = delivery.later;
    rest.not_before = now + pause_after(++rest.tries);
    queue.error = "later";
    give_up_old(queue, now);
}

void Outbox::failed(const std::string& channel, const Error& error, UnixTime now) {
    const auto at = queues_.find(channel);
    const auto index = at == queues_.end() ? std::nullopt : on_its_way(at->second);
    if (!index)
        return;
    Queue& queue = at->second;
    queue.on_its_way = 0;
    queue.told_dropped = 0;
    queue.error = name_of(error.kind());
    Waiting& waiting = queue.messages[*index];
    ++waiting.tries;
    if (!waiting.only.empty()) {
        // It may be about the one who lacks it alone: whether the channel works, the next message
        // for all will tell.
        waiting.not_before = now + pause_after(waiting.tries);
    } else {
        if (!queue.record.fails_since)
            queue.record.fails_since = now;
        queue.pause = queue.pause == 0 ? kFirstPause : std::min(queue.pause * 2, kLongestPause);
        queue.next_try = now + queue.pause;
        // It may be about this message, which must not keep the others from being sent.
        if (error.kind() == ErrorKind::refused)
            waiting.not_before = now + pause_after(waiting.tries);
    }
    give_up_old(queue, now);
}

ChannelStatus Outbox::status(const std::string& channel) const {
    ChannelStatus status;
    status.name = channel;
    if (const auto at = queues_.find(channel); at != queues_.end()) {
        const Queue& queue = at->second;
        status.waiting = queue.messages.size();
        status.dropped = queue.record.dropped;
        status.last_sent = queue.last_sent;
        status.fails_since = queue.record.fails_since;
        status.error = queue.error;
    }
    return status;
}

const std::deque<Waiting>& Outbox::waiting(const std::string& channel) const {
    static const std::deque<Waiting> none;
    const auto at = queues_.find(channel);
    return at == queues_.end() ? none : at->second.messages;
}

ChannelRecord Outbox::record(const std::string& channel) const {
    const auto at = queues_.find(channel);
    return at == queues_.end() ? ChannelRecord{} : at->second.record;
}

} // namespace saoluu::service
