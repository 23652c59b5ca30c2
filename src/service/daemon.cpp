// SPDX-License-Identifier: Apache-2.0
#include "saoluu/daemon.hpp"

#include "config/config_file.hpp"
#include "service/child_works.hpp"
#include "service/control.hpp"
#include "service/herald.hpp"
#include "service/job_lock.hpp"
#include "service/journal.hpp"
#include "service/supervisor.hpp"
#include "service/systemd.hpp"
#include "service/wake.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

namespace saoluu {
namespace {
using namespace service;
using nlohmann::json;
using std::chrono::seconds;
using Level = Telling::Level;
using util::message;
using util::printable;
using util::tr;
using util::trn;

Now now() {
    timespec since_boot{};
    (void)::clock_gettime(CLOCK_BOOTTIME,
                          &since_boot); // not the monotonic one: that stands in sleep
    return {.wall = std::chrono::time_point_cast<seconds>(std::chrono::system_clock::now()),
            .steady = seconds(since_boot.tv_sec)};
}

std::int64_t random_up_to(std::int64_t most) {
    std::random_device random;
    return most <= 0 ? 0 : std::uniform_int_distribution<std::int64_t>(0, most)(random);
}

/// Keeps the text of a config file that is taken, for the processes that do the work: the file may
/// be half-written by the next hour. returns: where it is
/// errors: as writing a file; as load_config_copy()
Result<std::string> keep_copy(const std::string& config_path, const std::string& state_folder) {
    const std::string kept = util::join(state_folder, "config.toml"), next = kept + ".next";
    const config::FileText file = TRY(config::read_text_file(config_path));
    TRY(util::write_file_durably(next, util::as_bytes(file.text), 0600));
    TRY(load_config_copy(next, config_path));
    if (::rename(next.c_str(), kept.c_str()) != 0)
        return util::system_failure(kept);
    return kept;
}

/// One daemon for a state folder.
Result<JobLock> lock_folder(const std::string& folder) {
    Result<JobLock> lock = JobLock::take_file(util::join(folder, "daemon.lock"));
    if (!lock && lock.error().kind() == ErrorKind::exists)
        return fail(ErrorKind::refused,
                    message(tr("another daemon runs already, with the state folder {}"),
                            printable(folder)));
    return lock;
}

class Daemon {
public:
    Daemon(const DaemonOptions& options, Config config, State state, ControlServer control,
           Wake wake)
        : options_(options), config_(std::move(config)), state_(std::move(state)),
          control_(std::move(control)), wake_(std::move(wake)),
          works_({.program = options.program,
                  .config_path = options.config_path,
                  .language = options.language,
                  .state_folder = options.state_folder}),
          herald_(state_), supervisor_(state_, works_, herald_, random_up_to) {}

    Result<void> run(const std::stop_token& stop) {
        works_.configure(config_, copy());
        TRY(herald_.configure(config_));
        TRY(supervisor_.configure(config_, now()));
        const std::stop_callback wake_up(stop, [this] { wake_.wake(); });
        systemd_.ready();
        write_journal(Level::info,
                      message(trn("the daemon watches over {} job",
                                  "the daemon watches over {} jobs", config_.jobs.size()),
                              config_.jobs.size()));
        while (!stop.stop_requested()) {
            step();
            wait(supervisor_.next_tick(now()) - now().wall);
            if (wake_.take_reload())
                reload();
        }
        end();
        return {};
    }

private:
    void step() {
        supervisor_.tick(now());
        const seconds second = now().steady;
        if (second != status_of_) { // it asks the database, and a child may talk without a pause
            status_ = supervisor_.status(now());
            status_of_ = second;
            systemd_.status(status_line(status_));
        }
        herald_.tick(status_);
        control_.serve([this](const std::string& line) { return answer(line); });
        systemd_.alive();
    }

    void wait(seconds most) {
        std::vector<pollfd> fds = {{wake_.fd(), POLLIN, 0}};
        control_.waits_for(fds);
        supervisor_.waits_for(fds);
        herald_.waits_for(fds);
        std::chrono::milliseconds time = std::clamp<std::chrono::milliseconds>(
            most, std::chrono::milliseconds(50), std::chrono::seconds(20));
        if (const auto watchdog = systemd_.watchdog())
            time = std::min(time, std::chrono::ceil<std::chrono::milliseconds>(*watchdog / 3));
        // A process that has closed its pipes and lives on would make poll() return again and
        // again.
        (void)::poll(fds.data(), fds.size(), static_cast<int>(time.count()));
        if (!supervisor_.is_idle())
            (void)::poll(nullptr, 0, 20);
    }

