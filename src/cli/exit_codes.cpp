// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_codes.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

namespace saoluu::cli {
using util::tr;

ExitCode exit_code_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::usage:
        return ExitCode::usage;
    case ErrorKind::no_repository:
        return ExitCode::no_repository;
    case ErrorKind::wrong_key:
        return ExitCode::wrong_key;
    case ErrorKind::corrupt:
        return ExitCode::damage;
    case ErrorKind::refused:
        return ExitCode::refused;
    case ErrorKind::interrupted:
        return ExitCode::interrupted;
    case ErrorKind::failure:
    case ErrorKind::not_found:
    case ErrorKind::exists:
    case ErrorKind::denied:
    case ErrorKind::io:
    case ErrorKind::no_space:
    case ErrorKind::no_memory:
    case ErrorKind::unsupported:
        break;
    }
    return ExitCode::failed;
}

std::string next_step(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::corrupt:
        return tr("See what is damaged with: saoluu check");
    case ErrorKind::no_space:
        return tr("Make room there and run the same command again.");
    default:
        return "";
    }
}

std::vector<std::pair<ExitCode, const char*>> exit_code_meanings() {
    return {
        {ExitCode::done, tr("done")},
        {ExitCode::failed, tr("failed")},
        {ExitCode::usage, tr("the command line makes no sense")},
        {ExitCode::incomplete, tr("done, but incomplete: some files could not be read or written")},
        {ExitCode::no_repository, tr("there is no repository at that place")},
        {ExitCode::wrong_key, tr("wrong passphrase or key, or one whose role may not do this")},
        {ExitCode::damage, tr("damage was found")},
        {ExitCode::refused, tr("refused, to protect what is there")},
        {ExitCode::interrupted, tr("interrupted")},
    };
}

std::string exit_codes_help() {
    std::string text = std::string(tr("Exit codes:")) + "\n";
    for (const auto& [code, meaning] : exit_code_meanings())
        text += fmt::format("  {:>3}  {}\n", static_cast<int>(code), meaning);
    return text;
}

} // namespace saoluu::cli
