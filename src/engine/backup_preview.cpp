// SPDX-License-Identifier: Apache-2.0
#include "engine/backup_preview.hpp"

#include "engine/backup_tally.hpp"
#include "engine/source_metadata.hpp"
#include "util/text.hpp"

namespace saoluu::engine {

namespace {

class Preview final : public ScanVisitor {
public:
    Preview(FileList* known, bool force_read, BackupTally& tally, const std::stop_token& stop)
        : known_(known), force_read_(force_read), tally_(tally), stop_(stop) {}

    Result<void> found(ScanItem item) override {
        if (stop_.stop_requested())
            return fail(ErrorKind::interrupted, util::tr("interrupted"));
        tally_.saw(item);
        const std::optional<format::FileType> type = type_of(item.info.st_mode);
        if (!type) {
            tally_.find(item.path, format::FindingKind::left_out, 0);
            return {};
        }
        format::Entry entry;
        entry.path = std::move(item.path);
        entry.type = *type;
        if (*type == format::FileType::file)
            entry.size = static_cast<std::uint64_t>(item.info.st_size);
        tally_.add_entry(entry, *type == format::FileType::file ? fate_of(entry, item.info)
                                                                : BackupTally::Fate::fresh);
        return {};
    }
    void problem(const ScanProblem& problem) override {
        tally_.miss(problem.path.substr(1), problem.code);
    }
    void left_out(const std::string& path, Selection::Reason reason) override {
        tally_.exclude(path, reason);
    }

private:
    BackupTally::Fate fate_of(const format::Entry& entry, const struct stat& info) {
        const KnownFile* known = known_ == nullptr ? nullptr : known_->find(entry.path);
        if (known != nullptr && !force_read_ && known->is_still(info))
            return BackupTally::Fate::unchanged;
        tally_.add_read(entry.size);
        return known == nullptr ? BackupTally::Fate::fresh : BackupTally::Fate::changed;
    }

    FileList* known_;
    bool force_read_;
    BackupTally& tally_;
    const std::stop_token& stop_;
};

} // namespace

Result<BackupSummary> preview_backup(const Scanner& scanner, FileList* known, bool force_read,
                                     LockedEvents& events, const std::stop_token& stop) {
    BackupTally tally(events);
    Preview preview(known, force_read, tally, stop);
    TRY(scanner.run(preview));
    return tally.summary();
}

} // namespace saoluu::engine
