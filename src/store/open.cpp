// SPDX-License-Identifier: Apache-2.0
#include "store/open.hpp"

#include "store/s3.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::store {

Result<std::unique_ptr<Store>> open_store(const Location& location, const Reach& reach,
                                          MissingFolder missing) {
    if (const auto* folder = std::get_if<FolderLocation>(&location))
        return open_local_store(folder->path, missing);
    if (const auto* bucket = std::get_if<S3Location>(&location))
        return open_s3_store(*bucket, reach, missing);
    return fail(ErrorKind::unsupported,
                util::message(util::tr("{}: this version stores into folders only: give a path "
                                       "such as /mnt/nas/saoluu"),
                              util::printable(to_text(location))));
}

} // namespace saoluu::store
