// SPDX-License-Identifier: Apache-2.0
#include "service/control.hpp"
#include "service/job_lock.hpp"
#include "service/standing.hpp"
#include "service/state.hpp"
#include "service/task.hpp"
#include "util/clock.hpp"
#include "util/text.hpp"

#include "saoluu/daemon.hpp"
#include "saoluu/repository.hpp"

#include <cstdlib>

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu {
namespace {
using nlohmann::json;
using service::Moment;
using util::tr;

constexpr const char* kSystemFolder = "/var/lib/saoluu";

} // namespace

std::string default_state_folder() {
    const char* const named = std::getenv("SAOLUU_STATE_DIR");
    if (named != nullptr && *named != '\0')
        return named;
    // Root asks after the daemon's, whosever it is.
    if (::geteuid() == 0)
        return kSystemFolder;
    return LocalFolders::from_environment().state;
}

Result<ServiceStatus> service_status(const Config& config, const std::string& state_folder,
                                     bool& is_by_daemon) {
    const std::vector<service::Task> tasks = TRY(service::tasks_of(config));
    const Result<std::string> alive =
        service::ask_control(service::control_path(state_folder), R"({"ask":"alive"})");
    // One that is too busy to answer is there all the same.
    is_by_daemon = alive || alive.error().kind() != ErrorKind::not_found;
    Result<service::State> read = service::State::read(state_folder);
    if (!read && read.error().kind() == ErrorKind::not_found)
        read = service::State::empty(); // nothing ran yet, and there is nothing wrong with that
    service::State state = TRY(std::move(read));
    service::Standing standing;
    for (const service::Task& task : tasks)
        if (task.kind == service::Task::Kind::job &&
            service::JobLock::is_held(state_folder, task.name))
            standing.busy.insert(task.key());
    return service::status_of(config, tasks, state, standing,
                              Moment(std::chrono::seconds(util::system_clock().now())));
}

Result<void> ask_daemon_to_run(const std::string& job, const std::string& state_folder) {
    const json question = {{"ask", "run"}, {"job", job}};
    const std::string text =
        TRY(service::ask_control(service::control_path(state_folder), question.dump()));
    const json answer = json::parse(text, nullptr, false);
    try {
        if (answer.at("ok").get<bool>())
            return {};
        const auto kind = answer.at("kind").get<std::string>();
        return fail(kind == name_of(ErrorKind::exists)  ? ErrorKind::exists
                    : kind == name_of(ErrorKind::usage) ? ErrorKind::usage
                                                        : ErrorKind::failure,
                    answer.at("message").get<std::string>());
    } catch (const json::exception&) {
        return fail(ErrorKind::io, tr("the daemon gave an answer that makes no sense: is it of "
                                      "another version?"));
    }
}

} // namespace saoluu
