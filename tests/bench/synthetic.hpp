// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench_repository.hpp"
#include "format/types.hpp"

#include <array>
#include <cstdint>
#include <string>

/// A repository of many chunks and a tree of many files, both without the bytes that such ones
/// would have: a chunk is 16 bytes, its number. Packs, directories, index segments, ledger and
/// records are the engine's own, whole and signed; only the frames are small. So every command
/// works on it, and finds as many names, packs and places as in a repository of terabytes.
namespace saoluu::bench {

/// A pack of 32 MiB has about so many chunks of ½ MiB, of which compression leaves 2/3.
inline constexpr std::uint64_t kChunksInPack = 100;
/// What one session adds at most: about 500 GB of data.
inline constexpr std::uint64_t kChunksInSession = 1'000'000;
inline constexpr std::uint64_t kFilesInFolder = 100;

/// The whole content of a chunk.
std::array<std::byte, 16> content_of(std::uint64_t number);

/// Sessions that add the chunks from number `from` up to `to`.
void add_chunks(const BenchRepository& repository, std::uint64_t from, std::uint64_t to);

/// A new tree of so many files, a hundred a folder and a hundred folders in one. Each file is one
/// of the chunks below `chunks`, far apart.
void make_tree(const std::string& folder, std::uint64_t files, std::uint64_t chunks);
/// A folder in the middle of such a tree.
std::string middle_folder(const std::string& folder, std::uint64_t files);

} // namespace saoluu::bench
