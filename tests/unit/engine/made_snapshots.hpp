// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/catalog_writer.hpp"
#include "format/note.hpp"
#include "trees.hpp"

#include <map>
#include <string>
#include <vector>

#include <unistd.h>

/// Snapshots that say whatever a test wants, made without a scan.
namespace saoluu::test {

inline format::Entry entry_of(std::string path, format::FileType type) {
    format::Entry entry;
    entry.path = std::move(path);
    entry.type = type;
    entry.mode = 0700;
    entry.uid = ::geteuid();
    entry.gid = ::getegid();
    return entry;
}
inline format::Entry folder_at(std::string path) {
    return entry_of(std::move(path), format::FileType::folder);
}
inline format::Entry link_to(std::string path, std::string target) {
    format::Entry entry = entry_of(std::move(path), format::FileType::symlink);
    entry.target = std::move(target);
    return entry;
}

/// A session of which the chunks and entries are put one by one.
class SnapshotMaker {
public:
    explicit SnapshotMaker(const RepositoryCase& repository)
        : access_(repository.access(key::kBackup)),
          session_(must(repo::WriteSession::begin(access_, told_))),
          data_(*session_, session_->data_packer(), 3),
          catalog_chunks_(*session_, session_->catalog_packer(), 3) {
        note_.host = "a test";
    }

    format::WholeChunk chunk(util::BytesView bytes) {
        return {.id = must(data_.put(format::ChunkKind::data, bytes)), .length = bytes.size()};
    }
    format::Entry file_of(std::string path, std::string_view text) {
        return file_of(std::move(path),
                       text.empty() ? std::vector<format::Segment>{}
                                    : std::vector<format::Segment>{chunk(util::as_bytes(text))});
    }
    format::Entry file_of(std::string path, std::vector<format::Segment> segments) {
        format::Entry entry = entry_of(std::move(path), format::FileType::file);
        for (const format::Segment& segment : segments)
            entry.size += format::length_of(segment);
        entry.segments = must(engine::shorten(std::move(segments), catalog_chunks_));
        return entry;
    }
    format::LinkGroup group(std::string_view first_path) const {
        return session_->domain().link_group(util::as_bytes(first_path));
    }
    format::Note& note() { return note_; }

    /// entries: in any order; the root need not be among them. The snapshot's id.
    std::string commit(const std::vector<format::Entry>& entries) {
        const auto less = [](const std::string& a, const std::string& b) {
            return format::compare_paths(a, b) < 0;
        };
        std::map<std::string, format::Entry, decltype(less)> sorted(less);
        sorted.emplace("", folder_at(""));
        for (const format::Entry& entry : entries)
            sorted.insert_or_assign(entry.path, entry);
        must(data_.finish());
        engine::CatalogWriter catalog(catalog_chunks_);
        for (const auto& [path, entry] : sorted)
            must(catalog.add(entry));
        return commit_root(must(catalog.finish()));
    }
    /// One whose catalog is this one page, good or not.
    std::string commit_page(util::BytesView page) {
        must(data_.finish());
        return commit_root(must(catalog_chunks_.put(format::ChunkKind::page, page)));
    }

private:
    std::string commit_root(const format::ChunkId& root) {
        repo::WriteSession::Draft draft;
        draft.root_page = root;
        draft.note = {
            must(catalog_chunks_.put(format::ChunkKind::note, format::encode_note(note_)))};
        must(catalog_chunks_.finish());
        must(session_->commit(std::move(draft)));
        return session_->id().hex();
    }

    Told told_;
    repo::Access access_;
    std::unique_ptr<repo::WriteSession> session_;
    engine::ChunkStore data_, catalog_chunks_;
    format::Note note_;
};

/// A whole snapshot restored to `target`, with options.
inline RestoreSummary restore_all(Repository& repository, const std::string& snapshot,
                                  const std::string& target, Events& events,
                                  RestoreOptions options = {}) {
    options.from = {.snapshot = snapshot, .path = "/"};
    options.target = target;
    if (options.threads == 0)
        options.threads = 2;
    return must(restore(repository, options, events, {}));
}

} // namespace saoluu::test
