// SPDX-License-Identifier: Apache-2.0
#include "repo/index_run.hpp"

#include "crypto/hash.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <queue>
#include <tuple>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::repo {

using format::ChunkId;

namespace {

struct RunHeader {
    std::array<char, 8> magic{'S', 'L', 'I', 'N', 'D', 'E', 'X', '1'};
    std::uint64_t byte_order = 0x0102030405060708; // a cache of another kind of machine is not ours
    format::RepositoryId repository;
    std::uint64_t segments = 0;
    std::uint64_t packs = 0;
    std::uint64_t rows = 0;
};
static_assert(sizeof(RunHeader) == 72);

template <class Row>
util::BytesView bytes_of(std::span<const Row> rows) {
    static_assert(std::is_trivially_copyable_v<Row>);
    return std::as_bytes(rows);
}

bool before(const IndexRow& a, const IndexRow& b) {
    return std::tie(a.id, a.kind, a.pack, a.frame) < std::tie(b.id, b.kind, b.pack, b.frame);
}

/// Ids are uniform, so their first eight bytes say about where they are.
std::uint64_t leading(const ChunkId& id) {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i)
        value = value << 8 | static_cast<std::uint64_t>(id.bytes[static_cast<std::size_t>(i)]);
    return value;
}

/// Writes a file through a buffer and hashes it on the way.
class HashedFile {
public:
    static Result<HashedFile> create(const std::string& path) {
        return HashedFile(
            TRY(util::open_path(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600)), path);
    }
    Result<void> write(util::BytesView bytes) {
        util::append(buffer_, bytes);
        return buffer_.size() >= kBuffer ? flush() : Result<void>();
    }
    Result<void> finish() {
        TRY(flush());
        const crypto::Hash hash = hasher_.finish();
        TRY(util::write_all(fd_.get(), hash.view(), path_));
        return fd_.close(path_);
    }

private:
    static constexpr std::size_t kBuffer = 256 * 1024;
    HashedFile(util::Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Result<void> flush() {
        hasher_.update(buffer_);
        TRY(util::write_all(fd_.get(), buffer_, path_));
        buffer_.clear();
        return {};
    }
    util::Fd fd_;
    std::string path_;
    crypto::Hasher hasher_;
    util::Bytes buffer_;
};

/// Publishes the file that `fill` writes, so that nobody opens half of one.
template <class Fill>
Result<void> publish(const std::string& path, Fill&& fill) {
    const std::string temporary = path + ".new";
    Result<void> written = [&]() -> Result<void> {
        HashedFile file = TRY(HashedFile::create(temporary));
        TRY(fill(file));
        return file.finish();
    }();
    if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
        written = Failure(util::system_error(errno, path));
    if (!written)
        ::unlink(temporary.c_str());
    return written;
}

} // namespace

void IdFilter::prepare(std::size_t ids) {
    words_.assign(ids / 4 + 1, 0);
}

namespace {
/// Four bits of one word. The word by where find() would look: a run is opened in the order of its
/// ids, so that the filter is filled from one end to the other and not at random.
std::pair<std::size_t, std::uint64_t> filter_place(const ChunkId& id, std::size_t words) {
    const std::uint64_t place = (leading(id) >> 32) * words >> 32;
    const auto b = util::load_le<std::uint64_t>(id.bytes.data() + 16);
    const std::uint64_t bits = std::uint64_t{1} << (b & 63) | std::uint64_t{1} << (b >> 8 & 63) |
                               std::uint64_t{1} << (b >> 16 & 63) |
                               std::uint64_t{1} << (b >> 24 & 63);
    return {static_cast<std::size_t>(place), bits};
}
} // namespace

void IdFilter::add(const ChunkId& id) {
    const auto [place, bits] = filter_place(id, words_.size());
    words_[place] |= bits;
}

bool IdFilter::may_have(const ChunkId& id) const {
    const auto [place, bits] = filter_place(id, words_.size());
    return (words_[place] & bits) == bits;
}

struct IndexRun::Mapping {
    void* memory = MAP_FAILED;
    std::size_t size = 0;
    Mapping() = default;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (memory != MAP_FAILED)
            ::munmap(memory, size);
    }
};

