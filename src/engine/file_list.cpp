// SPDX-License-Identifier: Apache-2.0
#include "engine/file_list.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <utility>

#include <unistd.h>

namespace saoluu::engine {

namespace {

constexpr std::size_t kCheck = 8;
/// The last record's place and the check of these two.
constexpr std::size_t kFooter = 8 + kCheck;
constexpr std::size_t kMostRecord = 1 << 30;
/// What a file with so many segments would cost here is worth more than reading it again.
constexpr std::size_t kMostSegments = 4 << 20;
constexpr std::size_t kBuffer = 256 << 10;
constexpr std::uint8_t kSettled = 1;
constexpr std::uint8_t kHasXattrs = 2;
constexpr std::uint64_t kMostSize = std::numeric_limits<std::int64_t>::max(); // of a file

using Check = std::array<std::byte, kCheck>;

void put_time(util::Writer& out, const timespec& time) {
    out.svarint(time.tv_sec).varint(static_cast<std::uint64_t>(time.tv_nsec));
}

Result<timespec> take_time(util::Reader& in) {
    const std::int64_t seconds = TRY(in.svarint());
    const std::uint64_t nanoseconds = TRY(in.varint());
    return timespec{.tv_sec = seconds, .tv_nsec = static_cast<long>(nanoseconds)};
}

util::Bytes encode(const KnownFile& file) {
    util::Writer out;
    out.text(file.path).varint(file.inode).varint(file.size);
    put_time(out, file.modified);
    put_time(out, file.changed);
    out.u8(static_cast<std::uint8_t>((file.is_settled ? kSettled : 0) |
                                     (file.has_xattrs ? kHasXattrs : 0)));
    for (const format::Segment& segment : file.segments) {
        if (const auto* chunk = std::get_if<format::WholeChunk>(&segment))
            out.u8(1).varint(chunk->length).raw(chunk->id.view());
        else
            out.u8(0).varint(format::length_of(segment));
    }
    return out.take();
}

/// Whether a catalog takes these as the contents of the file: what is known of it goes there
/// unread.
bool are_possible(const KnownFile& file) {
    std::uint64_t length = 0;
    bool behind_hole = false;
    for (const format::Segment& segment : file.segments) {
        const std::uint64_t one = format::length_of(segment);
        const bool is_hole = std::holds_alternative<format::Hole>(segment);
        const std::uint64_t most = is_hole ? kMostSize - length : format::limits::kDataChunk;
        if (one == 0 || one > most || length + one > kMostSize || (is_hole && behind_hole))
            return false;
        length += one;
        behind_hole = is_hole;
    }
    return !file.is_settled || length == file.size; // one that changed was read as it was then
}

Result<KnownFile> decode(util::BytesView record) {
    util::Reader in(record);
    KnownFile file;
    const util::BytesView path = TRY(in.bytes(format::limits::kPath));
    file.path = std::string(util::as_text(path));
    file.inode = TRY(in.varint());
    file.size = TRY(in.varint());
    file.modified = TRY(take_time(in));
    file.changed = TRY(take_time(in));
    const std::uint8_t facts = TRY(in.u8());
    file.is_settled = (facts & kSettled) != 0;
    file.has_xattrs = (facts & kHasXattrs) != 0;
    while (!in.at_end()) {
        const bool is_chunk = TRY(in.u8()) == 1;
        const std::uint64_t length = TRY(in.varint());
        if (is_chunk)
            file.segments.emplace_back(
                format::WholeChunk{.id = TRY(in.id<format::ChunkId>()), .length = length});
        else
            file.segments.emplace_back(format::Hole{.length = length});
    }
    if (!format::check_path(file.path) || !are_possible(file))
        return fail(ErrorKind::corrupt, "");
    return file;
}

util::Bytes encode(const ListTotals& totals) {
    util::Writer out;
    out.varint(totals.files).varint(totals.bytes);
    for (const auto& [source, entries] : totals.in_source)
        out.text(source).varint(entries);
    return out.take();
}

Result<ListTotals> decode_totals(util::BytesView record) {
    util::Reader in(record);
    ListTotals totals;
    totals.files = TRY(in.varint());
    totals.bytes = TRY(in.varint());
    while (!in.at_end()) {
        const util::BytesView source = TRY(in.bytes(format::limits::kPath + 1));
        const std::uint64_t entries = TRY(in.varint());
        totals.in_source.emplace(util::as_text(source), entries);
    }
    return totals;
}

bool read_exactly(std::FILE* file, std::span<std::byte> out) {
    return std::fread(out.data(), 1, out.size(), file) == out.size();
}

/// The record that lies at `at`, where the file stands, and before `end`; nothing if it is not what
/// was written.
std::optional<util::Bytes> read_record(std::FILE* file, const crypto::Hash& context,
                                       std::uint64_t at, std::uint64_t end) {
    std::array<std::byte, 4> length{};
    if (end < at || end - at < length.size() + kCheck || !read_exactly(file, length))
        return std::nullopt;
    const auto size = util::load_le<std::uint32_t>(length.data());
    // Before memory is taken for it: only behind it comes the check.
    if (size > kMostRecord || size > end - at - length.size() - kCheck)
        return std::nullopt;
    util::Bytes record(size);
    Check check;
    if (!read_exactly(file, record) || !read_exactly(file, check) ||
        check != file_list_check(context, at, record))
        return std::nullopt;
    return record;
}

bool is_equal(const timespec& a, const timespec& b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

} // namespace

Check file_list_check(const crypto::Hash& context, std::uint64_t at, util::BytesView bytes) {
    constexpr std::size_t kKey = 16;
    util::Bytes placed(8 + bytes.size());
    util::store_le(placed.data(), at);
    std::copy(bytes.begin(), bytes.end(), placed.begin() + 8);
    Check check;
    util::store_le(check.data(), crypto::short_hash(context.view().first(kKey), placed));
    return check;
}

KnownFile KnownFile::of(std::string path, const struct stat& info, bool is_settled) {
    return {.path = std::move(path),
            .inode = info.st_ino,
            .size = static_cast<std::uint64_t>(info.st_size),
            .modified = info.st_mtim,
            .changed = info.st_ctim,
            .is_settled = is_settled,
            .segments = {}};
}

bool KnownFile::has_same_facts(const struct stat& info) const {
    return inode == info.st_ino && size == static_cast<std::uint64_t>(info.st_size) &&
           is_equal(modified, info.st_mtim) && is_equal(changed, info.st_ctim);
}

std::optional<FileList> FileList::open(const std::string& path, const crypto::Hash& context) {
    FileStream file(std::fopen(path.c_str(), "rbe"));
    if (!file)
        return std::nullopt;
    std::setvbuf(file.get(), nullptr, _IOFBF, kBuffer);
    util::Bytes head(kFileListMagic.size() + crypto::Hash::size);
    if (!read_exactly(file.get(), head) ||
        util::as_text(util::BytesView(head).first(kFileListMagic.size())) != kFileListMagic ||
        !util::equal(util::BytesView(head).subspan(kFileListMagic.size()), context.view()))
        return std::nullopt;

    std::array<std::byte, kFooter> footer{};
    off_t footer_at = 0;
    if (::fseeko(file.get(), -static_cast<off_t>(kFooter), SEEK_END) != 0 ||
        (footer_at = ::ftello(file.get())) < 0 || !read_exactly(file.get(), footer))
        return std::nullopt;
    FileList list(std::move(file), context);
    list.at_ = head.size();
    list.end_ = util::load_le<std::uint64_t>(footer.data());
    const Check check = file_list_check(context, list.end_, util::BytesView(footer).first(8));
    if (!std::equal(check.begin(), check.end(), footer.begin() + 8) || list.end_ < list.at_ ||
        ::fseeko(list.file_.get(), static_cast<off_t>(list.end_), SEEK_SET) != 0)
        return std::nullopt;
    const std::optional<util::Bytes> last =
        read_record(list.file_.get(), context, list.end_, static_cast<std::uint64_t>(footer_at));
    Result<ListTotals> totals =
        last ? decode_totals(*last) : Result<ListTotals>(fail(ErrorKind::corrupt, ""));
    if (!totals || ::fseeko(list.file_.get(), static_cast<off_t>(list.at_), SEEK_SET) != 0)
        return std::nullopt;
    list.totals_ = std::move(*totals);
    return list;
}

const KnownFile* FileList::next() {
    has_current_ = false;
    if (at_ >= end_)
        return nullptr;
    const std::optional<util::Bytes> record = read_record(file_.get(), context_, at_, end_);
    Result<KnownFile> file = record ? decode(*record) : fail(ErrorKind::corrupt, "");
    if (!file) {
        at_ = end_; // nothing behind it can be believed
        return nullptr;
    }
    at_ += 4 + record->size() + kCheck;
    current_ = std::move(*file);
    has_current_ = true;
    return &current_;
}

const KnownFile* FileList::find(std::string_view path) {
    for (const KnownFile* file = current(); file != nullptr; file = next()) {
        const auto order = format::compare_paths(file->path, path);
        if (order == 0)
            return file;
        if (order > 0)
            break;
    }
    return nullptr;
}

FileListWriter::FileListWriter(std::string path, const crypto::Hash& context)
    : path_(std::move(path)), temporary_(path_ + ".XXXXXX"), context_(context) {
    util::Fd fd(::mkostemp(temporary_.data(), O_CLOEXEC));
    if (fd.is_open())
        file_.reset(::fdopen(fd.get(), "wb"));
    if (!file_) {
        fail_with(util::system_error(errno, util::printable(path_)));
        return;
    }
    static_cast<void>(fd.release());
    std::setvbuf(file_.get(), nullptr, _IOFBF, kBuffer);
    put(util::as_bytes(kFileListMagic));
    put(context_.view());
}

FileListWriter::~FileListWriter() {
    if (file_ && !is_published_)
        ::unlink(temporary_.c_str());
}

void FileListWriter::fail_with(Error error) {
    error_ = std::move(error);
    is_good_ = false;
}

void FileListWriter::put(util::BytesView bytes) {
    if (error_)
        return;
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
        fail_with(util::system_error(errno, util::printable(temporary_)));
    at_ += bytes.size();
}

void FileListWriter::put_record(util::BytesView record) {
    const Check check = file_list_check(context_, at_, record);
    put(util::Writer().u32(static_cast<std::uint32_t>(record.size())).view());
    put(record);
    put(check);
}

void FileListWriter::add(const KnownFile& file) {
    if (file.segments.size() <= kMostSegments)
        put_record(encode(file));
}

Result<void> FileListWriter::publish(const ListTotals& totals) {
    const std::uint64_t last = at_;
    put_record(encode(totals));
    const util::Bytes place = util::Writer().u64(last).take();
    put(place);
    put(file_list_check(context_, last, place));
    if (error_)
        return Failure(*error_);
    // Not synced: a list that a power cut tears is no list, and the next run is slower.
    if (std::fflush(file_.get()) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0)
        return util::system_failure(path_);
    is_published_ = true;
    return {};
}

} // namespace saoluu::engine
