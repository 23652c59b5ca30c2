// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/alarms.hpp"
#include "service/database.hpp"
#include "service/notice.hpp"
#include "service/outbox.hpp"
#include "service/outbox_records.hpp"
#include "service/postman.hpp"

#include "util/clock.hpp"
#include "util/file.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace saoluu::service {

/// Tells people of troubles and of their end, by every channel of the config file: at once where
/// that goes, else later. Messages that could not be sent outlive the service in its database;
/// where that can't be written, they are sent all the same. Used by one thread.
///
///     notifier.trouble({.kind = NoticeKind::failure, .about = job, …});   // each time it is seen
///     notifier.ended(NoticeKind::failure, job);                           // each time it is not
///     poll(wake_fd, until next_tick()); notifier.tick();
class Notifier {
public:
    struct Line {
        bool is_problem = false;
        std::string text; ///< for the journal, translated
    };

    /// database, clock: must outlive it; a null database keeps nothing
    Notifier(Database* database, const util::Clock& clock);

    /// Begins, or goes on by another config. Takes up what was kept.
    /// errors: of the database; it works all the same, without what was kept
    Result<void> start(std::vector<std::unique_ptr<Channel>> channels, Teller teller);

    /// A trouble that lasts is there, or still is: told as `Alarms` says. `at` and `is_reminder`
    /// are filled in here, and `since` where it is not known better.
    void trouble(Notice notice);
    /// It is not there, or not any more. A check that was due and is overdue by now is in order for
    /// nobody: say that it is overdue first. Nor is a key that was about to expire and now has.
    void ended(NoticeKind kind, const std::string& about);
    /// Drops, and tells nobody of, what is about other jobs and stores than these.
    void only_of(const std::vector<std::string>& jobs, const std::vector<std::string>& stores);
    /// Something that happened, and does not last: told each time.
    void event(const Notice& notice);
    void digest(const ServiceStatus& status);

    /// Takes note of what was sent, hands on what is due. Never waits.
    void tick();
    /// Waits a moment for what is on its way, and takes note of what was sent, so that it is not
    /// sent again after a restart.
    void settle();
    /// When tick() is wanted at the latest; nothing: when wake_fd() can be read, or something is
    /// told.
    [[nodiscard]] std::optional<UnixTime> next_tick() const;
    /// Can be read (poll) when a message was sent, or not; tick() reads it.
    [[nodiscard]] int wake_fd() const { return wake_.get(); }

    [[nodiscard]] std::vector<OpenTrouble> troubles() const;
    [[nodiscard]] std::vector<ChannelStatus> channels() const;
    /// What is worth a line of the journal since the last call.
    std::vector<Line> take_lines() { return std::exchange(lines_, {}); }

private:
    void tell(const Message& message);
    void take_results();
    void save();
    [[nodiscard]] std::vector<std::string> names() const;

    const util::Clock& clock_;
    util::Fd wake_; ///< outlives the postmen
    Teller teller_;
    Alarms alarms_;
    Outbox outbox_;
    OutboxRecords records_;
    bool is_started_ = false;
    bool is_kept_ = true; ///< the last save went well
    std::vector<Line> lines_;
    std::vector<std::unique_ptr<Postman>> postmen_;
};

} // namespace saoluu::service
