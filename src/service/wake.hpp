// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/file.hpp"

#include "saoluu/result.hpp"

namespace saoluu::service {

/// Ends a poll() from another thread, or by SIGHUP, which asks for a reload. While it lives, SIGHUP
/// has that meaning in the whole process. There is one.
class Wake {
public:
    static Result<Wake> create();
    Wake(Wake&&) noexcept = default;
    Wake& operator=(Wake&&) = delete;
    ~Wake();

    [[nodiscard]] int fd() const { return fd_.get(); }
    void wake() const;
    /// Whether a reload was asked for since; forgets all wakes.
    bool take_reload();

private:
    explicit Wake(util::Fd fd) : fd_(std::move(fd)) {}
    util::Fd fd_;
};

} // namespace saoluu::service
