// SPDX-License-Identifier: Apache-2.0
#include "engine/file_restorer.hpp"

#include "engine/catalog_reader.hpp"
#include "util/text.hpp"

#include <optional>
#include <utility>

#include <sys/stat.h>

namespace saoluu::engine {

using util::tr;

void RestoreTally::add(std::uint64_t RestoreSummary::*what, std::uint64_t amount) {
    summary_.with([&](RestoreSummary& summary) { summary.*what += amount; });
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
    if (outcome.has_dropped_bits)
        add(&RestoreSummary::left_out);
    if (outcome.is_whole())
        return;
    // As an ordinary user no owner can be set: that is said once, in the summary, and not of every
    // file.
    add(&RestoreSummary::not_set);
    if (outcome.mode && outcome.times)
        return;
    events_.finding({Severity::warning, "/" + path, tr("its mode or times could not be set")});
}

void RestoreTally::restored_file(const std::string& path, std::uint64_t bytes) {
    const RestoreSummary now = summary_.with([&](RestoreSummary& summary) {
        ++summary.files;
        summary.bytes += bytes;
        return summary;
    });
    if (now.files % 16 == 0)
        events_.progress({.files = now.files,
                          .total_files = 0,
                          .bytes = now.bytes,
                          .total_bytes = 0,
                          .current = "/" + path});
}

std::uint64_t RestoreTally::damaged_so_far() {
    return summary_.with([](const RestoreSummary& summary) { return summary.damaged; });
}

RestoreSummary RestoreTally::take() {
    return summary_.with([](const RestoreSummary& summary) { return summary; });
}

Result<void> FileRestorer::restore(const std::string& path, const format::Entry& entry) {
    if (is_there(path, entry)) {
        tally_.add(&RestoreSummary::already_there);
        return {};
    }
    const Result<void> written = write(path, entry);
    if (written) {
        tally_.restored_file(entry.path, entry.size);
        return {};
    }
    const ErrorKind kind = written.error().kind();
    if (kind == ErrorKind::wrong_key)
        return Failure(written.error());
    if (kind == ErrorKind::corrupt || kind == ErrorKind::unsupported) {
        tally_.damaged(entry.path, written.error().message());
        return {};
    }
    return tally_.failed(entry.path, written.error());
}

Result<void> FileRestorer::write(const std::string& path, const format::Entry& entry) {
    RestoredFile file = TRY(RestoredFile::create(target_, path));
    std::uint64_t offset = 0;
    // The whole file's own hash is demanded where parts of chunks make it up: each chunk's id does
    // not vouch for them.
    std::optional<crypto::Hasher> hasher;
    if (entry.file_hash)
        hasher.emplace();
    const auto add = [&](util::BytesView bytes) -> Result<void> {
        if (bytes.size() > entry.size - offset)
            return fail(ErrorKind::corrupt, tr("its parts do not add up to its size"));
        if (hasher)
            hasher->update(bytes);
        TRY(file.write_at(offset, bytes));
        offset += bytes.size();
        return {};
    };
    const auto skip = [&](std::uint64_t length) -> Result<void> {
        if (length > entry.size - offset)
            return fail(ErrorKind::corrupt, tr("its parts do not add up to its size"));
        static const util::Bytes zeros(1 << 20);
        for (std::uint64_t left = hasher ? length : 0; left > 0;) {
            const std::size_t part =
                static_cast<std::size_t>(std::min<std::uint64_t>(left, zeros.size()));
            hasher->update(util::BytesView(zeros).first(part));
            left -= part;
        }
        offset += length;
        return {};
    };
    TRY(for_each_segment(
        entry.segments, chunks_, domain_, [&](const format::Segment& segment) -> Result<void> {
            if (const auto* hole = std::get_if<format::Hole>(&segment))
                return skip(hole->length);
            if (const auto* whole = std::get_if<format::WholeChunk>(&segment)) {
                const util::BytesView bytes =
                    TRY(chunks_.read(format::ChunkKind::data, whole->id, domain_));
                if (bytes.size() != whole->length)
                    return fail(ErrorKind::corrupt,
                                tr("a chunk is of another length than the catalog says"));
                return add(bytes);
            }
            if (const auto* part = std::get_if<format::PartOfChunk>(&segment)) {
                const util::BytesView bytes =
                    TRY(chunks_.read(format::ChunkKind::data, part->id, domain_));
                if (part->offset > bytes.size() || part->length > bytes.size() - part->offset)
                    return fail(ErrorKind::corrupt,
                                tr("a chunk is of another length than the catalog says"));
                return add(bytes.subspan(static_cast<std::size_t>(part->offset),
                                         static_cast<std::size_t>(part->length)));
            }
            return fail(
                ErrorKind::unsupported,
                tr("it is stored in a way that this version does not know: use a newer saoluu"));
        }));
    if (offset != entry.size)
        return fail(ErrorKind::corrupt, tr("its parts do not add up to its size"));
    if (hasher && hasher->finish() != *entry.file_hash)
        return fail(ErrorKind::corrupt, tr("its content is not what its hash says"));
    tally_.metadata(entry.path, TRY(file.publish(entry)));
    return {};
}

bool FileRestorer::is_there(const std::string& path, const format::Entry& entry) {
    const Result<RestoreTarget::Place> place = target_.place(path);
    if (!place)
        return false;
    const Result<util::Fd> fd = util::open_at(place->folder.get(), place->name,
                                              O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, path);
    struct stat info {};
    if (!fd || ::fstat(fd->get(), &info) != 0 || !S_ISREG(info.st_mode) ||
        static_cast<std::uint64_t>(info.st_size) != entry.size)
        return false;
    const format::DomainKeys* keys = access_.keyring.domain(domain_);
    if (keys == nullptr)
        return false;
    // Comparing needs no stored byte: a chunk's id is a keyed hash of what must be there.
    util::Bytes buffer;
    std::uint64_t offset = 0;
    const Result<void> same = for_each_segment(
        entry.segments, chunks_, domain_, [&](const format::Segment& segment) -> Result<void> {
            const auto* whole = std::get_if<format::WholeChunk>(&segment);
            if (whole == nullptr || whole->length > format::limits::kDataChunk)
                return fail(ErrorKind::failure, "not comparable this way");
            buffer.resize(static_cast<std::size_t>(whole->length));
            const std::size_t got = TRY(util::read_some_at(fd->get(), offset, buffer, path));
            if (got != buffer.size() ||
                keys->chunk_id(format::ChunkKind::data, buffer) != whole->id)
                return fail(ErrorKind::failure, "differs");
            offset += got;
            return {};
        });
    if (!same || offset != entry.size)
        return false;
    tally_.metadata(entry.path, set_metadata(fd->get(), entry));
    return true;
}

} // namespace saoluu::engine
