// SPDX-License-Identifier: Apache-2.0
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

} // namespace saoluu