IndexRun::IndexRun(IndexRun&&) noexcept = default;
IndexRun& IndexRun::operator=(IndexRun&&) noexcept = default;
IndexRun::~IndexRun() = default;

Result<IndexRun> IndexRun::open(const std::string& path, const format::RepositoryId& repository) {
    const auto bad = [&] {
        return fail(ErrorKind::corrupt,
                    util::message(util::tr("{}: this cache is damaged; it is made anew"), path));
    };
    const util::Fd fd = TRY(util::open_path(path, O_RDONLY | O_NOFOLLOW));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        return Failure(util::system_error(errno, path));
    const auto size = static_cast<std::uint64_t>(info.st_size);
    RunHeader header;
    if (size < sizeof header + crypto::Hash::size)
        return bad();
    if (TRY(util::read_some_at(fd.get(), 0, std::as_writable_bytes(std::span(&header, 1)), path)) !=
        sizeof header)
        return bad();
    const RunHeader wanted;
    if (header.magic != wanted.magic || header.byte_order != wanted.byte_order ||
        header.repository != repository)
        return bad();
    constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
    if (header.segments > kMost || header.packs > kMost || header.rows > kMost)
        return bad();
    const std::uint64_t packs_at = sizeof header + header.segments * format::SegmentId::size;
    const std::uint64_t rows_at = packs_at + header.packs * sizeof(PackRow);
    const std::uint64_t end = rows_at + header.rows * sizeof(IndexRow);
    if (end + crypto::Hash::size != size)
        return bad();

    // Read, not mapped: so that checking it all does not count as memory in use.
    IndexRun run;
    run.filter_.prepare(static_cast<std::size_t>(header.rows));
    constexpr std::size_t kRowsAtOnce = 4096;
    util::Bytes buffer(kRowsAtOnce * sizeof(IndexRow));
    crypto::Hasher hasher;
    for (std::uint64_t at = 0; at < end;) {
        const std::uint64_t stop = at < rows_at ? std::min(rows_at, at + buffer.size())
                                                : std::min(end, at + buffer.size());
        const std::span<std::byte> part(buffer.data(), static_cast<std::size_t>(stop - at));
        if (TRY(util::read_some_at(fd.get(), at, part, path)) != part.size())
            return bad();
        hasher.update(part);
        if (at >= rows_at)
            for (std::size_t i = 0; i < part.size(); i += sizeof(IndexRow)) {
                IndexRow row;
                std::memcpy(&row, part.data() + i, sizeof row);
                // The hash has no key: whoever made the file may have made it up.
                if (row.pack >= header.packs)
                    return bad();
                run.filter_.add(row.id);
            }
        at = stop;
    }
    crypto::Hash stored;
    if (TRY(util::read_some_at(fd.get(), end, stored.bytes, path)) != crypto::Hash::size ||
        stored != hasher.finish())
        return bad();

    run.mapping_ = std::make_unique<Mapping>();
    run.mapping_->size = static_cast<std::size_t>(size);
    run.mapping_->memory = ::mmap(nullptr, run.mapping_->size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (run.mapping_->memory == MAP_FAILED)
        return Failure(util::system_error(errno, path));
    run.expect(Reading::at_random);
    const auto* memory = static_cast<const std::byte*>(run.mapping_->memory);
    // All three hold bytes and aligned 32-bit numbers, and every part begins at a multiple of 8.
    run.segments_ = {reinterpret_cast<const format::SegmentId*>(memory + sizeof header),
                     static_cast<std::size_t>(header.segments)};
    run.packs_ = {reinterpret_cast<const PackRow*>(memory + packs_at),
                  static_cast<std::size_t>(header.packs)};
    run.rows_ = {reinterpret_cast<const IndexRow*>(memory + rows_at),
                 static_cast<std::size_t>(header.rows)};
    run.path_ = path;
    return run;
}

void IndexRun::expect(Reading reading) const {
    // Advice only: where it can't be taken nothing is lost.
    ::madvise(mapping_->memory, mapping_->size,
              reading == Reading::in_order ? MADV_SEQUENTIAL : MADV_RANDOM);
}

std::span<const IndexRow> IndexRun::find(const ChunkId& id) const {
    if (rows_.empty() || !filter_.may_have(id))
        return {};
    const auto guess = static_cast<std::size_t>(static_cast<double>(leading(id)) * 0x1p-64 *
                                                static_cast<double>(rows_.size()));
    const auto is_before = [&](std::size_t i) { return rows_[i].id < id; };
    // Widen around the guess until the id must lie between, then halve.
    std::size_t low = std::min(guess, rows_.size() - 1), high = low, step = 16;
    while (low > 0 && !is_before(low)) {
        high = low;
        low -= std::min(low, step);
        step *= 2;
    }
    for (step = 16; high < rows_.size() && is_before(high); step *= 2) {
        low = high;
        high = std::min(rows_.size(), high + step);
    }
    const auto first = std::partition_point(rows_.begin() + static_cast<std::ptrdiff_t>(low),
                                            rows_.begin() + static_cast<std::ptrdiff_t>(high),
                                            [&](const IndexRow& row) { return row.id < id; });
    const auto last =
        std::find_if(first, rows_.end(), [&](const IndexRow& row) { return row.id != id; });
    return {first, last};
}

void IndexRunBuilder::add(const format::SegmentId& name, const format::IndexSegment& segment) {
    const auto base = static_cast<std::uint32_t>(packs_.size());
    segments_.push_back(name);
    for (const format::IndexedPack& pack : segment.packs)
        packs_.push_back({pack.pack, pack.session, pack.actor, pack.size, 0});
    for (const format::IndexEntry& entry : segment.entries)
        rows_.push_back({entry.id,
                         base + entry.pack,
                         entry.frame,
                         entry.offset,
                         entry.stored_size,
                         entry.plain_size,
                         static_cast<std::uint8_t>(entry.kind),
                         static_cast<std::uint8_t>(entry.codec),
                         {}});
}

Result<void> IndexRunBuilder::write(const std::string& path,
                                    const format::RepositoryId& repository) {
    std::ranges::sort(rows_, before);
    RunHeader header;
    header.repository = repository;
    header.segments = segments_.size();
    header.packs = packs_.size();
    header.rows = rows_.size();
    TRY(publish(path, [&](HashedFile& file) -> Result<void> {
        TRY(file.write(std::as_bytes(std::span(&header, 1))));
        TRY(file.write(bytes_of(std::span<const format::SegmentId>(segments_))));
        TRY(file.write(bytes_of(std::span<const PackRow>(packs_))));
        return file.write(bytes_of(std::span<const IndexRow>(rows_)));
    }));
    segments_.clear();
    packs_.clear();
    rows_.clear();
    return {};
}

Result<void> merge_runs(std::span<const IndexRun* const> runs, const std::string& path,
                        const format::RepositoryId& repository) {
    const Walk walk(runs);
    RunHeader header;
    header.repository = repository;
    std::vector<std::uint32_t> base;
    for (const IndexRun* run : runs) {
        base.push_back(static_cast<std::uint32_t>(header.packs));
        header.segments += run->segments().size();
        header.packs += run->packs().size();
        header.rows += run->rows().size();
    }
    return publish(path, [&](HashedFile& file) -> Result<void> {
        TRY(file.write(std::as_bytes(std::span(&header, 1))));
        for (const IndexRun* run : runs)
            TRY(file.write(bytes_of(run->segments())));
        for (const IndexRun* run : runs)
            TRY(file.write(bytes_of(run->packs())));
        struct Cursor {
            IndexRow row;
            std::size_t run, next;
        };
        const auto later = [](const Cursor& a, const Cursor& b) { return before(b.row, a.row); };
        std::priority_queue<Cursor, std::vector<Cursor>, decltype(later)> front(later);
        const auto push = [&](std::size_t run, std::size_t at) {
            if (at >= runs[run]->rows().size())
                return;
            IndexRow row = runs[run]->rows()[at];
            row.pack += base[run];
            front.push({row, run, at + 1});
        };
        for (std::size_t run = 0; run < runs.size(); ++run)
            push(run, 0);
        while (!front.empty()) {
            const Cursor least = front.top();
            front.pop();
            TRY(file.write(std::as_bytes(std::span(&least.row, 1))));
            push(least.run, least.next);
        }
        return {};
    });
}

} // namespace saoluu::repo
