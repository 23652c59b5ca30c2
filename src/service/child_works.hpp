// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/work.hpp"

#include "saoluu/config.hpp"

#include <string>
#include <vector>

namespace saoluu::service {

/// Does orders by the program's own commands, each in a process of its own: the memory that it
/// takes is free when it ends, and whatever befalls it is not the daemon's end.
class ChildWorks final : public Works {
public:
    struct Options {
        std::string program;      ///< path of this program
        std::string config_path;  ///< what the commands read
        std::string language;     ///< vi, en, or empty: by the environment
        std::string state_folder; ///< where locks are
    };
    explicit ChildWorks(Options options) : options_(std::move(options)) {}

    /// The config that orders are of, and the key that they use.
    /// copy: a copy of the config file for what is started; empty: the file itself
    void configure(const Config& config, const std::string& copy = {});

    Result<std::unique_ptr<Work>> start(const Order& order) override;
    bool is_running(const std::string& job) override;

private:
    [[nodiscard]] std::vector<std::string> command_of(const Order& order) const;

    Options options_;
    std::string config_copy_, key_file_;
    std::string cycle_;
};

/// What a command's output with --json, and how it ended, say of an order. Lines that are no
/// objects, or of a type that is not known, are passed over.
/// lines: of standard output; stopped: it was asked to end
WorkResult result_of(const Order& order, const std::vector<std::string>& lines, int exit_code,
                     int signal, bool stopped);

} // namespace saoluu::service
