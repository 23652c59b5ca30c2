// SPDX-License-Identifier: Apache-2.0
#include "service/outbox_records.hpp"

#include <array>
#include <string_view>

namespace saoluu::service {
namespace {

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS alarm (
    kind TEXT NOT NULL, about TEXT NOT NULL, since INTEGER NOT NULL, told INTEGER NOT NULL,
    PRIMARY KEY (kind, about));
CREATE TABLE IF NOT EXISTS outbox (
    channel TEXT NOT NULL, number INTEGER NOT NULL, queued INTEGER NOT NULL,
    id TEXT NOT NULL, at INTEGER NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
    json TEXT NOT NULL, only_for TEXT NOT NULL,
    PRIMARY KEY (channel, number));
CREATE TABLE IF NOT EXISTS outbox_channel (
    channel TEXT PRIMARY KEY, dropped INTEGER NOT NULL, fails_since INTEGER);
)";

std::optional<NoticeKind> kind_named(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(NoticeKind::recovered); ++i)
        if (name == name_of(static_cast<NoticeKind>(i)))
            return static_cast<NoticeKind>(i);
    return {};
}

/// Addresses of mail have no line's end.
std::string joined(const std::vector<std::string>& lines) {
    std::string all;
    for (const std::string& line : lines)
        all += (all.empty() ? "" : "\n") + line;
    return all;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

} // namespace

Result<void> OutboxRecords::make_tables() {
    if (!has_tables_)
        TRY(database_->execute(kTables));
    has_tables_ = true;
    return {};
}

Result<void> OutboxRecords::load_alarms(Alarms& alarms) {
    std::vector<Alarm> open;
    auto rows =
        TRY(database_->prepare("SELECT kind, about, since, told FROM alarm ORDER BY since"));
    while (TRY(rows.step()))
        if (const auto kind = kind_named(rows.text(0)))
            open.push_back({.kind = *kind,
                            .about = rows.text(1),
                            .since = rows.number(2),
                            .told = rows.number(3)});
    alarms = Alarms(std::move(open));
    return {};
}

Result<void> OutboxRecords::load(Alarms& alarms, Outbox& outbox,
                                 const std::vector<std::string>& channels) {
    outbox.set_channels(channels);
    if (database_ == nullptr)
        return {};
    TRY(make_tables());
    TRY(load_alarms(alarms));
    kept_.clear();
    auto rows = TRY(database_->prepare("SELECT channel, number, queued, id, at, subject, text, "
                                       "json, only_for FROM outbox ORDER BY channel, number"));
    while (TRY(rows.step())) {
        Waiting waiting{.number = rows.number(1),
                        .queued = rows.number(2),
                        .message = {.id = rows.text(3),
                                    .at = rows.number(4),
                                    .subject = rows.text(5),
                                    .text = rows.text(6),
                                    .json = rows.text(7)},
                        .only = split(rows.text(8))};
        kept_[{rows.text(0), waiting.number}] = waiting.only;
        outbox.put_back(rows.text(0), std::move(waiting));
    }
    auto records = TRY(database_->prepare("SELECT channel, dropped, fails_since FROM "
                                          "outbox_channel"));
    while (TRY(records.step()))
        outbox.put_back(records.text(0),
                        ChannelRecord{.dropped = static_cast<std::uint64_t>(records.number(1)),
                                      .fails_since = records.optional(2)});
    return {};
}

Result<void> OutboxRecords::save_alarms(const Alarms& alarms) {
    TRY(database_->execute("DELETE FROM alarm")); // they are few
    for (const Alarm& alarm : alarms.open()) {
        auto insert = TRY(database_->prepare("INSERT INTO alarm VALUES (?, ?, ?, ?)"));
        insert.bind(std::string_view(name_of(alarm.kind)))
            .bind(std::string_view(alarm.about))
            .bind(alarm.since)
            .bind(alarm.told);
        TRY(insert.run());
    }
    return {};
}

Result<void> OutboxRecords::save_messages(const Outbox& outbox,
                                          const std::vector<std::string>& channels,
                                          std::map<Key, std::vector<std::string>>& now) {
    for (const std::string& channel : channels) {
        for (const Waiting& waiting : outbox.waiting(channel)) {
            const Key key{channel, waiting.number};
            now[key] = waiting.only;
            if (const auto at = kept_.find(key); at != kept_.end() && at->second == waiting.only)
                continue;
            const Message& message = waiting.message;
            auto insert = TRY(database_->prepare(
                "INSERT OR REPLACE INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
            insert.bind(std::string_view(channel))
                .bind(waiting.number)
                .bind(waiting.queued)
                .bind(std::string_view(message.id))
                .bind(message.at)
                .bind(std::string_view(message.subject))
                .bind(std::string_view(message.text))
                .bind(std::string_view(message.json))
                .bind(std::string_view(joined(waiting.only)));
            TRY(insert.run());
        }
        const ChannelRecord record = outbox.record(channel);
        auto insert = TRY(database_->prepare("INSERT OR REPLACE INTO outbox_channel VALUES "
                                             "(?, ?, ?)"));
        insert.bind(std::string_view(channel))
            .bind(static_cast<std::int64_t>(record.dropped))
            .bind(record.fails_since);
        TRY(insert.run());
    }
    return {};
}

Result<void> OutboxRecords::save(const Alarms& alarms, const Outbox& outbox,
                                 const std::vector<std::string>& channels) {
    if (database_ == nullptr)
        return {};
    std::map<Key, std::vector<std::string>> now;
    TRY(make_tables()); // the disk may have been full at the start
    auto transaction = TRY(database_->begin());
    TRY(save_alarms(alarms));
    TRY(save_messages(outbox, channels, now));
    for (const auto& [key, only] : kept_)
        if (!now.contains(key)) {
            auto remove =
                TRY(database_->prepare("DELETE FROM outbox WHERE channel = ? AND number = ?"));
            remove.bind(std::string_view(key.first)).bind(key.second);
            TRY(remove.run());
        }
    TRY(transaction.commit());
    kept_ = std::move(now);
    return {};
}

} // namespace saoluu::service
