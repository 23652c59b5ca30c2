// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/setup_answers.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include "saoluu/notify.hpp"
#include "saoluu/schedule.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

/// A person waits for the answer.
constexpr std::chrono::seconds kPatience{15};

std::string without_blanks_and_quotes(std::string text) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string::npos)
        return {};
    text = text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
    // As a file manager or a shell's completion gives it.
    if (text.size() > 2 && (text.front() == '"' || text.front() == '\'') &&
        text.back() == text.front())
        text = text.substr(1, text.size() - 2);
    return text;
}

bool is_url(const std::string& text) {
    return text.find("://") != std::string::npos;
}

UnixTime now() {
    return static_cast<UnixTime>(std::time(nullptr));
}

/// What is wrong with it is told without the line of a file that nobody has seen.
Result<Config> read(const std::string& text, const std::string& path) {
    Result<Config> config = read_config_text(text, path);
    if (config)
        return config;
    std::string_view what = config.error().message();
    const std::string prefix = printable(path) + ":";
    if (what.starts_with(prefix)) {
        what.remove_prefix(prefix.size());
        what.remove_prefix(std::min(what.find_first_not_of("0123456789: "), what.size()));
    }
    return fail(config.error().kind(), std::string(what));
}

} // namespace

Result<std::string> path_typed(const std::string& text) {
    std::string path = without_blanks_and_quotes(text);
    if (path.empty())
        return fail(ErrorKind::usage, tr("a path is needed"));
    const char* const home = std::getenv("HOME");
    if (home != nullptr && *home == '/' && (path == "~" || path.starts_with("~/")))
        path = util::join(home, path.size() > 2 ? path.substr(2) : "");
    std::error_code code;
    const std::filesystem::path whole = std::filesystem::absolute(path, code);
    if (code)
        return Failure(util::system_error(code.value(), printable(path)));
    std::string normal = whole.lexically_normal().string();
    while (normal.size() > 1 && normal.ends_with('/'))
        normal.pop_back();
    return normal;
}

Result<std::string> place_typed(const std::string& text) {
    const std::string place = without_blanks_and_quotes(text);
    return is_url(place) ? place : path_typed(place);
}

std::string store_name_for(const std::string& url) {
    return url.starts_with("s3://") ? "cloud" : url.starts_with("sftp://") ? "sftp" : "nas";
}

Result<SourceCount> prove_source(const std::string& path, const std::stop_token& stop) {
    namespace fs = std::filesystem;
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        return util::system_failure(path);
    SourceCount count;
    if (!S_ISDIR(info.st_mode)) {
        if (::access(path.c_str(), R_OK) != 0)
            return util::system_failure(path);
        return SourceCount{.files = 1, .bytes = static_cast<std::uint64_t>(info.st_size)};
    }
    std::error_code code;
    fs::recursive_directory_iterator at(path, code);
    if (code)
        return Failure(util::system_error(code.value(), printable(path)));
    while (at != fs::recursive_directory_iterator()) {
        if (stop.stop_requested())
            return fail(ErrorKind::interrupted, tr("interrupted"));
        const fs::file_status kind = at->symlink_status(code);
        if (!code && fs::is_regular_file(kind)) {
            ++count.files;
            if (const std::uintmax_t size = at->file_size(code); !code)
                count.bytes += size;
        } else if (!code && fs::is_directory(kind) &&
                   ::access(at->path().c_str(), R_OK | X_OK) != 0) {
            ++count.unreadable;
            at.disable_recursion_pending();
        }
        at.increment(code);
        if (code) { // a folder that went, or can't be read after all: what is counted is a look
            ++count.unreadable;
            break;
        }
    }
    return count;
}

Result<Config> config_of(const SetupAnswers& answers) {
    NewConfig text = answers.config;
    std::string user;
    if (text.mail && !answers.mail_password.empty()) // its file is written later
        user = std::exchange(text.mail->user, {});
    Config config = TRY(read(TRY(config_text(text)), answers.config_path));
    if (config.notify.mail && !user.empty()) {
        config.notify.mail->user = std::move(user);
        config.notify.mail->password = answers.mail_password;
    }
    if (!answers.access_key.empty()) {
        S3Reach& s3 = config.stores.front().reach.s3;
        s3.access_key = answers.access_key;
        s3.secret_key = answers.secret_key;
    }
    return config;
}

Result<Target> target_of(Context& context, const SetupAnswers& answers) {
    Config config = TRY(config_of(answers));
    return target_at(context, std::move(config.stores.front()));
}

Result<PlaceLook> prove_store(Context& context, const SetupAnswers& answers) {
    Target target = TRY(target_of(context, answers));
    target.reach.patience = std::min(target.reach.patience, kPatience);
    PlaceLook look = TRY(look_at_place(target.location, target.reach));
    if (look.state == PlaceLook::State::occupied)
        return fail(
            ErrorKind::refused,
            message(tr("{} holds other things already (such as {}): name an empty or new folder"),
                    printable(look.location), printable(look.thing)));
    if (look.state == PlaceLook::State::unfinished)
        return fail(ErrorKind::refused,
                    message(tr("{} holds what is left of a repository that was never finished, or "
                               "that lost its \"format\" ({}): if no backup was ever made there, "
                               "delete the folder and try again"),
                            printable(look.location), printable(look.thing)));
    return look;
}

Result<std::vector<UnixTime>> prove_schedule(const SetupAnswers& answers) {
    constexpr std::size_t kShown = 3;
    std::vector<UnixTime> runs = TRY(next_runs(answers.config.schedule, "", now(), kShown));
    if (runs.empty())
        return fail(ErrorKind::usage, tr("these times are all over: nothing would ever run"));
    return runs;
}

Result<void> prove_mail(const SetupAnswers& answers, const std::stop_token& stop) {
    if (!answers.config.mail)
        return {};
    const Config config = TRY(config_of(answers));
    const auto results = TRY(send_test(
        config, [](const std::string&, const std::string&) {}, stop));
    for (const NotifyResult& result : results) {
        if (result.error)
            return Failure(*result.error);
        for (const auto* list : {&result.refused, &result.later})
            if (!list->empty())
                return fail(ErrorKind::failure,
                            message(tr("{} does not take a message for {}"),
                                    printable(result.where), printable(list->front())));
    }
    return {};
}

Result<unsigned> max_age_of(const std::vector<std::string>& schedule) {
    constexpr std::size_t kLooked = 100; // times of some weeks, or of some years of a rare one
    constexpr UnixTime kHour = 3600;
    constexpr UnixTime kMost = 3660L * 24; // what the config file takes
    const std::vector<UnixTime> runs = TRY(next_runs(schedule, "", now(), kLooked));
    UnixTime longest = 0;
    for (std::size_t i = 1; i < runs.size(); ++i)
        longest = std::max(longest, runs[i] - runs[i - 1]);
    if (longest == 0)
        return 0;
    return static_cast<unsigned>(std::min((longest + kHour - 1) / kHour + 2, kMost));
}

} // namespace saoluu::cli
