// SPDX-License-Identifier: Apache-2.0
#include "cli/entry_text.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

namespace saoluu::cli {
namespace {

constexpr std::uint32_t kSetUser = 04000, kSetGroup = 02000, kSticky = 01000;

char letter_of(EntryType type) {
    switch (type) {
    case EntryType::file:
        return '-';
    case EntryType::folder:
        return 'd';
    case EntryType::symlink:
        return 'l';
    case EntryType::fifo:
        return 'p';
    case EntryType::character:
        return 'c';
    case EntryType::block:
        return 'b';
    case EntryType::socket:
        break;
    }
    return 's';
}

/// The bit that stands where x does, in its two forms: with x and without.
void put_special(std::string& text, std::size_t at, bool is_set, char with_x, char without_x) {
    if (is_set)
        text[at] = text[at] == 'x' ? with_x : without_x;
}

} // namespace

std::string path_text(const EntryInfo& entry) {
    const bool ends_in_slash = entry.path.ends_with('/');
    return util::printable(entry.path) +
           (entry.type == EntryType::folder && !ends_in_slash ? "/" : "");
}

std::string mode_text(const EntryInfo& entry) {
    std::string text(1, letter_of(entry.type));
    for (unsigned bit = 9; bit-- > 0;)
        text += (entry.mode >> bit & 1U) == 0 ? '-' : "xwr"[bit % 3];
    put_special(text, 3, (entry.mode & kSetUser) != 0, 's', 'S');
    put_special(text, 6, (entry.mode & kSetGroup) != 0, 's', 'S');
    put_special(text, 9, (entry.mode & kSticky) != 0, 't', 'T');
    return text;
}

std::optional<EntryType> type_of_letter(std::string_view letter) {
    if (letter == "f")
        return EntryType::file;
    if (letter == "d")
        return EntryType::folder;
    if (letter == "l")
        return EntryType::symlink;
    return std::nullopt;
}

const char* name_of(EntryType type) {
    switch (type) {
    case EntryType::file:
        return "file";
    case EntryType::folder:
        return "folder";
    case EntryType::symlink:
        return "symlink";
    case EntryType::fifo:
        return "fifo";
    case EntryType::character:
        return "character";
    case EntryType::block:
        return "block";
    case EntryType::socket:
        break;
    }
    return "socket";
}

void put_entry(Json& object, const EntryInfo& entry) {
    put_path(object, entry.path);
    object["kind"] = name_of(entry.type);
    object["mode"] = fmt::format("{:04o}", entry.mode);
    object["uid"] = entry.uid;
    object["gid"] = entry.gid;
    if (!entry.user.empty())
        object["user"] = util::printable(entry.user);
    if (!entry.group.empty())
        object["group"] = util::printable(entry.group);
    object["modified"] = util::utc_time(entry.modified);
    object["modified_nanoseconds"] = entry.modified_nanoseconds;
    if (entry.type == EntryType::file)
        object["size"] = entry.size;
    if (entry.type == EntryType::symlink)
        put_path(object, entry.target, "target");
}

} // namespace saoluu::cli
