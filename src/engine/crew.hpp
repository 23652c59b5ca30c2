// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/guarded.hpp"

#include "saoluu/result.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace saoluu::engine {

/// The threads of one run. The first failure of any stops the run and is the one that is reported:
/// the others see is_stopping() and drain what they have without working on it.
class Crew {
public:
    /// stop: a person's wish to end the run, which becomes its failure
    explicit Crew(std::stop_token stop) : stop_(std::move(stop)) {}
    ~Crew() { threads_.clear(); }
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// Runs `work` in a thread of its own. Where the system gives no thread that is the run's
    /// failure, as one of `work` itself is: nothing else may wait for what this would have done.
    void start(std::function<Result<void>()> work);
    /// Runs `work` in this thread, with the same care for what it throws.
    template <class Work>
    void run(const Work& work) {
        try {
            if (const Result<void> done = work(); !done)
                fail_with(done.error());
        } catch (const std::bad_alloc&) {
            fail_with(Error(ErrorKind::no_memory, "out of memory"));
        } catch (const std::exception& thrown) {
            fail_with(Error(ErrorKind::failure, thrown.what()));
        }
    }
    /// Waits for every thread.
    void join() { threads_.clear(); }

    void fail_with(const Error& error) {
        error_.with([&](std::optional<Error>& first) {
            if (!first)
                first = error;
        });
        failed_.store(true, std::memory_order_release);
    }
    [[nodiscard]] bool is_stopping() const {
        return failed_.load(std::memory_order_acquire) || stop_.stop_requested();
    }
    [[nodiscard]] bool was_interrupted() const { return stop_.stop_requested(); }
    /// The first failure; interrupted if a person stopped the run and nothing failed before.
    Result<void> outcome();

    /// As many workers as `asked`, or as there are processors; at least 1, at most 64.
    static unsigned workers(unsigned asked);

private:
    std::stop_token stop_;
    std::atomic<bool> failed_ = false;
    util::Guarded<std::optional<Error>> error_;
    std::vector<std::jthread> threads_;
};

} // namespace saoluu::engine
