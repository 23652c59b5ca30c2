// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sftp_channel.hpp"

#include "saoluu/result.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

namespace saoluu::store::sftp {

/// Opens a connection. Threads: by many.
using Connect = std::function<Result<std::unique_ptr<Channel>>()>;

/// Connections that are opened when they are needed, and kept.
class Pool {
public:
    /// So many transfers at once. sshd lets ten connections be set up at once, of all its users.
    static constexpr unsigned kMost = 4;

    Pool(Connect connect, std::stop_token stop)
        : connect_(std::move(connect)), stop_(std::move(stop)) {}

    /// A connection while it is used: it goes back when this goes, unless it was lost or answers
    /// still wait.
    class Lease {
    public:
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (channel_)
                pool_->give_back(std::move(channel_), counts_);
        }
        Channel& operator*() const { return *channel_; }
        Channel* operator->() const { return channel_.get(); }

    private:
        friend class Pool;
        Lease(Pool* pool, std::unique_ptr<Channel> channel, bool counts)
            : pool_(pool), channel_(std::move(channel)), counts_(counts) {}
        Pool* pool_;
        std::unique_ptr<Channel> channel_;
        bool counts_;
    };

    /// Waits while kMost are in use.
    Result<Lease> take();
    /// Never waits: for a listing, whose caller may use the store meanwhile.
    Result<Lease> take_one_more();

private:
    Result<Lease> take(bool counts);
    void give_back(std::unique_ptr<Channel> channel, bool counts);
    void leave();

    Connect connect_;
    std::stop_token stop_;
    std::mutex mutex_;
    std::condition_variable_any freed_;
    std::vector<std::unique_ptr<Channel>> idle_;
    unsigned in_use_ = 0;
};

} // namespace saoluu::store::sftp
