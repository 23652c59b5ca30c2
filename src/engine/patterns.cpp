// SPDX-License-Identifier: Apache-2.0
#include "engine/patterns.hpp"

#include "util/bytes.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

namespace saoluu::engine {

using util::message;
using util::tr;

namespace {

/// Far more than anyone writes by hand, and little when it is taken apart.
constexpr std::size_t kLargestFile = 1 << 20;

using ByteSet = std::bitset<256>;
constexpr std::size_t kNoByte = 256;

std::size_t number_of(char c) {
    return static_cast<unsigned char>(c);
}

/// Trailing spaces don't count unless a backslash stands before them.
std::string_view without_trailing_spaces(std::string_view line) {
    std::size_t end = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool is_escape = line[i] == '\\';
        if (is_escape)
            ++i;
        if (is_escape || line[i] != ' ')
            end = i + 1;
    }
    return line.substr(0, end);
}

struct Range {
    unsigned char first, last;
};
struct Class {
    std::string_view name;
    std::array<Range, 4> ranges; ///< unused ones are {1, 0}
};
constexpr Range kNone{1, 0};
/// The classes of ASCII, whatever the locale: names are bytes.
constexpr std::array kClasses = {
    Class{"alnum", {{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}, kNone}}},
    Class{"alpha", {{{'A', 'Z'}, {'a', 'z'}, kNone, kNone}}},
    Class{"blank", {{{' ', ' '}, {'\t', '\t'}, kNone, kNone}}},
    Class{"cntrl", {{{0, 31}, {127, 127}, kNone, kNone}}},
    Class{"digit", {{{'0', '9'}, kNone, kNone, kNone}}},
    Class{"graph", {{{'!', '~'}, kNone, kNone, kNone}}},
    Class{"lower", {{{'a', 'z'}, kNone, kNone, kNone}}},
    Class{"print", {{{' ', '~'}, kNone, kNone, kNone}}},
    Class{"punct", {{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}}},
    Class{"space", {{{' ', ' '}, {'\t', '\r'}, kNone, kNone}}},
    Class{"upper", {{{'A', 'Z'}, kNone, kNone, kNone}}},
    Class{"xdigit", {{{'0', '9'}, {'A', 'F'}, {'a', 'f'}, kNone}}},
};

void add_range(ByteSet& set, std::size_t first, std::size_t last) {
    for (std::size_t byte = first; byte <= last; ++byte)
        set.set(byte);
}

std::vector<std::string_view> names_of(std::string_view path) {
    std::vector<std::string_view> names;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        names.push_back(path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return names;
}

} // namespace

/// Takes one pattern apart, behind its `!` and without its trailing `/`.
class Patterns::Parser {
public:
    explicit Parser(std::string_view pattern) : rest_(pattern) {}

    Result<std::vector<Run>> parse() {
        // Without a slash it may lie at any depth.
        if (rest_.find('/') == std::string_view::npos)
            runs_.emplace_back();
        else if (rest_.front() == '/')
            rest_.remove_prefix(1);
        while (!rest_.empty()) {
            char c = take();
            if (c == '\\' &&
                rest_.starts_with('/')) // no name has a slash: escaped it still parts them
                c = take();
            if (c == '/')
                end_name();
            else
                TRY(add(c));
        }
        if (stars_ >= 2 && name_.empty()) { // `a/**`: everything in it, but not a itself
            runs_.emplace_back();
            add_star();
        }
        end_name();
        return std::move(runs_);
    }

private:
    char take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    Result<void> add(char c) {
        if (c == '*') {
            ++stars_;
            return {};
        }
        Token token;
        if (c == '?')
            token.bytes.set();
        else if (c == '[')
            token.bytes = TRY(bracket());
        else
            token.bytes.set(number_of(c == '\\' ? TRY(escaped()) : c));
        if (stars_ > 0)
            add_star();
        name_.push_back(token);
        return {};
    }

    void add_star() {
        name_.push_back({.is_star = true, .bytes = {}});
        stars_ = 0;
    }

    /// A name of stars alone, two or more, stands for any number of names; otherwise any number of
    /// stars are as one.
    void end_name() {
        if (stars_ >= 2 && name_.empty()) {
            runs_.emplace_back();
            stars_ = 0;
            return;
        }
        if (stars_ > 0)
            add_star();
        runs_.back().push_back(std::exchange(name_, {}));
    }

    Result<char> escaped() {
        if (rest_.empty())
            return fail(ErrorKind::usage, tr("it ends in a backslash; write \\\\ for a backslash"));
        return take();
    }

    static Failure open_bracket() {
        return fail(ErrorKind::usage,
                    tr("its bracket is not closed; write \\[ for the character itself"));
    }

    /// The set of a bracket, behind its `[`.
    Result<ByteSet> bracket() {
        ByteSet set;
        const bool negated = rest_.starts_with('!') || rest_.starts_with('^');
        if (negated)
            rest_.remove_prefix(1);
        std::size_t before = kNoByte; ///< what a range may begin with
        for (bool is_first = true;; is_first = false) {
            if (rest_.empty())
                return open_bracket();
            char c = take();
            if (c == ']' && !is_first)
                break;
            if (c == '[' && rest_.starts_with(':') && is_class()) {
                TRY(add_class(set));
                before = kNoByte;
                continue;
            }
            const bool is_range =
                c == '-' && before != kNoByte && !rest_.empty() && !rest_.starts_with(']');
            if (is_range)
                c = take();
            if (c == '\\') {
                if (rest_.empty())
                    return open_bracket();
                c = take();
            }
            add_range(set, is_range ? before : number_of(c), number_of(c));
            before = is_range ? kNoByte : number_of(c);
        }
        return negated ? ~set : set;
    }

