// SPDX-License-Identifier: Apache-2.0
#include "repo/access.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>

namespace saoluu::repo {
namespace {

/// Names of offices and functions, without marks, spaces and case: nobody in particular can be held
/// to them.
constexpr std::array<std::string_view, 36> kShared = {
    "admin",    "administrator", "root",      "user",     "users",   "backup",
    "saoluu",   "chung",         "dungchung", "vanphong", "office",  "ubnd",
    "ubndxa",   "ubndphuong",    "uyban",     "coquan",   "donvi",   "congty",
    "ketoan",   "vanthu",        "motcua",    "mayban",   "maychu",  "server",
    "test",     "guest",         "khach",     "shared",   "common",  "everyone",
    "moinguoi", "nhanvien",      "canbo",     "lanhdao",  "quantri", "quantrivien",
};

/// Lower-case ASCII letters and digits of a name; Vietnamese letters lose their marks.
std::string folded(std::string_view name) {
    // Each group of NFC letters and what is left of it.
    constexpr std::array<std::pair<std::string_view, char>, 7> kGroups = {{
        {"àáảãạăằắẳẵặâầấẩẫậÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ", 'a'},
        {"đĐ", 'd'},
        {"èéẻẽẹêềếểễệÈÉẺẼẸÊỀẾỂỄỆ", 'e'},
        {"ìíỉĩịÌÍỈĨỊ", 'i'},
        {"òóỏõọôồốổỗộơờớởỡợÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢ", 'o'},
        {"ùúủũụưừứửữựÙÚỦŨỤƯỪỨỬỮỰ", 'u'},
        {"ỳýỷỹỵỲÝỶỸỴ", 'y'},
    }};
    std::string out;
    for (std::size_t i = 0; i < name.size();) {
        const auto first = static_cast<unsigned char>(name[i]);
        const std::size_t width = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        const std::string_view letter = name.substr(i, width);
        if (width == 1) {
            if (first >= 'A' && first <= 'Z')
                out += static_cast<char>(first - 'A' + 'a');
            else if ((first >= 'a' && first <= 'z') || (first >= '0' && first <= '9'))
                out += name[i];
        } else {
            const auto group = std::ranges::find_if(kGroups, [&](const auto& g) {
                return g.first.find(letter) != std::string_view::npos;
            });
            out += group == kGroups.end() ? '?' : group->second;
        }
        i += letter.size();
    }
    return out;
}

} // namespace

Result<void> check_holder(std::string_view name) {
    const std::string normal = TRY(util::to_nfc(name));
    const std::string plain = folded(normal);
    std::string_view bare = plain;
    while (!bare.empty() && bare.back() >= '0' && bare.back() <= '9')
        bare.remove_suffix(1); // admin1, vanphong02
    if (bare.empty() || normal.size() > format::limits::kText || !util::is_text(normal))
        return fail(
            ErrorKind::usage,
            util::tr("a key needs the name of the person who holds it: --holder \"Nguyen Van A\""));
    if (std::ranges::find(kShared, bare) != kShared.end())
        return fail(ErrorKind::usage,
                    util::message(util::tr("\"{}\" is not one person's name: every key belongs to "
                                           "one person, who answers for it"),
                                  util::printable(name)));
    return {};
}

} // namespace saoluu::repo
