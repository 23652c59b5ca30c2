// SPDX-License-Identifier: Apache-2.0
#include "service/postman.hpp"

#include "util/assert.hpp"
#include "util/text.hpp"

#include <cstdint>
#include <exception>
#include <utility>

#include <unistd.h>

namespace saoluu::service {
namespace {

/// The last catch of the thread.
Result<Delivery> sent_by(Channel& channel, const Message& message,
                         const std::vector<std::string>& only, const std::stop_token& stop) {
    try {
        return channel.send(message, only, stop);
    } catch (const std::exception&) {
        return fail(ErrorKind::no_memory, util::tr("not enough memory"));
    }
}

} // namespace

Postman::Postman(std::unique_ptr<Channel> channel, int wake)
    : channel_(std::move(channel)), name_(channel_->name()), where_(channel_->where()), wake_(wake),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Postman::~Postman() {
    thread_.request_stop();
    has_task_.notify_all();
}

void Postman::give(Message message, std::vector<std::string> only) {
    const std::lock_guard lock(mutex_);
    ASSERT(!task_ && !result_);
    is_busy_ = true;
    task_ = Task{.message = std::move(message), .only = std::move(only)};
    has_task_.notify_all();
}

std::optional<Result<Delivery>> Postman::take_result() {
    const std::lock_guard lock(mutex_);
    if (result_)
        is_busy_ = false;
    return std::exchange(result_, {});
}

bool Postman::is_busy() {
    const std::lock_guard lock(mutex_);
    return is_busy_;
}

void Postman::work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::optional<Task> task;
        {
            std::unique_lock lock(mutex_);
            if (!has_task_.wait(lock, stop, [this] { return task_.has_value(); }))
                return;
            task = std::move(task_);
            task_.reset();
        }
        Result<Delivery> result = sent_by(*channel_, task->message, task->only, stop);
        {
            const std::lock_guard lock(mutex_);
            result_ = std::move(result);
        }
        const std::uint64_t one = 1;
        (void)!::write(wake_, &one, sizeof one); // it can't be full of ones
    }
}

} // namespace saoluu::service
