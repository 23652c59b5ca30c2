// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/state.hpp"
#include "service/supervisor.hpp"
#include "service/telling.hpp"
#include "service/work.hpp"

#include "scratch_folder.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace saoluu::test {

/// Work that lasts as long, and ends so, as the test says.
class FakeWorks final : public service::Works {
public:
    struct Going {
        service::Order order;
        std::optional<service::WorkResult> result; ///< set by the test when it ends
        bool is_stopped = false;
    };

    Result<std::unique_ptr<service::Work>> start(const service::Order& order) override {
        started.push_back(order);
        if (on_start)
            on_start(order);
        if (!cant_start.empty())
            return fail(ErrorKind::io, cant_start);
        auto going = std::make_shared<Going>(Going{.order = order, .result = {}});
        if (at_once)
            going->result = at_once(order);
        goings.push_back(going);
        return std::unique_ptr<service::Work>(std::make_unique<FakeWork>(*this, going));
    }
    bool is_running(const std::string& job) override { return held.contains(job); }

    /// The order of that kind that goes on; there must be one.
    Going& going(service::Order::Kind kind, const std::string& name) {
        for (const auto& one : goings)
            if (one->order.kind == kind && one->order.name == name && !one->result)
                return *one;
        FAIL("nothing of that kind goes on");
        return *goings.front();
    }
    void end(const std::string& job, service::WorkResult result) {
        going(service::Order::Kind::job, job).result = std::move(result);
    }

    std::vector<std::shared_ptr<Going>> goings;
    std::vector<service::Order> started;
    std::set<std::string> held; ///< jobs that somebody else runs
    std::string cant_start;     ///< the error of each start
    std::function<void(const service::Order&)> on_start;
    std::function<std::optional<service::WorkResult>(const service::Order&)> at_once;

private:
    class FakeWork final : public service::Work {
    public:
        FakeWork(FakeWorks& works, std::shared_ptr<Going> going)
            : works_(works), going_(std::move(going)) {}
        ~FakeWork() override { std::erase(works_.goings, going_); }
        std::optional<service::WorkResult> poll() override {
            if (going_->is_stopped && !going_->result)
                return service::WorkResult{.outcome = RunOutcome::interrupted};
            return going_->result;
        }
        void stop() override { going_->is_stopped = true; }
        void waits_for(std::vector<pollfd>&) const override {}

    private:
        FakeWorks& works_;
        std::shared_ptr<Going> going_;
    };
};

/// Remembers what people would be told.
class FakeTelling final : public service::Telling {
public:
    using Key = std::pair<NoticeKind, std::string>;
    void trouble(const service::Notice& notice) override {
        troubles.insert_or_assign({notice.kind, notice.about}, notice);
        if (on_trouble)
            on_trouble(notice);
    }
    void no_trouble(NoticeKind kind, const std::string& about, UnixTime) override {
        troubles.erase({kind, about});
    }
    void only_of(const std::vector<std::string>& jobs,
                 const std::vector<std::string>& stores) override {
        known = {.jobs = jobs, .stores = stores};
    }
    void event(const service::Notice& notice) override { events.push_back(notice); }
    void digest(const ServiceStatus& status) override { digests.push_back(status); }
    void log(Level, const std::string& line) override { lines.push_back(line); }

    [[nodiscard]] bool has(NoticeKind kind, const std::string& about) const {
        return troubles.contains({kind, about});
    }

    struct Known {
        std::vector<std::string> jobs, stores;
    };
    Known known; ///< as only_of() was told last
    std::map<Key, service::Notice> troubles;
    std::vector<service::Notice> events;
    std::vector<ServiceStatus> digests;
    std::vector<std::string> lines;
    std::function<void(const service::Notice&)> on_trouble;
};

inline service::WorkResult success(const std::string& snapshot = "aa") {
    return {.outcome = RunOutcome::done, .snapshot = snapshot, .files = 10, .bytes = 1000};
}

inline service::WorkResult failure(ErrorKind kind = ErrorKind::io) {
    return {.outcome = RunOutcome::failed, .error = kind, .message = "the store is away"};
}

/// A machine with a daemon that can be cut off at any moment.
class Machine {
public:
    explicit Machine(service::Moment now) : wall(now) {}

    /// Begins with what a daemon before left.
    void boot(const Config& with) {
        config = with;
        auto opened = service::State::open(folder.path(), unix_now());
        REQUIRE_MESSAGE(opened, opened.error().message());
        state = std::make_unique<service::State>(std::move(*opened));
        supervisor = std::make_unique<service::Supervisor>(
            *state, works, telling, [this](std::int64_t most) { return random(most); });
        REQUIRE(supervisor->configure(config, now()));
    }
    /// As the power goes: nobody is asked.
    void cut() {
        supervisor.reset();
        state.reset();
        works.goings.clear();
    }
    void pass(std::chrono::seconds time) {
        wall += time;
        steady += time;
    }
    /// Time passes, and the daemon does what there is to do all along.
    void live(std::chrono::seconds time, std::chrono::seconds step = std::chrono::minutes(1)) {
        for (std::chrono::seconds gone{0}; gone < time; gone += step) {
            pass(step);
            supervisor->tick(now());
        }
    }
    [[nodiscard]] service::Now now() const { return {.wall = wall, .steady = steady}; }
    [[nodiscard]] UnixTime unix_now() const { return wall.time_since_epoch().count(); }

    ScratchFolder folder = ScratchFolder::in_memory();
    service::Moment wall;
    std::chrono::seconds steady{1000};
    Config config;
    FakeWorks works;
    FakeTelling telling;
    std::function<std::int64_t(std::int64_t)> random = [](std::int64_t) { return 0; };
    std::unique_ptr<service::State> state;
    std::unique_ptr<service::Supervisor> supervisor;
};

inline Config office_config() {
    Config config;
    config.path = "/etc/saoluu/saoluu.toml";
    config.time_zone = "Asia/Ho_Chi_Minh";
    config.stores = {{.name = "nas", .url = "/mnt/nas"}, {.name = "cloud", .url = "/mnt/cloud"}};
    JobConfig job;
    job.name = "vanphong";
    job.stores = {"nas"};
    job.schedule = {"Mon..Fri 11,16:30"};
    job.max_age = std::chrono::hours(26);
    config.jobs = {job};
    config.notify.digest.clear();
    return config;
}

} // namespace saoluu::test
