// SPDX-License-Identifier: Apache-2.0
#include "cli/reporter.hpp"

#include "cli/terminal.hpp"
#include "util/text.hpp"
#include "util/unicode.hpp"

#include <cstdlib>
#include <string_view>

#include <unistd.h>

#include <fmt/format.h>

namespace saoluu::cli {
namespace {
using util::message;
using util::tr;
using namespace std::chrono_literals;

// Ten times a second is smooth to the eye; once a second is enough for a program, and for a log.
constexpr auto kTerminalPause = 100ms;
constexpr auto kJsonPause = 1000ms;
/// A rate is not worth showing before.
constexpr double kLeastSeconds = 1.0;

bool is_dumb_terminal() {
    const char* term = std::getenv("TERM");
    return term == nullptr || *term == '\0' || std::string_view(term) == "dumb";
}

/// The end of a text that fits into `columns`, with a sign where something is left out.
std::string end_of(const std::string& text, std::size_t columns) {
    if (util::display_width(text) <= columns)
        return text;
    std::string_view rest = text;
    while (!rest.empty() && util::display_width(rest) + 1 > columns)
        if (!util::take_code_point(rest))
            rest.remove_prefix(1);
    return "…" + std::string(rest);
}

std::string duration(double seconds) {
    const auto whole = static_cast<std::uint64_t>(seconds);
    return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                         : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

const char* title_of(Severity severity) {
    switch (severity) {
    case Severity::notice:
        return tr("saoluu: note: {}");
    case Severity::warning:
        return tr("saoluu: warning: {}");
    case Severity::damage:
        return tr("saoluu: damage: {}");
    case Severity::alarm:
        break;
    }
    return tr("saoluu: ALARM: {}");
}

} // namespace

Reporter::Reporter(Output& output, Show show)
    : output_(output), on_terminal_(show == Show::progress && !output.is_json() &&
                                    is_terminal(STDERR_FILENO) && !is_dumb_terminal()),
      as_json_(show == Show::progress && output.is_json()) {}

Reporter::~Reporter() {
    finish();
}

void Reporter::finish() {
    if (line_shown_)
        fmt::print(stderr, "\r\x1b[K");
    line_shown_ = false;
}

std::string Reporter::line_of(const Progress& progress, double seconds) const {
    std::string line =
        progress.total_files > 0
            ? message(tr("{} of {} files"), progress.files, progress.total_files)
            : message(util::trn("{} file", "{} files", progress.files), progress.files);
    line += "  " + util::human_size(progress.bytes);
    const double done = static_cast<double>(progress.bytes);
    if (progress.total_bytes > 0) {
        const double share = done / static_cast<double>(progress.total_bytes);
        line += " / " + util::human_size(progress.total_bytes);
        line += fmt::format("  {:.0f} %", share > 1 ? 100.0 : share * 100);
    }
    if (seconds >= kLeastSeconds) {
        const double rate = done / seconds;
        line += "  " + util::human_size(static_cast<std::uint64_t>(rate)) + "/s";
        if (progress.total_bytes > progress.bytes && rate > 0) {
            const auto left = static_cast<double>(progress.total_bytes - progress.bytes);
            line += "  " + message(tr("{} left"), duration(left / rate));
        }
    }
    // A character less than the width: some terminals begin a new line at the last column.
    const std::size_t columns = terminal_columns(STDERR_FILENO) - 1;
    const std::size_t used = util::display_width(line) + 2;
    if (!progress.current.empty() && used + 10 < columns)
        line += "  " + end_of(util::printable(progress.current), columns - used);
    return line;
}

void Reporter::progress(const Progress& progress) {
    if (!on_terminal_ && !as_json_)
        return;
    const auto now = Clock::now();
    if (now < next_)
        return;
    next_ = now + (as_json_ ? kJsonPause : kTerminalPause);
    const double seconds = std::chrono::duration<double>(now - started_).count();
    if (as_json_) {
        Json line = {{"type", "progress"},
                     {"files", progress.files},
                     {"total_files", progress.total_files},
                     {"bytes", progress.bytes},
                     {"total_bytes", progress.total_bytes},
                     {"seconds", seconds}};
        if (!progress.current.empty())
            put_path(line, progress.current);
        output_.object(line);
        return;
    }
    // Written over and then cleared to its end, in one write: nothing flickers.
    const std::string line = "\r" + line_of(progress, seconds) + "\x1b[K";
    fmt::print(stderr, "{}", line);
    line_shown_ = true;
}

void Reporter::finding(const Finding& finding) {
    ++told_[static_cast<std::size_t>(finding.severity)];
    if (output_.is_json()) {
        Json line = {{"type", "finding"}, {"severity", name_of(finding.severity)}};
        if (!finding.subject.empty())
            put_path(line, finding.subject);
        line["message"] = finding.text;
        output_.object(line);
        return;
    }
    finish();
    const std::string subject =
        finding.subject.empty() ? "" : util::printable(finding.subject) + ": ";
    output_.note(message(title_of(finding.severity), subject + finding.text));
}

} // namespace saoluu::cli
