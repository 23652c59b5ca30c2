// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/hash.hpp"
#include "format/entry.hpp"

#include "saoluu/result.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

/// What this machine knows of the files that its last run read, so that the next one need not read
/// them again. A file in the cache folder, sorted by path:
///
///     magic 16 · context 32 · records · last record · u64 where that one lies · its check 8
///     record: u32 length · bytes · check 8 (of the context, where the record lies, and its bytes)
///
/// Nothing rests on it but speed, and the counts that tell an empty source from a full one: a list
/// that is damaged, or another's, is no list.
namespace saoluu::engine {

constexpr std::string_view kFileListMagic = "saoluu files 02\n";
/// The check of what lies at `at`. It proves nothing to anyone; it only shows that the bytes are
/// those that were written there.
std::array<std::byte, 8> file_list_check(const crypto::Hash& context, std::uint64_t at,
                                         util::BytesView bytes);

struct KnownFile {
    std::string path; ///< in the catalog
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    timespec modified{};
    timespec changed{};
    bool is_settled = false;               ///< its times will tell of the next change
    bool has_xattrs = true;                ///< or they could not be read
    std::vector<format::Segment> segments; ///< holes and whole chunks

    /// Of a file as it was read, without its segments.
    static KnownFile of(std::string path, const struct stat& info, bool is_settled);
    /// Whether size, times and inode are as they were.
    [[nodiscard]] bool has_same_facts(const struct stat& info) const;
    /// The same, of a file whose times would have told of a change: it is as it was read.
    [[nodiscard]] bool is_still(const struct stat& info) const {
        return is_settled && has_same_facts(info);
    }
};

/// How much a run saw.
struct ListTotals {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::map<std::string, std::uint64_t>
        in_source; ///< entries in it (of a stream: bytes), by its absolute path
};

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileStream = std::unique_ptr<std::FILE, CloseFile>;

/// Reads a list in the order of its paths.
class FileList {
public:
    /// Nothing if there is none, or it is not whole, or of another context.
    static std::optional<FileList> open(const std::string& path, const crypto::Hash& context);

    [[nodiscard]] const ListTotals& totals() const { return totals_; }
    /// The file of that path; null if it is not known. Ask in ascending order. Valid until the next
    /// call.
    const KnownFile* find(std::string_view path);
    /// The file that find() or next() stands at, which it has not passed; null at the end.
    const KnownFile* current() { return has_current_ ? &current_ : next(); }
    /// The next file; null at the end.
    const KnownFile* next();

private:
    FileList(FileStream file, const crypto::Hash& context)
        : file_(std::move(file)), context_(context) {}

    FileStream file_;
    crypto::Hash context_;
    ListTotals totals_;
    std::uint64_t end_ = 0; ///< where the last record lies
    std::uint64_t at_ = 0;
    KnownFile current_;
    bool has_current_ = false;
};

/// Writes a list beside the old one and takes its place when it is whole. Whatever fails is kept
/// until publish(): a backup does not fail for its list.
class FileListWriter {
public:
    FileListWriter(std::string path, const crypto::Hash& context);
    ~FileListWriter();
    FileListWriter(const FileListWriter&) = delete;
    FileListWriter& operator=(const FileListWriter&) = delete;

    /// In ascending order of paths.
    void add(const KnownFile& file);
    /// errors: io, no_space, denied: the first that any call met
    Result<void> publish(const ListTotals& totals);
    /// Whether nothing failed so far; any thread may ask.
    [[nodiscard]] bool is_good() const { return is_good_; }

private:
    void put(util::BytesView bytes);
    void put_record(util::BytesView record);

    std::string path_, temporary_;
    crypto::Hash context_;
    FileStream file_;
    std::uint64_t at_ = 0;
    void fail_with(Error error);

    std::optional<Error> error_;
    std::atomic<bool> is_good_ = true;
    bool is_published_ = false;
};

} // namespace saoluu::engine
