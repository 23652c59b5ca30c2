// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/setup_surroundings.hpp"

#include "cli/commands/setup_user.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <cstdlib>
#include <initializer_list>

#include <unistd.h>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

/// The first that is set.
const char* variable(std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
            return value;
    return "";
}

/// By the names that src/store knows.
Result<void> take_s3(SetupAnswers& answers) {
    NewConfig& config = answers.config;
    if (config.endpoint.empty())
        config.endpoint = variable({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
    if (config.region.empty())
        config.region = variable({"AWS_REGION"});
    if (const char* const bundle = variable({"AWS_CA_BUNDLE"});
        config.ca_file.empty() && *bundle != '\0')
        config.ca_file = TRY(path_typed(bundle));
    const char* const key = variable({"AWS_ACCESS_KEY_ID"});
    const char* const secret = variable({"AWS_SECRET_ACCESS_KEY"});
    if (!config.credentials.empty() || !answers.access_key.empty() || *key == '\0' ||
        *secret == '\0')
        return {};
    if (*variable({"AWS_SESSION_TOKEN"}) != '\0')
        return fail(ErrorKind::usage,
                    tr("AWS_SESSION_TOKEN is set: the access key of this terminal lasts some hours "
                       "only, and the service needs one that stays: name it with --credentials, "
                       "or type it"));
    answers.access_key = key;
    answers.secret_key = SecretText::copy_of(secret);
    return {};
}

/// The files that ssh would find as the daemon's user are named, and those that it would find as
/// this one are not there for him.
Result<void> take_sftp(const DaemonUser& user, SetupAnswers& answers) {
    NewConfig& config = answers.config;
    const std::string folder = util::join(user.home(), ".ssh");
    const auto take = [&](const char* name, std::string& to) {
        const std::string path = util::join(folder, name);
        if (to.empty() && ::access(path.c_str(), R_OK) == 0)
            to = path;
    };
    for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa"})
        take(name, config.ssh_key);
    if (config.host_key.empty())
        take("known_hosts", config.known_hosts);
    const auto lacks = [&](const std::string& what) {
        return fail(ErrorKind::usage,
                    message(tr("the service runs as the user saoluu, and nothing of root's ~/.ssh "
                               "counts for him: {}"),
                            what));
    };
    const std::string rest = config.url.substr(config.url.find("://") + 3);
    if (rest.substr(0, rest.find('/')).find('@') == std::string::npos)
        return lacks(tr("name the user at the server: sftp://user@host/path"));
    if (config.ssh_key.empty())
        return lacks(message(tr("name a private ssh key without a passphrase (--ssh-key), or put "
                                "one into {}"),
                             printable(folder)));
    if (config.host_key.empty() && config.known_hosts.empty())
        return lacks(message(tr("name the server's key (--host-key, or --known-hosts with a file), "
                                "or put known_hosts into {}"),
                             printable(folder)));
    return {};
}

} // namespace

Result<void> take_surroundings(SetupAnswers& answers) {
    if (answers.config.url.starts_with("s3://"))
        return take_s3(answers);
    const auto user = DaemonUser::find();
    if (user && answers.config.url.starts_with("sftp://"))
        return take_sftp(*user, answers);
    return {};
}

} // namespace saoluu::cli
