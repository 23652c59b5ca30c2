// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/state.hpp"
#include "service/store_facts.hpp"
#include "service/task.hpp"
#include "service/telling.hpp"
#include "service/work.hpp"

#include "saoluu/config.hpp"
#include "saoluu/service_status.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace saoluu::service {

/// The time, by the two clocks that a machine has.
struct Now {
    Moment wall;
    std::chrono::seconds steady{0}; ///< since any moment; never set, and goes on in sleep
    [[nodiscard]] UnixTime unix_time() const { return wall.time_since_epoch().count(); }
};

/// Decides what runs when, keeps book of it, and sees what people must be told: the daemon without
/// its surroundings. Called from one thread.
class Supervisor {
public:
    /// random: a number from 0 to its argument. All must outlive it.
    using Random = std::function<std::int64_t(std::int64_t most)>;
    Supervisor(State& state, Works& works, Telling& telling, Random random);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Takes a config file's word, at the start and later; what runs goes on.
    /// errors: usage; then all stays as it was
    Result<void> configure(const Config& config, Now now);

    /// Does what there is to do now.
    void tick(Now now);
    /// When the next tick is needed at the latest, if nothing happens.
    [[nodiscard]] Moment next_tick(Now now) const;

    /// Runs a job as soon as it can be, whatever its schedule says.
    /// errors: usage (no such job); exists (it runs)
    Result<void> ask_for(const std::string& job, Now now);

    /// Asks all that runs to end; tick() until is_idle().
    void stop();
    [[nodiscard]] bool is_idle() const { return busy_.empty() && recalls_.empty(); }
    void waits_for(std::vector<pollfd>& fds) const;

    /// Jobs and stores, and what is running; the rest is for others to fill in.
    ServiceStatus status(Now now);

private:
    /// A run that is to begin.
    struct Plan {
        Moment due, start_at;
        unsigned attempt = 1;
        bool is_of_agenda = false; ///< and not made up for, tried again or asked for
    };
    struct Busy; ///< a task whose work goes on
    struct Recall {
        std::string store;
        std::unique_ptr<Work> work;
    };
    static constexpr unsigned kMostAttempts = 3;

    void tell_what_there_is();
    void recall(Now now);
    void take_recalled(Now now);
    void learn(const std::map<std::string, UnixTime>& newest_snapshots, Now now);
    void recover(Now now);
    std::vector<Run> end_abandoned(Now now);
    void plan(const Task& task, Now now);
    void skip(const Task& task, Busy& busy, Now now);
    void plan_missed(const Task& task, Moment due, unsigned attempt, Now now);
    void begin_planned(Now now);
    void begin(const Task& task, const Plan& plan, Now now);
    void start(Busy& busy, const Order& order);
    void take_results(Now now);
    [[nodiscard]] StoreFacts facts_of(const std::string& store, Now now);
    void keep(const std::string& store, const StoreFacts& facts, Now now);
    void take_space(const WorkResult& result, Now now);
    void take_job(Busy& busy, const WorkResult& result);
    void take_of_check(Busy& busy, const WorkResult& result, Now now);
    [[nodiscard]] std::optional<Order> heal_of(const std::string& store, const WorkResult& result,
                                               StoreFacts& facts, Now now) const;
    void finish(const std::string& key, Now now);
    bool plan_another_try(const Task& task, const Run& run, Now now);
    void tell_of_standing(Now now);
    void look_at_clock(Now now);
    void save();
    [[nodiscard]] const Task* find(const std::string& key) const;

    State& state_;
    Works& works_;
    Telling& telling_;
    Random random_;
    Config config_;
    std::vector<Task> tasks_;
    std::map<std::string, Plan> plans_;                 ///< by Task::key()
    std::map<std::string, std::unique_ptr<Busy>> busy_; ///< the same
    std::vector<Recall> recalls_;
    std::chrono::seconds recalls_until_{0};    ///< by the steady clock: nothing waits longer
    std::map<std::string, UnixTime> recalled_; ///< newest snapshots, by job
    std::optional<Now> before_;                ///< of the last tick
    std::optional<Moment> judged_;             ///< when what stands was last told of
    bool is_configured_ = false;
    bool is_stopping_ = false;
    bool could_not_save_ = false;
};

} // namespace saoluu::service
