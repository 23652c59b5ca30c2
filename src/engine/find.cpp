// SPDX-License-Identifier: Apache-2.0
#include "engine/listing.hpp"
#include "engine/patterns.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace saoluu {
namespace engine {
namespace {

using util::tr;

/// What makes a version of a file: its path, content and time, and not who may read it.
crypto::Hash version_of(const format::Entry& entry) {
    format::Entry facts = entry;
    facts.mode = 0;
    facts.uid = facts.gid = 0;
    facts.xattrs.clear();
    facts.link_group.reset();
    util::Bytes bytes = format::encode_body(facts);
    util::append(bytes, util::as_bytes(entry.path));
    return crypto::hash(bytes);
}

/// One search, snapshot after snapshot. A leaf page that several snapshots share is read once.
class Search {
public:
    Search(const repo::Access& access, const repo::Index& index, const FindOptions& options,
           const Patterns& patterns, const EachVersion& each, Events& events, std::stop_token stop)
        : access_(access), options_(options), patterns_(patterns), each_(each), events_(events),
          damage_(events), stop_(std::move(stop)), chunks_(access, index) {}

    /// snapshots: the newest first
    Result<FindSummary> run(const std::vector<const repo::Snapshot*>& snapshots) {
        for (const repo::Snapshot* snapshot : snapshots) {
            if (!wants_more_)
                break;
            TRY(look_through(*snapshot));
            ++summary_.snapshots;
        }
        summary_.versions = versions_.size();
        summary_.damaged = damage_.places();
        if (!options_.every_snapshot)
            TRY(tell_versions());
        return summary_;
    }

private:
    Result<void> look_through(const repo::Snapshot& snapshot) {
        const std::string id = snapshot.record.session.hex();
        events_.progress({.files = summary_.hits,
                          .total_files = 0,
                          .bytes = 0,
                          .total_bytes = 0,
                          .current = id.substr(0, 12)});
        CatalogCursor cursor(access_, chunks_, snapshot.record.domain, snapshot.record.root_page,
                             "", damage_.of(snapshot));
        format::ChunkId page; ///< that was entered last: of an entry, its leaf
        while (wants_more_ && !cursor.at_end()) {
            TRY(go_on(stop_));
            if (cursor.at_entry()) {
                look_at(cursor.entry(), hits_[page], snapshot);
                cursor.pass();
            } else if (const auto known = hits_.find(cursor.page()); known != hits_.end()) {
                for (const std::size_t version : known->second)
                    hit(version, snapshot);
                cursor.pass();
            } else {
                page = cursor.page();
                TRY(cursor.enter());
            }
        }
        return {};
    }

    void look_at(const format::Entry& entry, std::vector<std::size_t>& hits,
                 const repo::Snapshot& snapshot) {
        const bool is_folder = entry.type == format::FileType::folder;
        if (patterns_.match(entry.path, is_folder) != Patterns::Verdict::taken)
            return;
        if (entry.refused)
            return damage_.tell(snapshot, entry.path, *entry.refused);
        EntryInfo info = info_of(entry);
        if (options_.type && info.type != *options_.type)
            return;
        const auto [known, is_new] = known_.emplace(version_of(entry), versions_.size());
        if (is_new)
            versions_.push_back({.entry = std::move(info),
                                 .snapshot = snapshot.record.session.hex(),
                                 .started = snapshot.record.started,
                                 .oldest = {},
                                 .oldest_started = 0,
                                 .snapshots = 0});
        hits.push_back(known->second);
        hit(known->second, snapshot);
    }

    /// The version is in this snapshot.
    void hit(std::size_t number, const repo::Snapshot& snapshot) {
        FoundVersion& version = versions_[number];
        ++version.snapshots;
        version.oldest = snapshot.record.session.hex();
        version.oldest_started = snapshot.record.started;
        ++summary_.hits;
        if (options_.every_snapshot && wants_more_)
            wants_more_ = each_({.entry = version.entry,
                                 .snapshot = version.oldest,
                                 .started = version.oldest_started,
                                 .oldest = version.oldest,
                                 .oldest_started = version.oldest_started,
                                 .snapshots = 1});
    }

    Result<void> tell_versions() {
        for (const FoundVersion& version : versions_) {
            TRY(go_on(stop_));
            if (!each_(version))
                break;
        }
        return {};
    }

    const repo::Access& access_;
    const FindOptions& options_;
    const Patterns& patterns_;
    const EachVersion& each_;
    Events& events_;
    DamageTeller damage_;
    std::stop_token stop_;
    repo::ChunkReader chunks_;
    std::vector<FoundVersion> versions_;                  ///< in the order of their newest snapshot
    std::unordered_map<crypto::Hash, std::size_t> known_; ///< version_of() -> place in `versions_`
    std::unordered_map<format::ChunkId, std::vector<std::size_t>>
        hits_; ///< what each leaf page that was read holds
    bool wants_more_ = true;
    FindSummary summary_;
};

Result<Patterns> patterns_of(const FindOptions& options) {
    Patterns patterns;
    TRY(patterns.add_line(options.pattern));
    if (patterns.empty() || options.pattern.starts_with('!'))
        return fail(ErrorKind::usage,
                    tr("which name? Give a pattern such as \"*.docx\"; before a # or ! at its "
                       "beginning write a backslash"));
    return patterns;
}

/// Those that are named, or all, the newest first.
Result<std::vector<const repo::Snapshot*>> chosen(const repo::SnapshotSet& set,
                                                  const std::vector<std::string>& names,
                                                  const repo::Access& access) {
    std::set<const repo::Snapshot*> named;
    for (const std::string& name : names)
        named.insert(TRY(set.resolve(name, access)));
    std::vector<const repo::Snapshot*> snapshots;
    for (const repo::Snapshot& snapshot : set.snapshots)
        if (names.empty() || named.contains(&snapshot))
            snapshots.push_back(&snapshot);
    std::ranges::reverse(snapshots);
    return snapshots;
}

} // namespace
} // namespace engine

Result<FindSummary> find_files(Repository& repository, const FindOptions& options,
                               const EachVersion& each, Events& events, std::stop_token stop) {
    const repo::Access& access = repository.impl().access;
    TRY(access.may_read(util::tr("searching snapshots")));
    const engine::Patterns patterns = TRY(engine::patterns_of(options));
    const repo::History history = TRY(repo::load_history(access, events));
    const std::vector<const repo::Snapshot*> snapshots =
        TRY(engine::chosen(history.snapshots, options.snapshots, access));
    const repo::Index index = TRY(repo::Index::load(access, events));
    return engine::Search(access, index, options, patterns, each, events, std::move(stop))
        .run(snapshots);
}

} // namespace saoluu
