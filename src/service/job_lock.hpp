// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/file.hpp"

#include "saoluu/result.hpp"

#include <string>

namespace saoluu::service {

/// Held by whoever runs a job, so that it never runs twice at once on this machine. It goes with
/// the process, however that ends.
class JobLock {
public:
    /// Takes it without waiting; the folder is made where it is missing.
    /// errors: exists (another holds it); denied, io
    static Result<JobLock> take(const std::string& state_folder, const std::string& job);
    /// The same of any file, for other things that there is to be one of.
    static Result<JobLock> take_file(const std::string& path);
    static bool is_held(const std::string& state_folder, const std::string& job);

private:
    explicit JobLock(util::Fd fd) : fd_(std::move(fd)) {}
    util::Fd fd_;
};

} // namespace saoluu::service
