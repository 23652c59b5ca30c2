// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/delivery.hpp"

#include "util/file.hpp"
#include "util/guarded.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace saoluu::service {

/// Sends one message after another by a channel, in a thread of its own, so that a server that does
/// not answer holds up nothing. Stopped at once when it goes.
class Postman {
public:
    /// wake: an eventfd that is written to when a message is done with; must outlive it
    Postman(std::unique_ptr<Channel> channel, int wake);
    ~Postman();
    Postman(const Postman&) = delete;
    Postman& operator=(const Postman&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& where() const { return where_; }

    /// Gives it a message. It must not have one.
    void give(Message message, std::vector<std::string> only);
    /// Whether it has one, or has not been asked yet what became of it.
    [[nodiscard]] bool is_busy();
    /// What became of that, once.
    std::optional<Result<Delivery>> take_result();

private:
    struct Task {
        Message message;
        std::vector<std::string> only;
    };
    void work(const std::stop_token& stop);

    std::unique_ptr<Channel> channel_;
    std::string name_, where_;
    int wake_;
    std::mutex mutex_;
    std::condition_variable_any has_task_;
    std::optional<Task> task_;
    std::optional<Result<Delivery>> result_;
    bool is_busy_ = false;
    std::jthread thread_; ///< the last: it uses the others
};

} // namespace saoluu::service