    void reload() {
        systemd_.reloading();
        Result<Config> config = load_config(options_.config_path);
        Result<void> taken = {};
        if (config)
            taken = herald_.configure(*config);
        if (config && taken)
            taken = supervisor_.configure(*config, now());
        if (config && taken) {
            config_ = std::move(*config);
            works_.configure(config_, copy());
            write_journal(Level::info,
                          message(tr("{} was read again"), printable(options_.config_path)));
        } else {
            write_journal(Level::error,
                          message(tr("the config file is not taken, and the one before stays: {}"),
                                  config ? taken.error().message() : config.error().message()));
        }
        systemd_.ready();
    }

    /// Where the text of the config file is kept; empty: it can't be, and the file itself is read.
    std::string copy() {
        Result<std::string> kept = keep_copy(options_.config_path, options_.state_folder);
        if (!kept)
            write_journal(
                Level::warning,
                message(tr("the config file can't be kept beside the records, and is read "
                           "anew by each run: {}"),
                        kept.error().message()));
        return kept ? std::move(*kept) : std::string();
    }

    void end() {
        constexpr seconds kPatience{20}; // a child stops within a few seconds; else it is killed
        systemd_.stopping();
        supervisor_.stop();
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (!supervisor_.is_idle() && std::chrono::steady_clock::now() < until) {
            supervisor_.tick(now());
            (void)::poll(nullptr, 0, 20);
            systemd_.alive();
        }
        supervisor_.tick(now());
        herald_.tick(supervisor_.status(now())); // what is not sent is kept
        write_journal(Level::info, tr("the daemon ends"));
    }

    std::string answer(const std::string& line) {
        const json question = json::parse(line, nullptr, false);
        try {
            const auto ask = question.at("ask").get<std::string>();
            if (ask == "alive")
                return R"({"ok":true})";
            if (ask != "run")
                return refusal(ErrorKind::usage, tr("the daemon does not know this question"));
            const Result<void> taken =
                supervisor_.ask_for(question.at("job").get<std::string>(), now());
            if (!taken)
                return refusal(taken.error().kind(), taken.error().message());
            supervisor_.tick(now());
            return R"({"ok":true})";
        } catch (const json::exception&) {
            return refusal(ErrorKind::usage, tr("the daemon does not know this question"));
        }
    }

    static std::string refusal(ErrorKind kind, const std::string& why) {
        const json answer = {{"ok", false}, {"kind", name_of(kind)}, {"message", why}};
        return answer.dump(-1, ' ', false, json::error_handler_t::replace);
    }

    static std::string status_line(const ServiceStatus& status) {
        const JobStatus* next = nullptr;
        std::string running;
        for (const JobStatus& job : status.jobs) {
            if (job.running)
                running += (running.empty() ? "" : ", ") + job.name;
            if (job.next && (next == nullptr || *job.next < *next->next))
                next = &job;
        }
        if (!running.empty())
            return message(tr("running: {}"), running);
        return next == nullptr
                   ? std::string(tr("no job has a schedule"))
                   : message(tr("next: {} at {}"), next->name, util::utc_time(*next->next));
    }

    DaemonOptions options_;
    Config config_;
    State state_;
    ControlServer control_;
    Wake wake_;
    SystemdNotifier systemd_;
    ChildWorks works_;
    Herald herald_;
    Supervisor supervisor_;
    ServiceStatus status_;
    seconds status_of_{-1}; ///< the second in which it was made
};

} // namespace

Result<void> run_daemon(const DaemonOptions& options, const std::stop_token& stop) {
    Config config = TRY(load_config(options.config_path));
    TRY(util::make_folders(options.state_folder, 0700));
    const JobLock lock = TRY(lock_folder(options.state_folder));
    Wake wake = TRY(Wake::create());
    State state = TRY(State::open(options.state_folder, now().unix_time()));
    ControlServer control = TRY(ControlServer::listen(control_path(options.state_folder)));
    Daemon daemon(options, std::move(config), std::move(state), std::move(control),
                  std::move(wake));
    return daemon.run(stop);
}

} // namespace saoluu
