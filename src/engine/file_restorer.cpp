// SPDX-License-Identifier: Apache-2.0
#include "engine/file_restorer.hpp"

#include "engine/catalog_reader.hpp"
#include "engine/damage.hpp"
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
    const Result<std::string> name = go_to(path);
    if (!name)
        return tally_.failed(entry.path, name.error());
    const Found found = look(*name, path, entry);
    if (found.content == Found::Content::same)
        return keep(found, entry);
    if (found.content == Found::Content::other)
        return tally_.failed(
            entry.path,
            Error(ErrorKind::exists,
                  util::message(tr("{}: exists already and differs; it was left as it is"),
                                util::printable(path))));
    const Result<void> written = write(*name, path, entry);
    if (written) {
        tally_.restored_file(entry.path, entry.size);
        return {};
    }
    const ErrorKind kind = written.error().kind();
    // Bad sectors of the store are damage by now, so this is the store as a whole, or the target.
    const bool is_store_gone =
        kind == ErrorKind::io && as_damage(access_, written.error()).kind() == ErrorKind::io;
    if (kind == ErrorKind::wrong_key || is_store_gone)
        return Failure(written.error());
    if (kind == ErrorKind::corrupt || kind == ErrorKind::unsupported) {
        tally_.damaged(entry.path, written.error().message());
        return {};
    }
    return tally_.failed(entry.path, written.error());
}

Result<std::string> FileRestorer::go_to(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
    if (!folder_.is_open() || parent != folder_path_) {
        folder_.reset();
        folder_ = TRY(target_.folder(parent));
        folder_path_ = parent;
    }
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

Result<util::BytesView> FileRestorer::read(const format::ChunkId& id) {
    Result<util::BytesView> bytes = chunks_.read(format::ChunkKind::data, id, domain_);
    if (!bytes)
        return Failure(as_damage(access_, bytes.error()));
    return bytes;
}

Result<void> FileRestorer::write(const std::string& name, const std::string& path,
                                 const format::Entry& entry) {
    RestoredFile file = TRY(RestoredFile::create(folder_.get(), name, path));
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
        access_, entry.segments, chunks_, domain_,
        [&](const format::Segment& segment) -> Result<void> {
            if (const auto* hole = std::get_if<format::Hole>(&segment))
                return skip(hole->length);
            if (const auto* whole = std::get_if<format::WholeChunk>(&segment)) {
                const util::BytesView bytes = TRY(read(whole->id));
                if (bytes.size() != whole->length)
                    return fail(ErrorKind::corrupt,
                                tr("a chunk is of another length than the catalog says"));
                return add(bytes);
            }
            if (const auto* part = std::get_if<format::PartOfChunk>(&segment)) {
                const util::BytesView bytes = TRY(read(part->id));
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

FileRestorer::Found FileRestorer::look(const std::string& name, const std::string& path,
                                       const format::Entry& entry) {
    using Content = Found::Content;
    Found found;
    Result<util::Fd> fd =
        util::open_at(folder_.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, path);
    if (!fd) {
        const bool is_free =
            fd.error().kind() == ErrorKind::not_found ||
            ::fstatat(folder_.get(), name.c_str(), &found.info, AT_SYMLINK_NOFOLLOW) != 0;
        found.content = is_free ? Content::nothing : Content::other;
        return found;
    }
    found.fd = *std::move(fd);
    const format::DomainKeys* keys = access_.keyring.domain(domain_);
    if (keys == nullptr || ::fstat(found.fd.get(), &found.info) != 0 ||
        !S_ISREG(found.info.st_mode) ||
        static_cast<std::uint64_t>(found.info.st_size) != entry.size)
        return found;
    // Comparing needs no stored byte: a chunk's id is a keyed hash of what must be there.
    std::uint64_t offset = 0;
    const Result<void> same = for_each_segment(
        access_, entry.segments, chunks_, domain_,
        [&](const format::Segment& segment) -> Result<void> {
            const auto* whole = std::get_if<format::WholeChunk>(&segment);
            if (whole == nullptr || whole->length > format::limits::kDataChunk)
                return fail(ErrorKind::failure, "not comparable this way");
            if (buffer_.size() < whole->length)
                buffer_.resize(static_cast<std::size_t>(whole->length));
            const std::span<std::byte> bytes =
                std::span(buffer_).first(static_cast<std::size_t>(whole->length));
            const std::size_t got = TRY(util::read_some_at(found.fd.get(), offset, bytes, path));
            if (got != bytes.size() || keys->chunk_id(format::ChunkKind::data, bytes) != whole->id)
                return fail(ErrorKind::failure, "differs");
            offset += got;
            return {};
        });
    if (same && offset == entry.size)
        found.content = Content::same;
    return found;
}

/// A file that has the right content already: its metadata is brought up to date.
Result<void> FileRestorer::keep(const Found& found, const format::Entry& entry) {
    if (const Result<void> may = may_set_metadata(found.info, entry); !may)
        return tally_.failed(entry.path, may.error());
    tally_.metadata(entry.path, set_metadata(found.fd.get(), entry));
    tally_.add(&RestoreSummary::already_there);
    return {};
}

} // namespace saoluu::engine
