// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/index_segment.hpp"
#include "format/types.hpp"
#include "util/file.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace saoluu::repo {

/// One chunk in a run: an index entry in this machine's own order of bytes.
struct IndexRow {
    format::ChunkId id;
    std::uint32_t pack; ///< position in the run's packs
    std::uint32_t frame;
    std::uint32_t offset;
    std::uint32_t stored_size;
    std::uint32_t plain_size;
    std::uint8_t kind;
    std::uint8_t codec;
    std::uint8_t unused[2];
};
static_assert(sizeof(IndexRow) == 56);

struct PackRow {
    format::PackId pack;
    format::SessionId session;
    format::ActorId actor;
    std::uint32_t size;
    std::uint32_t unused;
};
static_assert(sizeof(PackRow) == 88);

/// A small filter in front of a run: "surely not here" without touching the file. About 1 in 50 of
/// the absent pass. memory: 2 bytes a chunk
class IdFilter {
public:
    void prepare(std::size_t ids);
    void add(const format::ChunkId& id);
    [[nodiscard]] bool may_have(const format::ChunkId& id) const;

private:
    std::vector<std::uint64_t> words_;
};

/// A sorted file of index entries, mapped into memory: what several index segments say, in the
/// local cache. It is checked whole when it is opened, so that a damaged cache can never make a
/// chunk look stored. layout: header · segment ids · packs · rows ascending by (id, kind) ·
/// BLAKE2b-256 of all before
class IndexRun {
public:
    /// errors: corrupt if it is not such a file, damaged, or of another repository; io
    static Result<IndexRun> open(const std::string& path, const format::RepositoryId& repository);
    IndexRun(IndexRun&&) noexcept;
    IndexRun& operator=(IndexRun&&) noexcept;
    ~IndexRun();

    [[nodiscard]] std::span<const format::SegmentId> segments() const { return segments_; }
    [[nodiscard]] std::span<const PackRow> packs() const { return packs_; }
    [[nodiscard]] std::span<const IndexRow> rows() const { return rows_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    /// Tells the kernel how the file is read next. It is made for finding; a walk over all rows is
    /// many times faster when it is read ahead.
    enum class Reading { in_order, at_random };
    void expect(Reading reading) const;
    /// All rows of an id, of any kind; empty if there are none.
    [[nodiscard]] std::span<const IndexRow> find(const format::ChunkId& id) const;

private:
    IndexRun() = default;
    struct Mapping;
    std::unique_ptr<Mapping> mapping_;
    std::string path_;
    std::span<const format::SegmentId> segments_;
    std::span<const PackRow> packs_;
    std::span<const IndexRow> rows_;
    IdFilter filter_;
};

/// While it lives, these runs are walked from one end to the other.
class Walk {
public:
    explicit Walk(std::span<const IndexRun* const> runs) : runs_(runs.begin(), runs.end()) {
        expect(IndexRun::Reading::in_order);
    }
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;
    ~Walk() { expect(IndexRun::Reading::at_random); }

private:
    void expect(IndexRun::Reading reading) const {
        for (const IndexRun* run : runs_)
            run->expect(reading);
    }
    std::vector<const IndexRun*> runs_;
};

/// Collects entries of segments and writes them as a run.
class IndexRunBuilder {
public:
    void add(const format::SegmentId& name, const format::IndexSegment& segment);
    [[nodiscard]] std::size_t rows() const { return rows_.size(); }
    [[nodiscard]] bool is_empty() const { return segments_.empty(); }
    /// Writes the file whole; the builder is empty again. Not synced: a torn file is found when it
    /// is opened.
    Result<void> write(const std::string& path, const format::RepositoryId& repository);

private:
    std::vector<format::SegmentId> segments_;
    std::vector<PackRow> packs_;
    std::vector<IndexRow> rows_;
};

/// Writes one run of several, in one pass, with memory that does not grow with them.
Result<void> merge_runs(std::span<const IndexRun* const> runs, const std::string& path,
                        const format::RepositoryId& repository);

} // namespace saoluu::repo
