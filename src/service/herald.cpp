// SPDX-License-Identifier: Apache-2.0
#include "service/herald.hpp"

#include "policy/time_zone.hpp"
#include "service/journal.hpp"
#include "service/status_file.hpp"
#include "util/clock.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::service {
namespace {
constexpr UnixTime kPublishEvery = 60;

/// What changes when something happened, beside the time.
std::string happenings_of(const ServiceStatus& status) {
    std::string text;
    for (const JobStatus& job : status.jobs)
        text += util::message("{} {} {};", job.last_run, job.running, job.overdue);
    for (const StoreStatus& store : status.stores)
        text += util::message("{} {};", store.last_check.value_or(0), store.damaged_packs);
    for (const OpenTrouble& trouble : status.troubles)
        text += util::message("{} {};", name_of(trouble.kind), trouble.about);
    return text;
}
} // namespace

Herald::Herald(State& state)
    : notifier_(&state.database(), util::system_clock()), started_(util::system_clock().now()) {}

Herald::~Herald() {
    notifier_.settle();
}

Result<void> Herald::configure(const Config& config) {
    Teller teller{.office = config.notify.office,
                  .machine = machine_name(),
                  .zone = TRY(policy::find_time_zone(config.time_zone))};
    config_ = config.notify;
    published_.reset();
    could_not_publish_ = could_not_publish_metrics_ = false;
    if (const auto kept = notifier_.start(make_channels(config.notify), std::move(teller)); !kept)
        log(Level::error, kept.error().message());
    return {};
}

void Herald::tick(ServiceStatus status) {
    notifier_.tick();
    for (const Notifier::Line& line : notifier_.take_lines())
        log(line.is_problem ? Level::warning : Level::info, line.text);
    status.troubles = notifier_.troubles();
    std::string happenings = happenings_of(status);
    if (published_ && status.now >= *published_ && status.now - *published_ < kPublishEvery &&
        happenings == happenings_)
        return;
    published_ = status.now;
    happenings_ = std::move(happenings);
    status.machine = machine_name();
    status.started = started_;
    status.channels = notifier_.channels();
    publish(status);
}

void Herald::publish(const ServiceStatus& status) {
    if (!config_.status_file.empty())
        publish_to(config_.status_file, status_json(status), could_not_publish_);
    if (!config_.prometheus.empty())
        publish_to(config_.prometheus, prometheus_text(status), could_not_publish_metrics_);
}

/// One that can't be written keeps the other from nothing.
void Herald::publish_to(const std::string& path, const std::string& text, bool& could_not) {
    const Result<void> done = service::publish(path, text);
    if (!done && !could_not)
        log(Level::warning, done.error().message());
    could_not = !done;
}

void Herald::waits_for(std::vector<pollfd>& fds) const {
    fds.push_back({notifier_.wake_fd(), POLLIN, 0});
}

void Herald::trouble(const Notice& notice) {
    notifier_.trouble(notice);
}

void Herald::no_trouble(NoticeKind kind, const std::string& about, UnixTime) {
    notifier_.ended(kind, about);
}

void Herald::only_of(const std::vector<std::string>& jobs, const std::vector<std::string>& stores) {
    notifier_.only_of(jobs, stores);
}

void Herald::event(const Notice& notice) {
    notifier_.event(notice);
}

void Herald::digest(const ServiceStatus& status) {
    ServiceStatus whole = status;
    whole.machine = machine_name();
    whole.started = started_;
    whole.troubles = notifier_.troubles();
    notifier_.digest(whole);
}

void Herald::log(Level level, const std::string& line) {
    write_journal(level, line);
}

} // namespace saoluu::service
