// SPDX-License-Identifier: Apache-2.0
// usage: saoluu_manual [--date YYYY-MM-DD] en|vi FOLDER
// Writes FOLDER/man/man1/*.1 (vi: FOLDER/man/vi/man1/*.1), and with en the completions in
// FOLDER/bash, FOLDER/zsh and FOLDER/fish.
#include "cli/language.hpp"
#include "cli/manual/command_text.hpp"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace {
using namespace saoluu::cli;
namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file)
        throw std::runtime_error("can't write " + path.string());
}

int run(const std::vector<std::string>& words) {
    const bool has_date = words.size() == 4 && words[0] == "--date";
    const std::size_t at = has_date ? 2 : 0;
    if (words.size() != at + 2 || (words[at] != "en" && words[at] != "vi")) {
        std::fputs("usage: saoluu_manual [--date YYYY-MM-DD] en|vi FOLDER\n", stderr);
        return 2;
    }
    const bool is_english = words[at] == "en";
    const fs::path folder = words[at + 1];
    choose_language(words[at]);
    GlobalOptions options;
    const Program program(options);
    const manual::CommandText root = manual::read_tree(program);
    const fs::path pages = folder / "man" / (is_english ? "man1" : "vi/man1");
    for (const manual::CommandText* const command : manual::all_of(root))
        write(pages / (command->name("-") + ".1"),
              manual::man_page(*command, root, has_date ? words[1] : ""));
    if (is_english) {
        write(folder / "bash/saoluu", manual::bash_completion(root));
        write(folder / "zsh/_saoluu", manual::zsh_completion(root));
        write(folder / "fish/saoluu.fish", manual::fish_completion(root));
    }
    return 0;
}

} // namespace

int main(int count, char** words) {
    try {
        return run({words + 1, words + count});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "saoluu_manual: %s\n", error.what());
        return 1;
    }
}
