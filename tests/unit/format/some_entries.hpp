// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/entry.hpp"
#include "samples.hpp"

#include <map>
#include <set>

/// Random catalog entries.
namespace saoluu::format::test {

/// A path that check_path() likes; often the root, and few different parts, so that paths share.
inline std::string some_path(Random& random) {
    std::string path;
    for (std::size_t left = random.size(0, 4); left > 0; --left)
        path += (path.empty() ? "" : "/") + random.part();
    return path;
}

inline std::vector<Segment> some_segments(Random& random, std::size_t most) {
    std::vector<Segment> segments;
    for (std::size_t left = random.size(0, most); left > 0; --left) {
        const std::uint64_t length = 1 + random.number(limits::kDataChunk - 1);
        switch (random.size(0, 3)) {
        case 0:
            if (segments.empty() || !std::holds_alternative<Hole>(segments.back()))
                segments.push_back(Hole{.length = 1 + random.number(std::uint64_t{1} << 50)});
            break;
        case 1:
            segments.push_back(WholeChunk{.id = random.id<ChunkId>(), .length = length});
            break;
        case 2:
            segments.push_back(PartOfChunk{.id = random.id<ChunkId>(),
                                           .offset = random.number(limits::kDataChunk - length),
                                           .length = length});
            break;
        default:
            segments.push_back(ChunkList{.id = random.id<ChunkId>(),
                                         .length = 1 + random.number(std::uint64_t{1} << 50)});
        }
    }
    return segments;
}

inline Entry some_entry(Random& random, std::string path) {
    Entry entry;
    entry.path = std::move(path);
    entry.type = static_cast<FileType>(random.size(1, 7));
    entry.mode = static_cast<std::uint32_t>(random.number(07777));
    entry.uid = random.number(0xffffffff);
    entry.gid = random.number(0xffffffff);
    entry.mtime_seconds = random.time();
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(random.number(999'999'999));
    if (entry.type == FileType::file) {
        entry.segments = some_segments(random, 4);
        for (const Segment& segment : entry.segments) {
            entry.size += length_of(segment);
            if (std::holds_alternative<PartOfChunk>(segment))
                entry.file_hash = random.id<Hash>();
        }
    } else if (entry.type == FileType::symlink) {
        entry.target = "../" + random.part();
    } else if (entry.type == FileType::character || entry.type == FileType::block) {
        entry.device_major = random.number(0xffffffff);
        entry.device_minor = random.number(0xffffffff);
    }
    if (random.coin()) {
        std::set<std::string> names;
        for (std::size_t left = random.size(0, 3); left > 0; --left)
            names.insert("user." + random.part());
        for (const std::string& name : names)
            entry.xattrs.push_back({.name = name, .value = random.bytes(random.size(0, 20))});
    }
    if (entry.type != FileType::folder && random.coin())
        entry.link_group = random.id<LinkGroup>();
    return entry;
}

/// Entries in path order, each path once.
inline std::vector<Entry> some_tree(Random& random, std::size_t most) {
    const auto before = [](const std::string& a, const std::string& b) {
        return compare_paths(a, b) < 0;
    };
    std::map<std::string, Entry, decltype(before)> sorted(before);
    for (std::size_t left = random.size(1, most); left > 0; --left) {
        const std::string path = some_path(random);
        sorted.emplace(path, some_entry(random, path));
    }
    std::vector<Entry> entries;
    for (auto& [path, entry] : sorted)
        entries.push_back(entry);
    return entries;
}

} // namespace saoluu::format::test
