// SPDX-License-Identifier: Apache-2.0
#include "engine/selection.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <array>

namespace saoluu::engine {

Result<Selection> Selection::of(const BackupOptions& options) {
    Selection selection;
    for (const std::string& path : options.exclude_files)
        TRY(selection.patterns_.add_file(path));
    for (const std::string& pattern : options.excludes)
        TRY(selection.patterns_.add_line(pattern));
    selection.largest_ = options.exclude_larger_than;
    selection.one_file_system_ = options.one_file_system;
    selection.keep_caches_ = options.keep_caches;
    return selection;
}

std::optional<Selection::Reason> Selection::leaves_out(std::string_view path,
                                                       const struct stat& info) const {
    const bool is_folder = S_ISDIR(info.st_mode);
    // A walk does not go into what is left out, so the folders above need no second look.
    if (!patterns_.empty() && patterns_.match(path, is_folder) == Patterns::Verdict::taken)
        return Reason::pattern;
    if (largest_ && S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) > *largest_)
        return Reason::too_large;
    return std::nullopt;
}

bool Selection::is_cache(int folder) const {
    if (keep_caches_)
        return false;
    constexpr std::string_view kSignature = "Signature: 8a477f597d28d172789f06886806bc55";
    const Result<util::Fd> tag =
        util::open_at(folder, kCacheTag, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, kCacheTag);
    struct stat info {};
    std::array<std::byte, kSignature.size()> start{};
    if (!tag || ::fstat(tag->get(), &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    const Result<std::size_t> got = util::read_some(tag->get(), start, kCacheTag);
    return got && util::as_text(util::BytesView(start).first(*got)) == kSignature;
}

} // namespace saoluu::engine
