// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/access.hpp"

#include "saoluu/events.hpp"
#include "saoluu/repository.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// A repository for measuring: no test, so that what fails ends the program.
namespace saoluu::bench {

[[noreturn]] inline void give_up(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}
template <class T>
T must(Result<T> result) {
    if (!result)
        give_up(result.error().message());
    return std::move(*result);
}
inline void must(const Result<void>& result) {
    if (!result)
        give_up(result.error().message());
}

/// Passes on what should not be: a repository that was just made has nothing to tell.
class Complaints final : public Events {
public:
    void finding(const Finding& finding) override {
        if (finding.severity >= Severity::warning)
            std::fprintf(stderr, "%s: %s\n", finding.subject.c_str(), finding.text.c_str());
    }
};

/// A repository in a folder, with key files beside it: nothing of what is measured is Argon2.
class BenchRepository {
public:
    /// Of a folder that may hold one already.
    explicit BenchRepository(std::string folder) : folder_(std::move(folder)) {}
    /// Makes it, with a key that backs up and one that reads.
    void make() const;

    [[nodiscard]] std::string location() const { return folder_ + "/repository"; }
    [[nodiscard]] std::string key_file(std::string_view key) const {
        return folder_ + "/" + std::string(key) + ".key";
    }
    [[nodiscard]] LocalFolders folders() const {
        return {.state = folder_ + "/state", .cache = folder_ + "/cache"};
    }
    [[nodiscard]] repo::Access access(std::string_view key) const;

    static constexpr std::string_view kBackup = "backup";
    static constexpr std::string_view kReader = "reader";

private:
    std::string folder_;
};

} // namespace saoluu::bench
