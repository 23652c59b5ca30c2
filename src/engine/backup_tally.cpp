// SPDX-License-Identifier: Apache-2.0
#include "engine/backup_tally.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace saoluu::engine {

using format::FindingKind;
using util::message;
using util::tr;

namespace {

std::string describe_finding(FindingKind kind, int code) {
    if (code == ENAMETOOLONG)
        return tr("its path or target is longer or deeper than a snapshot can hold; it was not "
                  "stored");
    switch (kind) {
    case FindingKind::vanished:
        return tr("vanished while the backup ran");
    case FindingKind::changed:
        return tr("changed while it was read; its copy may be of two moments");
    case FindingKind::left_out:
        return tr("a socket; it was not stored");
    case FindingKind::unreadable:
    case FindingKind::more:    // only a note's last line is one
    case FindingKind::suspect: // has its own words
        break;
    }
    return message(tr("could not be read: {}"), util::system_error(code, "").message().substr(2));
}

} // namespace

void BackupTally::add_entry(const format::Entry& entry, Fate fate) {
    const std::unique_lock lock(mutex_);
    if (entry.type == format::FileType::folder) {
        ++summary_.folders;
        return;
    }
    if (entry.type != format::FileType::file) {
        ++summary_.others;
        return;
    }
    ++summary_.files;
    ++(fate == Fate::fresh     ? summary_.new_files
       : fate == Fate::changed ? summary_.changed_files
                               : summary_.unchanged_files);
    summary_.bytes += entry.size;
    if (fate == Fate::unchanged)
        bytes_known_ += entry.size;
    if (summary_.files % 16 == 0) {
        current_ = "/" + entry.path;
        tell_progress();
    }
}

void BackupTally::add_read(std::uint64_t bytes) {
    // A large file is long under way before it is an entry.
    constexpr std::uint64_t kStep = 8 << 20;
    const std::uint64_t before = bytes_read_.fetch_add(bytes);
    if (before / kStep == (before + bytes) / kStep)
        return;
    const std::lock_guard lock(mutex_);
    tell_progress();
}

void BackupTally::tell_progress() {
    // What the last run or a look ahead said may be less than there is by now.
    const std::uint64_t files = files_expected_, bytes = bytes_expected_;
    const std::uint64_t done = std::max(summary_.bytes, bytes_known_ + bytes_read_);
    const bool is_known = files >= summary_.files && bytes >= done;
    events_.progress({.files = summary_.files,
                      .total_files = is_known ? files : 0,
                      .bytes = done,
                      .total_bytes = is_known ? bytes : 0,
                      .current = current_});
}

void BackupTally::add_chunks(std::uint64_t chunks, std::uint64_t new_chunks,
                             std::uint64_t new_bytes) {
    const std::lock_guard lock(mutex_);
    summary_.chunks += chunks;
    summary_.new_chunks += new_chunks;
    summary_.new_chunk_bytes += new_bytes;
}

void BackupTally::find(const std::string& path, FindingKind kind, int code) {
    find(path, kind, code, describe_finding(kind, code));
}

void BackupTally::find(const std::string& path, FindingKind kind, int code, std::string text) {
    events_.finding(
        {kind == FindingKind::left_out ? Severity::notice : Severity::warning, "/" + path, text});
    const std::lock_guard lock(mutex_);
    findings_.push_back({.path = path,
                         .kind = static_cast<std::uint64_t>(kind),
                         .code = static_cast<std::uint64_t>(code),
                         .text = std::move(text)});
    ++(kind == FindingKind::left_out ? summary_.left_out : summary_.unreadable);
}

void BackupTally::miss(const std::string& path, int code) {
    find(path, code == ENOENT ? FindingKind::vanished : FindingKind::unreadable, code);
}

void BackupTally::exclude(const std::string& path, Selection::Reason reason) {
    saw_excluded();
    // A tag that someone put into a folder must not hide it unnoticed.
    if (reason == Selection::Reason::cache)
        events_.finding({Severity::notice, "/" + path,
                         tr("it says that it is a cache (CACHEDIR.TAG); what is in it was left "
                            "out: --keep-caches stores it")});
    const std::lock_guard lock(mutex_);
    ++summary_.excluded;
}

void BackupTally::saw(const ScanItem& item) {
    if (item.source == nullptr) {
        seen_here_ = &seen_above_;
        return;
    }
    const auto [counter, is_first] = seen_.try_emplace(*item.source, 0);
    seen_here_ = &counter->second;
    // A folder that was named is no content of its own.
    if (!is_first || !S_ISDIR(item.info.st_mode))
        ++counter->second;
}

void BackupTally::saw_stream(const std::string& source, std::uint64_t bytes) {
    seen_[source] = bytes;
}

void BackupTally::expect(std::uint64_t files, std::uint64_t bytes) {
    files_expected_ = files;
    bytes_expected_ = bytes;
}

BackupSummary BackupTally::summary() {
    const std::lock_guard lock(mutex_);
    BackupSummary summary = summary_;
    summary.bytes_read = bytes_read_;
    return summary;
}

std::vector<format::NoteFinding> BackupTally::findings() {
    const std::lock_guard lock(mutex_);
    return findings_;
}

} // namespace saoluu::engine
