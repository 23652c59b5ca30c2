// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <string>

#include <sys/types.h>

namespace saoluu::config {

/// The text of a file of settings, wiped when it goes.
struct FileText {
    std::string text; ///< valid UTF-8, without a byte order mark
    mode_t mode = 0;

    FileText() = default;
    FileText(FileText&&) noexcept = default;
    FileText& operator=(FileText&&) noexcept = default;
    FileText(const FileText&) = delete;
    FileText& operator=(const FileText&) = delete;
    ~FileText();
};

/// errors: not_found, denied, io; refused (others than owner and group can change it); usage (no
/// regular file, larger than 1 MiB, no text)
Result<FileText> read_text_file(const std::string& path);

/// errors: refused where others than owner and group can read it: a file with secrets
Result<void> demand_private(const std::string& path, mode_t mode);

} // namespace saoluu::config
