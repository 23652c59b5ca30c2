// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include "util/text.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#include <fmt/format.h>

namespace saoluu::cli {
namespace {

/// The character of two or three bytes at the beginning of `text`, if it is one that JSON leaves as
/// it is and a terminal obeys: a control character (DEL, C1), or one that turns the writing round.
struct Trick {
    unsigned code = 0; ///< 0: none
    std::size_t size = 1;
};
Trick trick_at(std::string_view text) {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    if (byte(0) == 0x7f)
        return {.code = 0x7f, .size = 1};
    if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0)
        return {.code = byte(1), .size = 2};
    if (byte(0) == 0xd8 && byte(1) == 0x9c)
        return {.code = 0x61c, .size = 2};
    const unsigned code = 0x2000 + ((byte(1) & 0x3f) << 6) + (byte(2) & 0x3f);
    const bool is_trick = code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
                          (code >= 0x2066 && code <= 0x2069);
    return byte(0) == 0xe2 && is_trick ? Trick{.code = code, .size = 3} : Trick{};
}

/// The same JSON to a program, and nothing in it that deceives a person who looks at it.
std::string without_tricks(const std::string& json) {
    std::string out;
    out.reserve(json.size());
    for (std::size_t i = 0; i < json.size();) {
        const Trick trick = trick_at(std::string_view(json).substr(i));
        if (trick.code == 0)
            out += json[i];
        else
            out += fmt::format("\\u{:04x}", trick.code);
        i += trick.size;
    }
    return out;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = i; j < i + 3; ++j)
            group = group << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0U);
        for (std::size_t digit = 0; digit < 4; ++digit)
            out += i + digit > bytes.size() ? '=' : kDigits[group >> (18 - 6 * digit) & 63U];
    }
    return out;
}

} // namespace

void Output::write(std::string_view bytes) {
    if (error_code_ == 0 && std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size())
        error_code_ = errno;
}

void Output::text(std::string_view lines) {
    write(lines);
}

void Output::object(const Json& object) {
    // Text from outside (holders, jobs) is checked where it is read; this only makes sure.
    write(without_tricks(object.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n");
    if (std::fflush(stdout) != 0 && error_code_ == 0)
        error_code_ = errno;
}

void Output::note(std::string_view line) {
    if (!is_json())
        fmt::print(stderr, "{}\n", line);
}

void Output::error(const Error& error) {
    std::fflush(stdout);
    const std::string hint = next_step(error.kind());
    fmt::print(stderr, "{}\n", util::message(util::tr("saoluu: error: {}"), error.message()));
    if (!hint.empty())
        fmt::print(stderr, "{}\n", hint);
    if (is_json()) {
        Json line = {{"type", "error"},
                     {"kind", name_of(error.kind())},
                     {"message", error.message()},
                     {"exit", static_cast<int>(exit_code_of(error.kind()))}};
        if (!hint.empty())
            line["next"] = hint;
        object(line);
    }
}

Result<void> Output::finish() {
    if (std::fflush(stdout) != 0 && error_code_ == 0)
        error_code_ = errno;
    // A reader that has seen enough (| head) is no failure.
    if (error_code_ == 0 || error_code_ == EPIPE)
        return {};
    return Failure(util::system_error(error_code_, util::tr("writing the results")));
}

void put_path(Json& object, std::string_view bytes, const std::string& key) {
    if (util::is_text(bytes)) {
        object[key] = std::string(bytes);
        return;
    }
    object[key] = util::printable(bytes);
    object[key + "_b64"] = base64(bytes);
}

Json printable_list(const std::vector<std::string>& texts) {
    Json all = Json::array();
    for (const std::string& text : texts)
        all.push_back(util::printable(text));
    return all;
}

} // namespace saoluu::cli
