// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_existing.hpp"

#include "crypto/hash.hpp"
#include "engine/catalog_reader.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include <unistd.h>

namespace saoluu::engine {

using format::Entry;
using util::Fd;
using util::message;
using util::tr;

Result<std::optional<Existing>> find_existing(int folder, const std::string& name,
                                              std::string_view path) {
    Existing found;
    Result<Fd> pinned = util::open_at(folder, name, O_PATH | O_NOFOLLOW, 0, util::printable(path));
    if (!pinned && pinned.error().system_code() == ENOENT)
        return std::optional<Existing>();
    found.fd = TRY(std::move(pinned));
    if (::fstat(found.fd.get(), &found.info) != 0)
        return util::system_failure(path);
    if (!S_ISREG(found.info.st_mode))
        return std::optional<Existing>(std::move(found));
    Result<Fd> open_again =
        util::open_at(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, util::printable(path));
    struct stat info {};
    if (open_again && ::fstat(open_again->get(), &info) == 0 && info.st_dev == found.info.st_dev &&
        info.st_ino == found.info.st_ino) {
        found.fd = *std::move(open_again);
        found.held = Held::open;
    }
    return std::optional<Existing>(std::move(found));
}

Result<Fate> fate_of(const Existing& existing, const Entry& entry, Overwrite overwrite) {
    if (S_ISDIR(existing.info.st_mode))
        return fail(ErrorKind::exists,
                    message(tr("{}: a folder is there already; it was left as it is"),
                            util::printable(entry.path)));
    switch (overwrite) {
    case Overwrite::never:
        return Fate::stays;
    case Overwrite::always:
        return Fate::goes;
    case Overwrite::if_newer:
        break;
    }
    const timespec& there = existing.info.st_mtim;
    const bool is_newer = std::pair(entry.mtime_seconds, std::int64_t{entry.mtime_nanoseconds}) >
                          std::pair(std::int64_t{there.tv_sec}, std::int64_t{there.tv_nsec});
    return is_newer ? Fate::goes : Fate::is_kept;
}

namespace {

constexpr std::size_t kStep = 1 << 20;

/// The stretch of data at or behind `from`, as the file system knows its holes; empty if there is
/// none before `end`.
std::pair<std::uint64_t, std::uint64_t> next_data(int fd, std::uint64_t from, std::uint64_t end) {
    const off_t data = ::lseek(fd, static_cast<off_t>(from), SEEK_DATA);
    if (data < 0 && errno == ENXIO)
        return {end, end};
    if (data < 0) // it knows no holes
        return {from, end};
    const off_t hole = ::lseek(fd, data, SEEK_HOLE);
    return {std::min(static_cast<std::uint64_t>(data), end),
            hole < 0 ? end : std::min(static_cast<std::uint64_t>(hole), end)};
}

} // namespace

bool ContentCheck::has_content(int fd, const Entry& entry) {
    return compare(fd, entry).has_value();
}

Result<void> ContentCheck::compare(int fd, const Entry& entry) {
    const auto differs = [] { return fail(ErrorKind::failure, "differs"); };
    const format::DomainKeys* keys = access_.keyring.domain(domain_);
    if (keys == nullptr)
        return differs();
    std::uint64_t offset = 0;
    bool has_parts = false;
    TRY(for_each_segment(
        access_, entry.segments, chunks_, domain_,
        [&](const format::Segment& segment) -> Result<void> {
            if (is_stopping_())
                return differs();
            const std::uint64_t length = format::length_of(segment);
            if (length > entry.size - offset)
                return differs();
            if (const auto* whole = std::get_if<format::WholeChunk>(&segment)) {
                buffer_.resize(std::max<std::size_t>(buffer_.size(), length));
                const std::span<std::byte> bytes = std::span(buffer_).first(length);
                if (TRY(util::read_some_at(fd, offset, bytes, entry.path)) != length ||
                    keys->chunk_id(format::ChunkKind::data, bytes) != whole->id)
                    return differs();
            } else if (std::holds_alternative<format::Hole>(segment)) {
                if (!TRY(is_zero(fd, offset, length)))
                    return differs();
            } else if (std::holds_alternative<format::PartOfChunk>(segment)) {
                has_parts = true; // the whole file's hash tells of these
            } else {
                return differs();
            }
            offset += length;
            return {};
        }));
    if (offset != entry.size || (has_parts && !TRY(has_hash(fd, entry))))
        return differs();
    return {};
}

Result<bool> ContentCheck::is_zero(int fd, std::uint64_t from, std::uint64_t length) {
    static const util::Bytes zeros(kStep);
    const std::uint64_t stop = from + length;
    buffer_.resize(std::max(buffer_.size(), kStep));
    while (from < stop && !is_stopping_()) {
        const auto [data, end] = next_data(fd, from, stop);
        for (from = data; from < end; from += kStep) {
            const auto bytes = std::span(buffer_).first(std::min<std::uint64_t>(kStep, end - from));
            if (TRY(util::read_some_at(fd, from, bytes, "")) != bytes.size() ||
                !util::equal(bytes, util::BytesView(zeros).first(bytes.size())))
                return false;
        }
        from = end;
    }
    return from >= stop;
}

Result<bool> ContentCheck::has_hash(int fd, const Entry& entry) {
    static const util::Bytes zeros(kStep);
    crypto::Hasher hasher;
    buffer_.resize(std::max(buffer_.size(), kStep));
    std::uint64_t holes = 0;
    for (std::uint64_t at = 0; at < entry.size;) {
        const auto [data, end] = next_data(fd, at, entry.size);
        holes += data - at;
        if (holes > kMostHashedHoles)
            return fail(ErrorKind::unsupported,
                        tr("its holes are too long for its content to be held against its hash"));
        for (; at < data && !is_stopping_(); at += std::min<std::uint64_t>(kStep, data - at))
            hasher.update(util::BytesView(zeros).first(std::min<std::uint64_t>(kStep, data - at)));
        for (at = data; at < end && !is_stopping_();) {
            const auto bytes = std::span(buffer_).first(std::min<std::uint64_t>(kStep, end - at));
            if (TRY(util::read_some_at(fd, at, bytes, util::printable(entry.path))) != bytes.size())
                return false;
            hasher.update(bytes);
            at += bytes.size();
        }
        if (is_stopping_())
            return fail(ErrorKind::interrupted, tr("interrupted"));
    }
    return hasher.finish() == entry.file_hash;
}

} // namespace saoluu::engine
