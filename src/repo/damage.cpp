// SPDX-License-Identifier: Apache-2.0
#include "repo/damage.hpp"

#include "format/names.hpp"
#include "format/types.hpp"

#include <string>

namespace saoluu::repo {

Error as_damage(const Access& access, const Error& error) {
    if (error.kind() != ErrorKind::io)
        return error;
    const std::string name(format::names::kFormat);
    for (const std::string& copy : {name, name + std::string(format::names::kSecond)})
        if (access.store->get(copy, format::limits::kTextObject))
            return {ErrorKind::corrupt, error.message(), error.system_code()};
    return error;
}

} // namespace saoluu::repo
