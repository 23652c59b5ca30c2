// SPDX-License-Identifier: Apache-2.0
#include "cli/targets.hpp"

#include "cli/commands/command.hpp"
#include "util/file.hpp"
#include "util/sizes.hpp"
#include "util/text.hpp"

#include "saoluu/config.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <system_error>

#include <unistd.h>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

/// Tells once of each time that a store does not answer, whatever number of requests waits for it.
class OutageTeller {
public:
    OutageTeller(Output& output, std::string what, std::chrono::seconds patience)
        : output_(output), what_(std::move(what)), patience_(patience) {}

    void wait(const Error& error, std::chrono::milliseconds pause) {
        const auto now = std::chrono::steady_clock::now();
        {
            const std::lock_guard lock(mutex_);
            const bool is_same = now < quiet_until_;
            // The next try of any request comes within the pause and the time that a try takes.
            quiet_until_ = std::max(quiet_until_, now + pause + kTry);
            if (is_same)
                return;
        }
        const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(patience_).count();
        output_.note(message(
            minutes > 0 ? tr("{}: the store does not answer rightly, and is tried again for up to "
                             "{} minutes: {}")
                        : tr("{}: the store does not answer rightly, and is tried again for up to "
                             "{} seconds: {}"),
            what_, minutes > 0 ? minutes : static_cast<std::int64_t>(patience_.count()),
            error.message()));
    }

private:
    static constexpr std::chrono::seconds kTry{60};
    Output& output_;
    std::string what_;
    std::chrono::seconds patience_;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point quiet_until_{};
};

bool is_remote(std::string_view location) {
    return location.find("://") != std::string_view::npos && !location.starts_with("file://");
}

/// How much a second --limit-upload or --limit-download lets through.
Result<void> take_limit(const char* option, const std::string& text, std::uint64_t& limit) {
    if (text.empty())
        return {};
    limit = TRY(util::parse_size(text).within(option));
    if (limit == 0)
        return fail(
            ErrorKind::usage,
            message(tr("{} 0: nothing would go through; leave it out for no limit"), option));
    return {};
}

Result<std::string> absolute(const std::string& text) {
    if (text.starts_with('/') || text.find("://") != std::string::npos)
        return text;
    std::error_code code;
    const std::filesystem::path path = std::filesystem::absolute(text, code);
    if (code)
        return Failure(util::system_error(code.value(), printable(text)));
    return path.lexically_normal().string();
}

Result<StoreConfig> store_named(Context& context, const std::string& name) {
    const std::string path = config_path(context);
    Result<Config> config = read_config(path);
    if (!config && config.error().kind() == ErrorKind::not_found)
        return fail(ErrorKind::usage,
                    message(tr("{}: a store of that name would stand in the config file {}, which "
                               "is not there; a folder of that name is written ./{}"),
                            printable(name), printable(path), printable(name)));
    if (!config)
        return Failure(std::move(config).error());
    return find_store(*config, name);
}

std::vector<std::string> named_places(const Context& context) {
    if (!context.options.repositories.empty())
        return context.options.repositories;
    if (!context.environment.repository.empty())
        return {context.environment.repository};
    return {};
}

Failure none_named() {
    return fail(ErrorKind::usage,
                tr("which repository? Name it with --repo, or set SAOLUU_REPO: a folder, a URL, or "
                   "the name of a store of the config file"));
}

} // namespace

std::string config_path(const Context& context, bool& is_named) {
    const char* const variable = std::getenv("SAOLUU_CONFIG");
    is_named = !context.options.config.empty() || (variable != nullptr && *variable != '\0');
    return context.options.config.empty() ? default_config_path() : context.options.config;
}

std::string config_path(const Context& context) {
    bool is_named = false;
    return config_path(context, is_named);
}

Result<Config> read_config(const std::string& path) {
    const char* const copy = std::getenv("SAOLUU_CONFIG_COPY");
    return copy == nullptr || *copy == '\0' ? load_config(path) : load_config_copy(copy, path);
}

void complete(Context& context, Reach& reach, const std::string& what, bool is_remote) {
    reach.stop = context.stop;
    if (!context.options.quiet) {
        const auto teller = std::make_shared<OutageTeller>(context.output, what, reach.patience);
        reach.on_wait = [teller](const Error& error, std::chrono::milliseconds pause) {
            teller->wait(error, pause);
        };
    }
    if (!is_remote || !reach.spool_folder.empty())
        return;
    const std::string spool = util::join(LocalFolders::from_environment().cache, "spool");
    // Where the cache can't be written the system's folder of temporary files serves too.
    if (util::make_folders(spool, 0700) && ::access(spool.c_str(), W_OK | X_OK) == 0)
        reach.spool_folder = spool;
}

namespace {

/// With what the options and the run itself add.
Result<Target> completed(Context& context, Target target) {
    TRY(take_limit("--limit-upload", context.options.limit_upload, target.reach.upload_limit));
    TRY(take_limit("--limit-download", context.options.limit_download,
                   target.reach.download_limit));
    for (LimitWindow& window : target.reach.windows) { // what is said by hand holds at all times
        if (!context.options.limit_upload.empty())
            window.upload_limit.reset();
        if (!context.options.limit_download.empty())
            window.download_limit.reset();
    }
    complete(context, target.reach, target.name.empty() ? printable(target.location) : target.name,
             is_remote(target.location));
    return target;
}

} // namespace

Result<Target> target_at(Context& context, StoreConfig store) {
    return completed(context, Target{.location = std::move(store.url),
                                     .reach = std::move(store.reach),
                                     .name = std::move(store.name)});
}

Result<Target> target_named(Context& context, const std::string& text) {
    if (text.empty())
        return none_named();
    if (is_store_name(text))
        return target_at(context, TRY(store_named(context, text)));
    return completed(context, Target{.location = TRY(absolute(text)), .reach = {}, .name = {}});
}

Result<Target> target_of(Context& context) {
    const std::vector<std::string> places = named_places(context);
    if (places.empty())
        return none_named();
    if (places.size() > 1)
        return fail(ErrorKind::usage, tr("--repo: this command works with one place; only a backup "
                                         "goes to several at once"));
    return target_named(context, places.front());
}

Result<std::vector<Target>> targets_beside(Context& context, const std::string& name) {
    Config config = TRY(read_config(config_path(context)));
    std::vector<Target> targets;
    for (StoreConfig& store : config.stores)
        if (store.name != name)
            targets.push_back(TRY(target_at(context, std::move(store))));
    return targets;
}

Result<std::vector<Target>> configured_targets(Context& context) {
    std::vector<Target> targets;
    bool is_named = false;
    const std::string path = config_path(context, is_named);
    if (!named_places(context).empty()) {
        targets.push_back(TRY(target_of(context)));
        return targets;
    }
    Result<Config> config = read_config(path);
    if (!config && (is_named || config.error().kind() != ErrorKind::not_found))
        return Failure(std::move(config).error());
    if (!config)
        return none_named();
    for (StoreConfig& store : config->stores)
        targets.push_back(TRY(target_at(context, std::move(store))));
    return targets;
}

Result<std::vector<Target>> targets_of(Context& context) {
    const std::vector<std::string> places = named_places(context);
    if (places.empty())
        return none_named();
    std::vector<Target> targets;
    for (const std::string& place : places)
        targets.push_back(TRY(target_named(context, place)));
    return targets;
}

} // namespace saoluu::cli
