// SPDX-License-Identifier: Apache-2.0
#include "engine/backup_places.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <set>
#include <utility>

namespace saoluu::engine {

using util::message;
using util::tr;

Result<void> check_places(const Places& places) {
    const repo::Access& first = *places.front();
    std::set<format::PlaceId> seen;
    for (const repo::Access* access : places) {
        if (access->id() != first.id())
            return fail(ErrorKind::usage,
                        message(tr("{} and {} are not copies of one repository: several places of "
                                   "one run must be; saoluu mirror makes a copy"),
                                first.store->describe(), access->store->describe()));
        if (!seen.insert(access->place.place).second)
            return fail(ErrorKind::usage,
                        message(tr("{}: this copy of the repository is named twice"),
                                access->store->describe()));
        if (access->keyring.actor() != first.keyring.actor())
            return fail(ErrorKind::usage,
                        tr("all places of one run must be opened by the same key"));
    }
    return {};
}

std::vector<std::string> own_folders(const Places& places) {
    std::vector<std::string> folders;
    for (const repo::Access* access : places) {
        folders.push_back(access->local.state_root());
        folders.push_back(access->local.cache_root());
        if (std::string repository = access->store->local_folder(); !repository.empty())
            folders.push_back(std::move(repository));
    }
    return folders;
}

Result<void> check_sources_outside(const Places& places, const std::vector<std::string>& sources) {
    for (const repo::Access* access : places) {
        const std::string repository = access->store->local_folder();
        for (const std::string& source : sources)
            if (!repository.empty() && util::is_inside(source, repository))
                return fail(ErrorKind::usage,
                            message(tr("{}: this lies in the repository itself, which can't be "
                                       "backed up into itself"),
                                    util::printable(source)));
    }
    return {};
}

} // namespace saoluu::engine
