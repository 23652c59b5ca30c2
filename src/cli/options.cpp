// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include "cli/terminal.hpp"
#include "util/text.hpp"

#include <cstdlib>
#include <cstring>

namespace saoluu::cli {
namespace {
using util::message;
using util::tr;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::optional<Result<Passphrase>> take_passphrase(const char* name) {
    char* value = std::getenv(name);
    if (value == nullptr)
        return std::nullopt;
    std::optional<Result<Passphrase>> passphrase;
    if (*value != '\0')
        passphrase = Passphrase::from_text(value).within(name);
    ::explicit_bzero(value, std::strlen(value)); // what /proc/PID/environ shows
    ::unsetenv(name);
    return passphrase;
}

Result<Credential> by_key_file(const std::string& path, const std::string& slot) {
    return Credential{Credential::KeyFile{path}, slot};
}

/// Several places of one run are opened by the same.
Result<Passphrase> copy_of(const Result<Passphrase>& passphrase) {
    if (!passphrase)
        return Failure(passphrase.error());
    return Passphrase::from_text(passphrase->reveal());
}

Result<Credential> by_passphrase(Result<Passphrase> passphrase, const std::string& slot) {
    if (!passphrase)
        return Failure(std::move(passphrase).error());
    return Credential{std::move(*passphrase), slot};
}

/// What of one rank is given. More than one would leave it open which the person means.
class Given {
public:
    void add(bool is_given, const char* name) {
        if (!is_given)
            return;
        ++count_;
        names_ += (names_.empty() ? "" : ", ") + std::string(name);
    }
    [[nodiscard]] Result<void> at_most_one() const {
        if (count_ <= 1)
            return {};
        return fail(ErrorKind::usage, message(tr("{}: give only one of them"), names_));
    }

private:
    int count_ = 0;
    std::string names_;
};

} // namespace

Environment Environment::take() {
    Environment environment;
    environment.repository = variable("SAOLUU_REPO");
    environment.key_file = variable("SAOLUU_KEY_FILE");
    environment.passphrase_file = variable("SAOLUU_PASSPHRASE_FILE");
    environment.passphrase = take_passphrase("SAOLUU_PASSPHRASE");
    return environment;
}

Result<Credential> credential_of(const GlobalOptions& options, Environment& environment,
                                 const std::string& location, std::stop_token stop) {
    Given by_option;
    by_option.add(!options.key_file.empty(), "--key-file");
    by_option.add(!options.passphrase_file.empty(), "--passphrase-file");
    TRY(by_option.at_most_one());
    if (!options.key_file.empty())
        return by_key_file(options.key_file, options.slot);
    if (!options.passphrase_file.empty())
        return by_passphrase(Passphrase::from_file(options.passphrase_file), options.slot);

    Given by_environment;
    by_environment.add(!environment.key_file.empty(), "SAOLUU_KEY_FILE");
    by_environment.add(!environment.passphrase_file.empty(), "SAOLUU_PASSPHRASE_FILE");
    by_environment.add(environment.passphrase.has_value(), "SAOLUU_PASSPHRASE");
    TRY(by_environment.at_most_one());
    if (!environment.key_file.empty())
        return by_key_file(environment.key_file, options.slot);
    if (!environment.passphrase_file.empty())
        return by_passphrase(Passphrase::from_file(environment.passphrase_file), options.slot);
    if (environment.passphrase)
        return by_passphrase(copy_of(*environment.passphrase), options.slot);

    if (!can_ask())
        return fail(ErrorKind::usage,
                    tr("which key opens the repository? Name a key file with --key-file, or a file "
                       "with the passphrase with --passphrase-file"));
    const auto line = TRY(
        ask_hidden(message(tr("Passphrase for {}: "), util::printable(location)), std::move(stop)));
    return by_passphrase(Passphrase::from_text(line->view()), options.slot);
}

Result<void> ask_once(const GlobalOptions& options, Environment& environment,
                      std::stop_token stop) {
    const bool is_given = !options.key_file.empty() || !options.passphrase_file.empty() ||
                          !environment.key_file.empty() || !environment.passphrase_file.empty() ||
                          environment.passphrase.has_value();
    if (is_given || !can_ask())
        return {};
    const auto line = TRY(ask_hidden(tr("Passphrase: "), std::move(stop)));
    environment.passphrase = Passphrase::from_text(line->view());
    return {};
}

Result<std::optional<Passphrase>> given_new_passphrase(const GlobalOptions& options,
                                                       Environment& environment) {
    if (!options.key_file.empty())
        return fail(ErrorKind::usage,
                    tr("--key-file opens a repository that exists; a new one gets a passphrase "
                       "(--passphrase-file), and its backup key goes to --backup-key"));
    const auto as_optional =
        [](Result<Passphrase> passphrase) -> Result<std::optional<Passphrase>> {
        if (!passphrase)
            return Failure(std::move(passphrase).error());
        return std::optional<Passphrase>(std::move(*passphrase));
    };
    if (!options.passphrase_file.empty())
        return as_optional(Passphrase::from_file(options.passphrase_file));
    Given by_environment;
    by_environment.add(!environment.passphrase_file.empty(), "SAOLUU_PASSPHRASE_FILE");
    by_environment.add(environment.passphrase.has_value(), "SAOLUU_PASSPHRASE");
    TRY(by_environment.at_most_one());
    if (!environment.passphrase_file.empty())
        return as_optional(Passphrase::from_file(environment.passphrase_file));
    if (environment.passphrase)
        return as_optional(std::move(*environment.passphrase));
    return std::optional<Passphrase>();
}

} // namespace saoluu::cli
