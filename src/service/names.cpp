// SPDX-License-Identifier: Apache-2.0
#include "saoluu/service_status.hpp"

namespace saoluu {

const char* name_of(RunOutcome outcome) {
    switch (outcome) {
    case RunOutcome::none:
        return "none";
    case RunOutcome::done:
        return "done";
    case RunOutcome::incomplete:
        return "incomplete";
    case RunOutcome::failed:
        return "failed";
    case RunOutcome::interrupted:
        break;
    }
    return "interrupted";
}

const char* name_of(NoticeKind kind) {
    switch (kind) {
    case NoticeKind::failure:
        return "failure";
    case NoticeKind::incomplete:
        return "incomplete";
    case NoticeKind::overdue:
        return "overdue";
    case NoticeKind::suspect:
        return "suspect";
    case NoticeKind::damage:
        return "damage";
    case NoticeKind::tampering:
        return "tampering";
    case NoticeKind::check_failed:
        return "check_failed";
    case NoticeKind::store_nearly_full:
        return "store_nearly_full";
    case NoticeKind::check_due:
        return "check_due";
    case NoticeKind::check_overdue:
        return "check_overdue";
    case NoticeKind::key_expires:
        return "key_expires";
    case NoticeKind::clock:
        return "clock";
    case NoticeKind::state_rebuilt:
        return "state_rebuilt";
    case NoticeKind::digest:
        return "digest";
    case NoticeKind::test:
        return "test";
    case NoticeKind::recovered:
        break;
    }
    return "recovered";
}

} // namespace saoluu
