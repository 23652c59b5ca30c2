// SPDX-License-Identifier: Apache-2.0
#include "store/sftp_pool.hpp"

#include "util/text.hpp"

namespace saoluu::store::sftp {

Result<Pool::Lease> Pool::take() {
    {
        std::unique_lock lock(mutex_);
        if (!freed_.wait(lock, stop_, [&] { return in_use_ < kMost; }))
            return fail(ErrorKind::interrupted, util::tr("waiting for an SFTP server was ended"));
        ++in_use_;
    }
    Result<Lease> lease = take(true);
    if (!lease)
        leave();
    return lease;
}

Result<Pool::Lease> Pool::take_one_more() {
    return take(false);
}

Result<Pool::Lease> Pool::take(bool counts) {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            Lease lease(this, std::move(idle_.back()), counts);
            idle_.pop_back();
            return lease;
        }
    }
    return Lease(this, TRY(connect_()), counts);
}

void Pool::leave() {
    {
        const std::lock_guard lock(mutex_);
        --in_use_;
    }
    freed_.notify_one();
}

void Pool::give_back(std::unique_ptr<Channel> channel, bool counts) {
    channel->flush();
    std::vector<std::unique_ptr<Channel>> dropped; // ends outside of the lock
    {
        const std::lock_guard lock(mutex_);
        if (!channel->is_good()) {
            // What was lost took the others with it, as a rule: the next one finds out anew.
            dropped.swap(idle_);
            dropped.push_back(std::move(channel));
        } else if (idle_.size() < kMost) {
            idle_.push_back(std::move(channel));
        } else {
            dropped.push_back(std::move(channel));
        }
    }
    if (counts)
        leave();
}

} // namespace saoluu::store::sftp
