// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/catalog_reader.hpp"
#include "repo/snapshot_set.hpp"

#include "saoluu/events.hpp"
#include "saoluu/listing.hpp"

#include <set>
#include <stop_token>
#include <string>
#include <utility>

/// What looking into snapshots (list, find, diff) has in common.
namespace saoluu::engine {

/// An entry as the public API shows it, without names of owners.
EntryInfo info_of(const format::Entry& entry);

void count(EntryCounts& counts, const format::Entry& entry);

/// Tells of damage in a catalog, once of each place: what many snapshots share is told of the
/// first of them.
class DamageTeller {
public:
    explicit DamageTeller(Events& events) : events_(events) {}
    void tell(const repo::Snapshot& snapshot, const std::string& path, const std::string& why);
    /// The same, as a catalog's reader wants it.
    CatalogReader::Damage of(const repo::Snapshot& snapshot) {
        return [this, &snapshot](const std::string& from, const Error& error) {
            tell(snapshot, from, error.message());
        };
    }
    [[nodiscard]] std::uint64_t places() const { return told_.size(); }

private:
    Events& events_;
    std::set<std::pair<std::string, std::string>> told_; ///< path and why
};

/// errors: interrupted, once a person wants to stop
Result<void> go_on(const std::stop_token& stop);

/// Whether the catalog that the cursor stands before has this path, which is what it goes through;
/// damage on the way counts as no.
Result<bool> has_path(CatalogCursor cursor, std::string_view path);

/// The error that a path is in none of some snapshots, `where`; names the nearest folder above it
/// that is in `snapshot`.
Result<Error> not_in(const repo::Access& access, repo::ChunkReader& chunks,
                     const repo::Snapshot& snapshot, const std::string& path,
                     const std::string& where);

} // namespace saoluu::engine
