// SPDX-License-Identifier: Apache-2.0
#include "service/hooks.hpp"

#include "util/assert.hpp"
#include "util/child.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace saoluu::service {
namespace {

using util::message;
using util::tr;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeptBytes = 4096;
/// How often it is looked whether we are to stop, and whether it ended with its output still held.
constexpr std::chrono::milliseconds kLook(100);
/// Where we are to stop, whoever waits for us has not the patience of a time-out.
constexpr std::chrono::milliseconds kGraceOfStop(2000);

/// The end of what a hook writes to either output.
class Tail {
public:
    Tail(util::Process& process) : process_(process) {}

    /// Takes what is there, for at most so long where nothing is.
    void take(std::chrono::milliseconds most) {
        std::array<pollfd, 2> waits{{{is_open_[0] ? process_.out().get() : -1, POLLIN, 0},
                                     {is_open_[1] ? process_.err() : -1, POLLIN, 0}}};
        if (::poll(waits.data(), waits.size(), static_cast<int>(most.count())) <= 0)
            return;
        for (std::size_t i = 0; i < waits.size(); ++i)
            if (waits[i].revents != 0)
                is_open_[i] = read_some(waits[i].fd);
    }
    [[nodiscard]] bool is_open() const { return is_open_[0] || is_open_[1]; }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    /// At most so much that one who writes without end does not keep us here. False at its end.
    bool read_some(int fd) {
        std::array<char, 16384> piece{};
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        text_.append(piece.data(), static_cast<std::size_t>(got));
        if (text_.size() > kKeptBytes)
            text_.erase(0, text_.size() - kKeptBytes);
        return got > 0;
    }

    util::Process& process_;
    std::array<bool, 2> is_open_{true, true};
    std::string text_;
};

/// Until it has ended, or `until`, or we are to stop.
void wait_for(util::Process& process, Tail& tail, Clock::time_point until,
              const std::stop_token& stop) {
    while (!process.ended() && !stop.stop_requested()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (left.count() <= 0)
            return;
        // Both outputs closed: there is nothing to wake us but its end, which a nap waits for.
        if (tail.is_open())
            tail.take(std::min(left, kLook));
        else
            process.wait(std::min(left, kLook));
    }
}

} // namespace

const char* name_of(HookKind hook) {
    switch (hook) {
    case HookKind::before:
        return "before";
    case HookKind::after:
        return "after";
    case HookKind::on_failure:
        break;
    }
    return "on_failure";
}

Environment environment_of(const HookFacts& facts) {
    Environment environment = util::without_credentials();
    std::string stores;
    for (const std::string& store : facts.stores)
        stores += (stores.empty() ? "" : " ") + store;
    const auto set = [&](const char* name, const std::string& value) {
        environment.emplace_back(name, value.empty() ? std::nullopt : std::optional(value));
    };
    set("SAOLUU_HOOK", name_of(facts.hook));
    set("SAOLUU_JOB", facts.job);
    set("SAOLUU_STORES", stores);
    set("SAOLUU_OUTCOME", facts.outcome);
    set("SAOLUU_SNAPSHOT", facts.snapshot);
    set("SAOLUU_ERROR", facts.error);
    return environment;
}

std::string describe(const HookOutcome& outcome) {
    const std::string said = util::one_line(outcome.output);
    std::string text;
    switch (outcome.end) {
    case HookOutcome::End::by_itself:
        text = !outcome.status ? ""
               : outcome.status->signal != 0
                   ? message(tr("signal {} ended it"), outcome.status->signal)
                   : message(tr("it ended with exit status {}"), outcome.status->code);
        break;
    case HookOutcome::End::timed_out:
        text = message(tr("it had not ended after {:.0f} seconds, and was ended"), outcome.seconds);
        break;
    case HookOutcome::End::stopped:
        text = tr("it was ended, because saoluu was to stop");
        break;
    case HookOutcome::End::not_started:
        return message(tr("it can't be started: {}"), said);
    }
    return said.empty() ? text : text + message(tr("; it said: {}"), said);
}

HookOutcome run_hook(const std::vector<std::string>& command, const Environment& environment,
                     const HookLimits& limits, const std::stop_token& stop) {
    ASSERT(!command.empty());
    HookOutcome outcome;
    const Clock::time_point begin = Clock::now();
    Result<util::Process> started = util::Process::start(command, {.environment = environment});
    if (!started) {
        outcome.end = HookOutcome::End::not_started;
        outcome.output = started.error().message();
        return outcome;
    }
    util::Process process = std::move(*started);
    process.in().reset(); // nothing comes from us
    Tail tail(process);
    wait_for(process, tail, begin + limits.timeout, stop);
    outcome.status = process.ended();
    if (!outcome.status) {
        const bool is_stopped = stop.stop_requested();
        outcome.end = is_stopped ? HookOutcome::End::stopped : HookOutcome::End::timed_out;
        process.ask_to_end();
        const auto grace = is_stopped ? std::min(limits.grace, kGraceOfStop) : limits.grace;
        // Asked once, it is not stopped again: a token of its own.
        wait_for(process, tail, Clock::now() + grace, {});
        outcome.status = process.ended();
    }
    // What it wrote last; what it left behind may hold the other end for ever.
    for (int pieces = 0; pieces < 64 && tail.is_open(); ++pieces)
        tail.take(std::chrono::milliseconds(0));
    outcome.output = tail.text();
    outcome.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return outcome;
}

} // namespace saoluu::service
