// SPDX-License-Identifier: Apache-2.0
#include "cli/language.hpp"

#include <libintl.h>

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace saoluu::cli {
namespace {

std::string catalogs_folder() {
    std::error_code code;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", code);
    if (!code) {
        const std::filesystem::path folder = program.parent_path();
        const std::filesystem::path beside = folder / "locale";
        if (std::filesystem::is_directory(beside, code))
            return beside.string();
        // A package is installed elsewhere than the build was told: /usr, not /usr/local.
        const std::filesystem::path share = folder.parent_path() / "share/locale";
        if (std::filesystem::exists(share / "vi/LC_MESSAGES/saoluu.mo", code))
            return share.string();
    }
    return SAOLUU_LOCALE_DIR;
}

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// What the environment asks messages to be in, by the order of setlocale(3).
std::string_view asked_locale() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
        if (const auto value = variable(name); !value.empty())
            return value;
    return "";
}

bool is_plain(std::string_view locale) {
    return locale.empty() || locale == "C" || locale == "POSIX";
}

} // namespace

void choose_language(const std::string& language) {
    const bool known = std::setlocale(LC_ALL, "") != nullptr;
    const char* messages = std::setlocale(LC_MESSAGES, nullptr);
    if (!known || messages == nullptr || is_plain(messages)) {
        // gettext gives no translation in the C locale, whatever LANGUAGE says. And a machine may
        // ask for vi_VN without having it: then its language is still honoured.
        if (language.empty() && variable("LANGUAGE").empty() && !is_plain(asked_locale()))
            ::setenv("LANGUAGE", std::string(asked_locale()).c_str(), 1);
        if (std::setlocale(LC_MESSAGES, "C.UTF-8") != nullptr)
            std::setlocale(LC_CTYPE, "C.UTF-8");
    }
    std::setlocale(LC_NUMERIC, "C"); // numbers that programs read
    if (!language.empty())
        ::setenv("LANGUAGE", language.c_str(), 1);
    ::bindtextdomain("saoluu", catalogs_folder().c_str());
    ::bind_textdomain_codeset("saoluu", "UTF-8");
}

} // namespace saoluu::cli
