// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/alarms.hpp"
#include "service/database.hpp"
#include "service/outbox.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace saoluu::service {

/// Alarms and waiting messages in the state database, in tables of their own. What can't be written
/// now is written with the next change: until then it is in memory alone.
class OutboxRecords {
public:
    /// database: must outlive it; null: nothing is kept
    explicit OutboxRecords(Database* database) : database_(database) {}

    /// Reads what was kept into them. channels: those that there are
    /// errors: of the database
    Result<void> load(Alarms& alarms, Outbox& outbox, const std::vector<std::string>& channels);
    /// Writes what has changed, all of it or nothing.
    /// errors: of the database
    Result<void> save(const Alarms& alarms, const Outbox& outbox,
                      const std::vector<std::string>& channels);

private:
    using Key = std::pair<std::string, std::int64_t>; ///< channel, number

    Result<void> make_tables();
    Result<void> load_alarms(Alarms& alarms);
    Result<void> save_alarms(const Alarms& alarms);
    Result<void> save_messages(const Outbox& outbox, const std::vector<std::string>& channels,
                               std::map<Key, std::vector<std::string>>& now);

    Database* database_;
    bool has_tables_ = false;
    std::map<Key, std::vector<std::string>> kept_; ///< messages that are written, and for whom
};

} // namespace saoluu::service
