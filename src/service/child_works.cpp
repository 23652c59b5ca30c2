// SPDX-License-Identifier: Apache-2.0
#include "service/child_works.hpp"

#include "service/job_lock.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace saoluu::service {
namespace {
using util::message;

/// Lines of what a process writes, as they become whole.
class Lines {
public:
    /// A line longer than this is none that we know; the rest of it is passed over.
    static constexpr std::size_t kLongest = std::size_t{1} << 20;

    template <class Take>
    void add(std::string_view bytes, Take take) {
        for (const char c : bytes) {
            if (c == '\n') {
                take(std::exchange(line_, {}));
            } else if (line_.size() < kLongest) {
                line_ += c;
            }
        }
    }

private:
    std::string line_;
};

class ChildWork final : public Work {
public:
    ChildWork(Order order, util::Process process)
        : order_(std::move(order)), process_(std::move(process)) {
        process_.in().reset(); // it has nobody to ask
    }
    ~ChildWork() override {
        process_.ask_to_end();
        // Then it is killed. Who was asked to end has had his time.
        (void)process_.wait(is_stopped_ ? std::chrono::seconds(0) : kPatience);
    }

    std::optional<WorkResult> poll() override {
        // Ended first, then read: what it wrote last is in the pipe by then.
        const std::optional<util::ExitStatus> status = process_.ended();
        read_from(process_.out().get(), out_, [this](std::string line) {
            // Results are few; findings and paths may be millions.
            if (line.starts_with("{\"type\":\"finding\"") ||
                line.starts_with("{\"type\":\"checked_snapshot\""))
                return;
            if (results_.size() == kMostResults)
                results_.pop_front();
            results_.push_back(std::move(line));
        });
        read_from(process_.err(), err_, [this](const std::string& line) {
            std::fprintf(stderr, "%s: %s\n", order_.name.c_str(), line.c_str());
        });
        if (!status)
            return {};
        return result_of(order_, {results_.begin(), results_.end()}, status->code, status->signal,
                         is_stopped_);
    }

    void stop() override {
        is_stopped_ = true;
        process_.ask_to_end();
    }

    void waits_for(std::vector<pollfd>& fds) const override {
        // Both end with the process, unless something that it started holds them.
        for (const int fd : {process_.out().get(), process_.err()})
            if (fd >= 0)
                fds.push_back({fd, POLLIN, 0});
    }

private:
    static constexpr std::chrono::seconds kPatience{10};
    static constexpr std::size_t kMostResults = 100'000; // keys and snapshots

    template <class Take>
    static void read_from(int fd, Lines& lines, Take take) {
        std::array<char, 4096> piece{};
        for (int i = 0; fd >= 0 && i < 256; ++i) {
            const ssize_t got = ::read(fd, piece.data(), piece.size());
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return;
            lines.add({piece.data(), static_cast<std::size_t>(got)}, take);
        }
    }

    Order order_;
    util::Process process_;
    Lines out_, err_;
    std::deque<std::string> results_;
    bool is_stopped_ = false;
};

} // namespace

void ChildWorks::configure(const Config& config, const std::string& copy) {
    config_copy_ = copy;
    key_file_ = config.key_file;
    cycle_ =
        message("{}h", std::chrono::duration_cast<std::chrono::hours>(config.check.cycle).count());
}

std::vector<std::string> ChildWorks::command_of(const Order& order) const {
    std::vector<std::string> command = {options_.program};
    const auto add = [&](std::initializer_list<std::string> words) {
        command.insert(command.end(), words);
    };
    switch (order.kind) {
    case Order::Kind::job:
        add({"job", "run", order.name, "--bare"});
        break;
    case Order::Kind::check:
        add({"check", "--repo", order.name, "--rotate", cycle_});
        break;
    case Order::Kind::heal:
        add({"heal", "--repo", order.name});
        for (const std::string& pack : order.packs)
            add({"--pack", pack});
        break;
    case Order::Kind::keys:
        add({"key", "list", "--repo", order.name});
        break;
    case Order::Kind::recall:
        add({"snapshots", "--repo", order.name});
        break;
    }
    add({"--config", options_.config_path, "--json", "--quiet"});
    if (!key_file_.empty())
        add({"--key-file", key_file_});
    if (!options_.language.empty())
        add({"--lang", options_.language});
    return command;
}

Result<std::unique_ptr<Work>> ChildWorks::start(const Order& order) {
    util::ProcessOptions options{.low_priority = true};
    options.environment = {{"SAOLUU_PARENT", std::to_string(::getpid())},
                           {"SAOLUU_CONFIG_COPY", config_copy_},
                           {"SAOLUU_REPO", std::nullopt},
                           {"NOTIFY_SOCKET", std::nullopt},
                           {"WATCHDOG_USEC", std::nullopt}};
    util::Process process = TRY(util::Process::start(command_of(order), options));
    return std::unique_ptr<Work>(std::make_unique<ChildWork>(order, std::move(process)));
}

bool ChildWorks::is_running(const std::string& job) {
    return JobLock::is_held(options_.state_folder, job);
}

} // namespace saoluu::service
