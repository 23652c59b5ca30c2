// SPDX-License-Identifier: Apache-2.0
#include "config/credentials_file.hpp"

#include "config/config_file.hpp"
#include "config/toml_text.hpp"
#include "util/text.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace saoluu::config {
namespace {
using util::message;
using util::printable;
using util::tr;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// What a section says; views into the file's text.
struct Section {
    std::string_view name;
    std::string_view access_key, secret_key, session_token;

    std::string_view* field(std::string_view key) {
        if (key.starts_with("aws_"))
            key.remove_prefix(4);
        if (key == "access_key_id")
            return &access_key;
        if (key == "secret_access_key")
            return &secret_key;
        return key == "session_token" ? &session_token : nullptr;
    }
};

} // namespace

Result<void> read_credentials(const std::string& path, S3Reach& reach) {
    const FileText file = TRY(read_text_file(path));
    TRY(demand_private(path, file.mode));
    std::optional<Section> chosen; // [default], or the only one
    Section current;
    int sections = 0;
    const auto end_section = [&] {
        if (current.access_key.empty() && current.secret_key.empty() &&
            current.session_token.empty())
            return;
        ++sections;
        if (!chosen || current.name == "default")
            chosen = current;
    };
    int number = 0;
    for (std::string_view rest = file.text; !rest.empty();) {
        ++number;
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.front() == '#' || line.front() == ';')
            continue;
        if (line.front() == '[' && line.back() == ']') {
            end_section();
            current = Section{.name = trimmed(line.substr(1, line.size() - 2)),
                              .access_key = {},
                              .secret_key = {},
                              .session_token = {}};
            continue;
        }
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos)
            return fail_at(path, number,
                           tr("a line is aws_access_key_id = … or aws_secret_access_key = …"));
        // Other settings of the same file (region, output) are other programs'.
        if (std::string_view* const field = current.field(trimmed(line.substr(0, equals)))) {
            const std::string_view value = trimmed(line.substr(equals + 1));
            if (value.empty() || !field->empty())
                return fail_at(
                    path, number,
                    message(value.empty() ? tr("{}: it is empty") : tr("{}: it stands here twice"),
                            printable(trimmed(line.substr(0, equals)))));
            *field = value;
        }
    }
    end_section();
    if (chosen && sections > 1 && chosen->name != "default")
        return fail(
            ErrorKind::usage,
            message(tr("{}: it has several sections and none is called [default]: which one "
                       "is meant? Make a file of that one alone"),
                    printable(path)));
    if (!chosen || chosen->access_key.empty() || chosen->secret_key.empty())
        return fail(ErrorKind::usage,
                    message(tr("{}: both lines are needed: aws_access_key_id = … and "
                               "aws_secret_access_key = …"),
                            printable(path)));
    reach.access_key = chosen->access_key;
    reach.secret_key = SecretText::copy_of(chosen->secret_key);
    reach.session_token = SecretText::copy_of(chosen->session_token);
    return {};
}

} // namespace saoluu::config
