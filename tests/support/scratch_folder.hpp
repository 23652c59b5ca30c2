// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace saoluu::test {

/// A folder of a test's own, gone with all that is in it when the test ends.
class ScratchFolder {
public:
    ScratchFolder() : ScratchFolder(std::filesystem::temp_directory_path()) {}
    /// In memory where the system has such a place: for thousands of files, each of which is
    /// synced.
    static ScratchFolder in_memory() {
        std::error_code ignored;
        const bool has_memory = std::filesystem::is_directory("/dev/shm", ignored);
        return ScratchFolder(has_memory ? "/dev/shm" : std::filesystem::temp_directory_path());
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + "/" + name;
    }

private:
    explicit ScratchFolder(const std::filesystem::path& parent) {
        std::string name = (parent / "saoluu-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no scratch folder can be made");
        path_ = name;
    }

    std::string path_;
};

} // namespace saoluu::test