    /// Whether `:name:]` follows.
    [[nodiscard]] bool is_class() const {
        const std::size_t end = rest_.find(']');
        return end != std::string_view::npos && end >= 2 && rest_[end - 1] == ':';
    }

    Result<void> add_class(ByteSet& set) {
        const std::size_t end = rest_.find(']');
        const std::string_view name = rest_.substr(1, end - 2);
        const auto* const known = std::ranges::find(kClasses, name, &Class::name);
        if (known == kClasses.end())
            return fail(ErrorKind::usage,
                        message(tr("there is no class [:{}:]; write it as [[:alpha:]]"),
                                util::printable(name)));
        for (const Range& range : known->ranges)
            add_range(set, range.first, range.last);
        rest_.remove_prefix(end + 1);
        return {};
    }

    std::string_view rest_;
    std::vector<Run> runs_{1};
    Name name_;
    std::size_t stars_ = 0; ///< seen and not yet in `name_`
};

Result<void> Patterns::add_line(std::string_view line) {
    if (line.starts_with('#'))
        return {};
    std::string_view pattern = without_trailing_spaces(line);
    if (pattern.empty())
        return {};
    const auto bad = [line](std::string_view why) {
        return fail(ErrorKind::usage,
                    message(tr("the pattern {}: {}"), util::printable(line), why));
    };
    if (pattern.find('\0') != std::string_view::npos)
        return bad(tr("it has a NUL byte, which no name has"));
    Rule rule;
    rule.gives_back = pattern.starts_with('!');
    if (rule.gives_back)
        pattern.remove_prefix(1);
    rule.folders_only = pattern.ends_with('/');
    if (rule.folders_only)
        pattern.remove_suffix(1);
    if (pattern.empty() || pattern == "/")
        return bad(tr("it names nothing"));
    Result<std::vector<Run>> runs = Parser(pattern).parse();
    if (!runs)
        return bad(runs.error().message());
    rule.runs = std::move(*runs);
    rules_.push_back(std::move(rule));
    return {};
}

Result<void> Patterns::add_file(const std::string& path) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    const util::Bytes bytes = TRY(util::read_file(path, kLargestFile));
    std::string_view rest = util::as_text(bytes);
    if (rest.starts_with(kByteOrderMark))
        rest.remove_prefix(kByteOrderMark.size());
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        TRY(add_line(line).within(message(tr("{}, line {}"), util::printable(path), number)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

/// A star first takes nothing; where the rest doesn't fit it takes one byte more. Only the last
/// star need be asked: what those before it took can stay.
bool Patterns::matches(const Name& name, std::string_view text) {
    std::size_t token = 0, at = 0;
    std::optional<std::size_t> star; ///< the last one
    std::size_t star_end = 0;        ///< of what it takes
    while (at < text.size()) {
        if (token < name.size() && name[token].is_star) {
            star = token++;
            star_end = at;
        } else if (token < name.size() && name[token].bytes.test(number_of(text[at]))) {
            ++token;
            ++at;
        } else if (star) {
            token = *star + 1;
            at = ++star_end;
        } else {
            return false;
        }
    }
    while (token < name.size() && name[token].is_star)
        ++token;
    return token == name.size();
}

bool Patterns::matches(const Run& run, const std::string_view* names) {
    return std::ranges::all_of(run, [&](const Name& name) { return matches(name, *names++); });
}

bool Patterns::matches(const Rule& rule, const std::vector<std::string_view>& names) {
    const Run& first = rule.runs.front();
    const Run& last = rule.runs.back();
    if (rule.runs.size() == 1)
        return first.size() == names.size() && matches(first, names.data());
    if (first.size() + last.size() > names.size())
        return false;
    const std::string_view* at = names.data();
    const std::string_view* const end = at + (names.size() - last.size());
    if (!matches(last, end) || !matches(first, at))
        return false;
    at += first.size();
    // Each run between takes the first place that it fits: that leaves most for those behind it.
    for (std::size_t i = 1; i + 1 < rule.runs.size(); ++i) {
        const Run& run = rule.runs[i];
        while (static_cast<std::size_t>(end - at) >= run.size() && !matches(run, at))
            ++at;
        if (static_cast<std::size_t>(end - at) < run.size())
            return false;
        at += run.size();
    }
    return true;
}

Patterns::Verdict Patterns::match(std::string_view path, bool is_folder) const {
    const std::vector<std::string_view> names = names_of(path);
    for (auto rule = rules_.rbegin(); !names.empty() && rule != rules_.rend(); ++rule)
        if ((is_folder || !rule->folders_only) && matches(*rule, names))
            return rule->gives_back ? Verdict::given_back : Verdict::taken;
    return Verdict::none;
}

bool Patterns::takes(std::string_view path, bool is_folder) const {
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1))
        if (match(path.substr(0, slash), true) == Verdict::taken)
            return true;
    return match(path, is_folder) == Verdict::taken;
}

} // namespace saoluu::engine
