// SPDX-License-Identifier: Apache-2.0
#include "service/notifier.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <new>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace saoluu::service {
using util::message;
using util::printable;
using util::tr;

Notifier::Notifier(Database* database, const util::Clock& clock)
    : clock_(clock), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), records_(database) {
    if (!wake_.is_open())
        throw std::bad_alloc();
}

Result<void> Notifier::start(std::vector<std::unique_ptr<Channel>> channels, Teller teller) {
    settle();
    postmen_.clear(); // what is on its way still is sent again
    teller_ = std::move(teller);
    for (std::unique_ptr<Channel>& channel : channels)
        postmen_.push_back(std::make_unique<Postman>(std::move(channel), wake_.get()));
    Result<void> loaded;
    if (!std::exchange(is_started_, true))
        loaded = records_.load(alarms_, outbox_, names());
    else
        outbox_.set_channels(names());
    if (!loaded) // what could not be read is there, and must not be overwritten
        outbox_.number_from(clock_.now());
    tick();
    return loaded;
}

std::vector<std::string> Notifier::names() const {
    std::vector<std::string> all;
    for (const auto& postman : postmen_)
        all.push_back(postman->name());
    return all;
}

void Notifier::save() {
    const Result<void> saved = records_.save(alarms_, outbox_, names());
    if (!saved && is_kept_)
        lines_.push_back({.is_problem = true,
                          .text = message(tr("messages that wait can't be kept over a restart: {}"),
                                          saved.error().message())});
    is_kept_ = saved.has_value();
}

void Notifier::tell(const Message& message) {
    outbox_.add(message, clock_.now());
    save(); // first: whoever is killed now sends it when he is back
    tick();
}

void Notifier::trouble(Notice notice) {
    notice.at = clock_.now();
    const Alarms::Tell told = alarms_.raise(notice.kind, notice.about, notice.at, notice.due);
    if (told == Alarms::Tell::no)
        return;
    if (!notice.since)
        notice.since = alarms_.find(notice.kind, notice.about)->since;
    notice.is_reminder = told == Alarms::Tell::as_reminder;
    tell(render(notice, teller_));
}

void Notifier::ended(NoticeKind kind, const std::string& about) {
    const std::optional<Alarm> was = alarms_.clear(kind, about);
    if (!was)
        return;
    if (kind == NoticeKind::check_due && alarms_.find(NoticeKind::check_overdue, about) != nullptr)
        return save(); // it has become worse, which was told
    if (kind == NoticeKind::key_expires && was->due && *was->due <= clock_.now())
        return save(); // the key has expired
    Notice notice{.kind = NoticeKind::recovered, .about = about, .at = clock_.now()};
    notice.ended = kind;
    notice.since = was->since;
    tell(render(notice, teller_));
}

void Notifier::only_of(const std::vector<std::string>& jobs,
                       const std::vector<std::string>& stores) {
    if (alarms_.only_of(jobs, stores))
        save();
}

void Notifier::event(const Notice& notice) {
    Notice now = notice;
    now.at = clock_.now();
    tell(render(now, teller_));
}

void Notifier::digest(const ServiceStatus& status) {
    tell(render_digest(status, teller_));
}

void Notifier::take_results() {
    std::uint64_t count = 0;
    (void)!::read(wake_.get(), &count, sizeof count); // nothing to read is right too
    const UnixTime now = clock_.now();
    bool is_changed = !is_kept_;
    for (const auto& postman : postmen_) {
        const std::string& name = postman->name();
        if (const std::optional<Result<Delivery>> result = postman->take_result()) {
            const bool was_failing = outbox_.record(name).fails_since.has_value();
            if (*result) {
                outbox_.sent(name, **result, now);
                for (const std::string& refused : (*result)->refused)
                    lines_.push_back({.is_problem = true,
                                      .text = message(tr("{} ({}): refused: {}"), name,
                                                      postman->where(), refused)});
                for (const std::string& later : (*result)->later)
                    lines_.push_back(
                        {.is_problem = true,
                         .text = message("{} ({}): {}", name, postman->where(),
                                         message(tr("the server takes it for {} only later"),
                                                 printable(later)))});
                if (was_failing)
                    lines_.push_back({.text = message(tr("{} ({}): messages get through again"),
                                                      name, postman->where())});
            } else {
                outbox_.failed(name, result->error(), now);
                if (!was_failing)
                    lines_.push_back(
                        {.is_problem = true,
                         .text = message(tr("{}: a message can't be sent, and waits: {}"), name,
                                         result->error().message())});
            }
            is_changed = true;
        }
    }
    if (is_changed)
        save();
}

void Notifier::tick() {
    take_results();
    const UnixTime now = clock_.now();
    for (const auto& postman : postmen_)
        if (std::optional<Waiting> next = outbox_.next(postman->name(), now))
            postman->give(std::move(next->message), std::move(next->only));
}

void Notifier::settle() {
    constexpr std::chrono::milliseconds kPatience(2000);
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + kPatience;
    for (;;) {
        take_results();
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        const bool is_busy =
            std::ranges::any_of(postmen_, [](const auto& postman) { return postman->is_busy(); });
        if (!is_busy || left <= 0)
            return;
        pollfd wake{.fd = wake_.get(), .events = POLLIN, .revents = 0};
        (void)::poll(&wake, 1, static_cast<int>(left));
    }
}

std::optional<UnixTime> Notifier::next_tick() const {
    std::optional<UnixTime> first;
    for (const auto& postman : postmen_)
        if (const auto at = outbox_.next_try(postman->name(), clock_.now());
            at && (!first || *at < *first))
            first = at;
    return first;
}

std::vector<OpenTrouble> Notifier::troubles() const {
    std::vector<OpenTrouble> all;
    for (const Alarm& alarm : alarms_.open())
        all.push_back({.kind = alarm.kind, .about = alarm.about, .since = alarm.since});
    return all;
}

std::vector<ChannelStatus> Notifier::channels() const {
    std::vector<ChannelStatus> all;
    for (const auto& postman : postmen_)
        all.push_back(outbox_.status(postman->name()));
    return all;
}

} // namespace saoluu::service
