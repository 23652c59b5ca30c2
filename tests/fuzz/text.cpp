// SPDX-License-Identifier: Apache-2.0
#include "util/text.hpp"
#include "engine/catalog_path.hpp"
#include "fuzz.hpp"
#include "util/unicode.hpp"

#include "saoluu/passphrase.hpp"

/// Texts and paths of people and of catalogs: how they are shown, made normal, and judged.

using namespace saoluu;
using namespace saoluu::fuzz;

namespace {

/// What a terminal could take for an order: nothing of the sort may come through.
bool is_quiet(std::string_view shown) {
    return std::all_of(shown.begin(), shown.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

void try_shown(std::string_view text) {
    const std::string shown = util::printable(text);
    demand(util::is_text(shown) && is_quiet(shown), "what is shown is text without controls");
    static_cast<void>(util::display_width(shown));
}

void try_normal(std::string_view text) {
    const auto normal = util::to_nfc(text);
    if (!normal)
        return;
    const auto again = util::to_nfc(*normal);
    demand(again && *again == *normal, "what is normal stays as it is");
}

void try_path(std::string_view text) {
    const auto path = engine::as_catalog_path(text);
    if (!path)
        return;
    demand(path->empty() || (path->front() != '/' && path->back() != '/'), "a path has no ends");
    const auto again = engine::as_catalog_path(*path);
    demand(again && *again == *path, "a catalog's path stays as it is");
    demand(engine::is_below(*path, engine::folder_of_path(*path)), "a path is below its folder");
}

void try_passphrase(std::string_view text) {
    static_cast<void>(judge_passphrase(text));
    const auto passphrase = Passphrase::from_text(text);
    if (!passphrase)
        return;
    const auto again = Passphrase::from_text(passphrase->reveal());
    demand(again && again->reveal() == passphrase->reveal(), "a passphrase stays as it is");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    const unsigned choice = in.choice(4);
    const std::string_view text = util::as_text(in.rest());
    if (choice == 0)
        try_shown(text);
    else if (choice == 1)
        try_normal(text);
    else if (choice == 2)
        try_path(text);
    else
        try_passphrase(text);
    return 0;
}
