// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fuzz.hpp"
#include "scratch_folder.hpp"
#include "util/file.hpp"

#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace saoluu::fuzz {

/// A file in memory for parsers that take a path; gone when the target ends.
class ScratchFile {
public:
    explicit ScratchFile(const std::string& name) : path_(folder_ / name) {}

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const std::string& folder() const { return folder_.path(); }
    void hold(BytesView bytes) {
        const auto fd = util::open_path(path_, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        demand(fd && util::write_all(fd->get(), bytes, path_), "a scratch file can be written");
    }

private:
    test::ScratchFolder folder_ = test::ScratchFolder::in_memory();
    std::string path_;
};

} // namespace saoluu::fuzz
