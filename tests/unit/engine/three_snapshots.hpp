// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/index_segment.hpp"
#include "format/names.hpp"
#include "random_bytes.hpp"
#include "repo/index.hpp"
#include "repo/write_session.hpp"
#include "store/fault.hpp"
#include "trees.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <sys/stat.h>

/// A repository of which a test may lose parts, and hands that write its index.
namespace saoluu::test {

/// Three snapshots, each with one file more, so that each file's data lies in a pack of its own.
struct Three {
    RepositoryCase repository;
    std::string source = repository.path("source"), target = repository.path("out");
    std::vector<std::string> snapshots;
    std::vector<std::vector<std::string>> packs, segments; ///< put by each of them

    Three() {
        std::filesystem::create_directory(source);
        for (int i = 0; i < 3; ++i) {
            const auto packs_before = repository.names("packs/");
            const auto segments_before = repository.names("index/");
            write_file(source + "/" + std::to_string(i),
                       random_bytes(900'000, static_cast<std::uint64_t>(i)));
            Repository backup = repository.open(key::kBackup);
            snapshots.push_back(back_up(backup, source).snapshot);
            packs.push_back(added(repository.names("packs/"), packs_before));
            segments.push_back(added(repository.names("index/"), segments_before));
        }
    }
    static std::vector<std::string> added(const std::vector<std::string>& now,
                                          const std::vector<std::string>& before) {
        std::vector<std::string> names;
        std::ranges::set_difference(now, before, std::back_inserter(names));
        return names;
    }
    /// The pack of a snapshot with its data, which is the largest; or with its catalog.
    [[nodiscard]] std::string pack(std::size_t snapshot, bool with_data) const {
        for (const std::string& name : packs.at(snapshot))
            if ((repository.read(name).size() > 800'000) == with_data)
                return name;
        FAIL("no such pack");
        return "";
    }
    /// The repository over a store on which one object lies on a bad sector.
    [[nodiscard]] Repository open_without(const std::string& object, std::string_view key) const {
        auto faulty = std::make_unique<store::FaultStore>(repository.store());
        faulty->plan({.object = object});
        Told told;
        return Repository(std::make_unique<Repository::Impl>(Repository::Impl{
            must(repo::open_access_over(std::move(faulty), repository.options(key), told))}));
    }
    /// Every file that was restored has the bytes of its source; how many there are.
    [[nodiscard]] std::size_t right_files() const {
        const auto wanted = tree_of(source);
        std::size_t count = 0;
        for (const auto& [path, facts] : tree_of(target))
            if (S_ISREG(facts.mode)) {
                CHECK(facts == wanted.at(path));
                ++count;
            }
        return count;
    }
};

/// What the index says of every data chunk.
inline std::map<format::ChunkId, repo::ChunkPlace> data_places(const RepositoryCase& repository) {
    const repo::Access access = repository.access(key::kBackup);
    Told told;
    const repo::Index index = must(repo::Index::load(access, told));
    std::map<format::ChunkId, repo::ChunkPlace> places;
    index.for_each_place([&](const format::ChunkId& id, const repo::ChunkPlace& place) {
        if (place.kind == format::ChunkKind::data)
            places.emplace(id, place);
    });
    return places;
}

/// Puts a segment that the maker of the packs signed, as one does whose program has a fault.
inline void put_segment(const RepositoryCase& repository,
                        const std::map<format::ChunkId, repo::ChunkPlace>& places) {
    const repo::Access access = repository.access(key::kBackup);
    std::map<format::PackId, std::uint32_t> position;
    format::IndexSegment segment;
    for (const auto& [id, place] : places) {
        const auto [pack, is_new] =
            position.emplace(place.pack, static_cast<std::uint32_t>(position.size()));
        if (is_new)
            segment.packs.push_back({.pack = place.pack,
                                     .session = place.session,
                                     .actor = place.actor,
                                     .size = place.pack_size});
        segment.entries.push_back({.id = id,
                                   .pack = pack->second,
                                   .frame = place.frame,
                                   .offset = place.offset,
                                   .stored_size = place.stored_size,
                                   .plain_size = place.plain_size,
                                   .kind = place.kind,
                                   .codec = place.codec});
    }
    const format::Authorship by = must(access.authorship());
    segment.signer = by.signer;
    segment.roster = by.roster;
    segment.sort();
    const util::Bytes object = segment.seal(by.repository, by.epoch, by.suite, by.pair);
    must(access.store->put(format::names::index(format::name_of<format::SegmentId>(object)),
                           object));
}

} // namespace saoluu::test
