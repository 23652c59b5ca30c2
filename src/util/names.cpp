// SPDX-License-Identifier: Apache-2.0
// The words of --json for what the public headers name.
#include "saoluu/check.hpp"
#include "saoluu/events.hpp"
#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

namespace saoluu {

const char* name_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::failure:
        break;
    case ErrorKind::usage:
        return "usage";
    case ErrorKind::not_found:
        return "not_found";
    case ErrorKind::exists:
        return "exists";
    case ErrorKind::denied:
        return "denied";
    case ErrorKind::io:
        return "io";
    case ErrorKind::no_space:
        return "no_space";
    case ErrorKind::no_memory:
        return "no_memory";
    case ErrorKind::corrupt:
        return "corrupt";
    case ErrorKind::unsupported:
        return "unsupported";
    case ErrorKind::no_repository:
        return "no_repository";
    case ErrorKind::wrong_key:
        return "wrong_key";
    case ErrorKind::refused:
        return "refused";
    case ErrorKind::interrupted:
        return "interrupted";
    }
    return "failure";
}

const char* name_of(Severity severity) {
    switch (severity) {
    case Severity::notice:
        return "notice";
    case Severity::warning:
        return "warning";
    case Severity::damage:
        return "damage";
    case Severity::alarm:
        break;
    }
    return "alarm";
}

const char* name_of(Role role) {
    switch (role) {
    case Role::backup:
        return "backup";
    case Role::restore:
        return "restore";
    case Role::admin:
        return "admin";
    case Role::recovery:
        break;
    }
    return "recovery";
}

const char* name_of(CheckVerdict verdict) {
    switch (verdict) {
    case CheckVerdict::sound:
        return "sound";
    case CheckVerdict::incomplete:
        return "incomplete";
    case CheckVerdict::damaged:
        return "damaged";
    case CheckVerdict::alarm:
        break;
    }
    return "alarm";
}

} // namespace saoluu
