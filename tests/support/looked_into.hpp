// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/catalog_cursor.hpp"
#include "format/names.hpp"
#include "repo/snapshot_set.hpp"
#include "store/fault.hpp"
#include "trees.hpp"

#include "saoluu/listing.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

/// Snapshots with catalogs of many pages, and how many of them are read.
namespace saoluu::test {

/// A snapshot of some folders with many files each, and a last folder with one.
struct WideCase {
    static constexpr std::size_t kFolders = 8;
    /// In each: of about eight pages. Where they end depends on the repository's key, which is
    /// another every time; a page never has as many.
    static constexpr std::size_t kFiles = 2000;

    RepositoryCase repository;
    std::string source = repository.path("source");
    std::string snapshot;

    WideCase() {
        for (std::size_t i = 0; i < kFolders; ++i) {
            const std::string folder = source + "/f" + std::to_string(i);
            std::filesystem::create_directories(folder);
            for (std::size_t j = 0; j < kFiles; ++j)
                write_file(folder + "/file-" + std::to_string(j), "");
        }
        std::filesystem::create_directories(source + "/zzz");
        write_file(source + "/zzz/last", "");
        Repository backup = repository.open(key::kBackup);
        snapshot = back_up(backup, source).snapshot;
    }

    /// Flips a bit in the leaf page of the newest snapshot that holds this path.
    void damage_page_of(const std::string& path) const {
        const repo::Access access = repository.access(key::kReader);
        Told told;
        const repo::History history = must(repo::load_history(access, told));
        const format::Record& record = history.snapshots.snapshots.back().record;
        const repo::Index index = must(repo::Index::load(access, told));
        repo::ChunkReader chunks(access, index);
        engine::CatalogCursor cursor(access, chunks, record.domain, record.root_page,
                                     path.substr(1), [](const std::string&, const Error&) {});
        format::ChunkId page;
        while (cursor.at_page()) {
            page = cursor.page();
            must(cursor.enter());
        }
        REQUIRE(cursor.at_entry());
        const auto places = index.find(format::ChunkKind::page, page);
        REQUIRE(places.size() == 1);
        repository.flip_bit(format::names::pack(places[0].pack),
                            places[0].offset + places[0].stored_size / 2);
    }
};

/// A reader's repository that counts the chunks it fetches.
class Counted {
public:
    explicit Counted(const RepositoryCase& repository) {
        auto store = std::make_unique<store::FaultStore>(repository.store());
        store_ = store.get();
        Told told;
        repository_ = std::make_unique<Repository>(
            std::make_unique<Repository::Impl>(Repository::Impl{must(repo::open_access_over(
                std::move(store), repository.options(key::kReader), told))}));
        static_cast<void>(store_->take_record());
    }
    [[nodiscard]] Repository& repository() { return *repository_; }
    /// Since the last time it was asked; the headers of their packs count too.
    std::size_t chunks_read() {
        std::size_t count = 0;
        for (const store::Recorded& one : store_->take_record())
            if (one.operation == store::Operation::read && one.name.starts_with("packs/"))
                ++count;
        return count;
    }

private:
    store::FaultStore* store_ = nullptr; ///< lies in `repository_`
    std::unique_ptr<Repository> repository_;
};

} // namespace saoluu::test
