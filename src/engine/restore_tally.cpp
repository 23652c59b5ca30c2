// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_tally.hpp"

#include "util/text.hpp"

#include <system_error>

namespace saoluu::engine {

using util::message;

namespace {

/// "N …", translated: what could not be set of so many entries.
std::string text_of(std::size_t part, std::uint64_t entries, const std::string& why) {
    switch (part) {
    case MetadataOutcome::owner:
        return message(util::trn("the owner of {} file or folder could not be set: {}; only root "
                                 "can give files to others",
                                 "the owners of {} files and folders could not be set: {}; only "
                                 "root can give files to others",
                                 entries),
                       entries, why);
    case MetadataOutcome::mode:
        return message(util::trn("the mode of {} file or folder could not be set: {}",
                                 "the modes of {} files and folders could not be set: {}", entries),
                       entries, why);
    case MetadataOutcome::times:
        return message(util::trn("the time of {} file or folder could not be set: {}",
                                 "the times of {} files and folders could not be set: {}", entries),
                       entries, why);
    default:
        return message(
            util::trn("the extended attributes or ACL of {} file or folder could not be set: {}",
                      "the extended attributes or ACLs of {} files and folders could not be set: "
                      "{}",
                      entries),
            entries, why);
    }
}

} // namespace

void RestoreTally::expect(std::uint64_t files, std::uint64_t bytes) {
    total_files_ = files;
    total_bytes_ = bytes;
}

void RestoreTally::add(Counter what, std::uint64_t amount) {
    sums_.with([&](Sums& sums) { sums.summary.*what += amount; });
}

void RestoreTally::done(const std::string& path, PathOutcome outcome, Counter counter,
                        std::uint64_t bytes) {
    const std::uint64_t finished = sums_.with([&](Sums& sums) {
        RestoreSummary& summary = sums.summary;
        if (outcome == PathOutcome::already_there)
            ++summary.already_there;
        else if (outcome == PathOutcome::kept)
            ++summary.kept;
        else
            ++(summary.*counter);
        if (outcome == PathOutcome::overwritten)
            ++summary.overwritten;
        summary.bytes += bytes;
        return summary.files + summary.linked + summary.already_there + summary.kept;
    });
    if (options_.each_path)
        events_.apart([&] { options_.each_path("/" + path, outcome); });
    if (finished > 0 && finished % 16 == 0)
        events_.progress({.files = finished,
                          .total_files = total_files_,
                          .bytes = moved_,
                          .total_bytes = total_bytes_,
                          .current = "/" + path});
}

void RestoreTally::damaged(const std::string& path, const std::string& why) {
    add(&RestoreSummary::damaged);
    events_.finding({Severity::damage, "/" + path, why});
}

Result<void> RestoreTally::failed(const std::string& path, const Error& error) {
    if (error.kind() == ErrorKind::no_space || error.kind() == ErrorKind::no_memory)
        return Failure(error);
    add(&RestoreSummary::failed);
    events_.finding({Severity::warning, "/" + path, error.message()});
    return {};
}

void RestoreTally::metadata(const std::string& path, const MetadataOutcome& outcome) {
    if (outcome.is_whole())
        return;
    sums_.with([&](Sums& sums) {
        ++sums.summary.not_set;
        for (std::size_t part = 0; part < MetadataOutcome::kParts; ++part) {
            Unset& unset = sums.unset[part];
            if (outcome.errors[part] == 0)
                continue;
            if (unset.entries++ == 0) {
                unset.first = path;
                unset.error = outcome.errors[part];
            }
        }
    });
}

std::uint64_t RestoreTally::damaged_so_far() {
    return sums_.with([](const Sums& sums) { return sums.summary.damaged; });
}

RestoreSummary RestoreTally::finish() {
    const Sums sums = sums_.with([](const Sums& all) { return all; });
    for (std::size_t part = 0; part < MetadataOutcome::kParts; ++part) {
        const Unset& unset = sums.unset[part];
        if (unset.entries > 0)
            events_.finding(
                {Severity::warning, "/" + unset.first,
                 text_of(part, unset.entries, std::generic_category().message(unset.error))});
    }
    return sums.summary;
}

} // namespace saoluu::engine
