// SPDX-License-Identifier: Apache-2.0
#include "service/judgement.hpp"
#include "service/supervisor.hpp"
#include "util/text.hpp"

namespace saoluu::service {
namespace {
using std::chrono::seconds;
using util::message;
using util::tr;
} // namespace

void Supervisor::look_at_clock(Now now) {
    constexpr seconds kUsual = std::chrono::minutes(5); // what NTP corrects by itself
    if (before_) {
        const seconds step = (now.wall - before_->wall) - (now.steady - before_->steady);
        if (step > kUsual || step < -kUsual) {
            telling_.log(Telling::Level::warning,
                         message(tr("the clock was set by {} seconds"), step.count()));
            Notice notice{.kind = NoticeKind::clock, .at = now.unix_time()};
            notice.clock_step = step;
            telling_.event(notice);
            judged_.reset();
        }
    }
    before_ = now;
}

void Supervisor::tell_of_standing(Now now) {
    constexpr seconds kEvery{60};
    if (judged_ && now.wall >= *judged_ && now.wall - *judged_ < kEvery)
        return;
    judged_ = now.wall;
    const UnixTime at = now.unix_time();
    for (const Task& task : tasks_) {
        const TaskRecord& record = state_.records().at(task.key());
        if (task.kind == Task::Kind::job)
            tell_of_age(telling_, task, record, at);
        if (task.kind != Task::Kind::check)
            continue;
        const StoreFacts facts = decode_store_facts(record.facts);
        tell_of_space(telling_, task.name, facts, config_.notify.store_nearly_full, at);
        tell_of_keys(telling_, task.name, facts, config_.notify.key_expires_within, at);
        tell_of_full_check(telling_, task.name, facts,
                           full_check_due(facts, record, config_.check.report_within), at);
    }
}

} // namespace saoluu::service
