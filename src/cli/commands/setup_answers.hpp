// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/command.hpp"

#include "saoluu/config.hpp"
#include "saoluu/new_config.hpp"
#include "saoluu/place.hpp"
#include "saoluu/secret_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace saoluu::cli {

/// All that setup has to know, from options or from questions.
struct SetupAnswers {
    NewConfig config;          ///< the text that is written
    std::string access_key;    ///< of S3, as it was typed; goes to a file beside the config
    SecretText secret_key;     ///< the same
    SecretText mail_password;  ///< the same
    bool no_mail = false;      ///< nobody shall be told
    bool has_schedule = false; ///< it was chosen, not only taken
    std::string holder, unit;
    std::uint32_t kdf_mib = 256, kdf_passes = 3;
    bool yes = false;       ///< ask nothing
    bool no_backup = false; ///< leave the first backup to the schedule
    std::string config_path;
};

/// What a source holds, as far as it can be seen.
struct SourceCount {
    std::uint64_t files = 0, bytes = 0, unreadable = 0;
};

/// A path as a person types it: without blanks and quotes around it, "~/" in his own folder, whole.
/// errors: usage if nothing is left
Result<std::string> path_typed(const std::string& text);
/// What a person types for a store, the same way; URLs stay.
Result<std::string> place_typed(const std::string& text);
/// "nas", "sftp" or "cloud": the name of a store at such a place.
std::string store_name_for(const std::string& url);

/// Each answer is proven by what it is for; nothing is changed.
/// errors: usage and whatever it meets, which says what to do
Result<SourceCount> prove_source(const std::string& path, const std::stop_token& stop);
Result<PlaceLook> prove_store(Context& context, const SetupAnswers& answers);
/// The next three runs.
Result<std::vector<UnixTime>> prove_schedule(const SetupAnswers& answers);

/// Sends a test message to those who shall be told, if anyone shall.
Result<void> prove_mail(const SetupAnswers& answers, const std::stop_token& stop);

/// The hours after which the newest backup is too old by a schedule: its longest pause and two
/// hours. 0: there is no schedule.
Result<unsigned> max_age_of(const std::vector<std::string>& schedule);

/// What the config file will say, with the secrets that were typed.
Result<Config> config_of(const SetupAnswers& answers);
/// The store of it, as a command reaches it.
Result<Target> target_of(Context& context, const SetupAnswers& answers);

} // namespace saoluu::cli
