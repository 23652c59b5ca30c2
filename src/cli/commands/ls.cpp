// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "cli/entry_text.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"
#include "util/unicode.hpp"

#include "saoluu/listing.hpp"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::printable;
using util::tr;

struct Options {
    std::string from;
    bool is_long = false;
    bool is_recursive = false;
};

/// Lines of ls -l. They come one by one, so each column is as wide as it had to be so far.
class LongLines {
public:
    std::string line(const EntryInfo& entry) {
        const bool has_size = entry.type == EntryType::file;
        std::string text = mode_text(entry) + "  ";
        text += left(owner_text(entry.user, entry.uid), user_) + "  ";
        text += left(owner_text(entry.group, entry.gid), group_) + "  ";
        text += right(has_size ? util::human_size(entry.size) : "-", size_) + "  ";
        text += local_time(entry.modified) + "  " + path_text(entry);
        if (entry.type == EntryType::symlink)
            text += " -> " + printable(entry.target);
        return text + "\n";
    }

private:
    static std::string owner_text(const std::string& name, std::uint64_t number) {
        return name.empty() ? std::to_string(number) : printable(name);
    }
    static std::string blanks_for(const std::string& text, std::size_t& width) {
        const std::size_t own = util::display_width(text);
        width = std::max(width, own);
        return std::string(width - own, ' ');
    }
    static std::string left(const std::string& text, std::size_t& width) {
        return text + blanks_for(text, width);
    }
    static std::string right(const std::string& text, std::size_t& width) {
        return blanks_for(text, width) + text;
    }

    std::size_t user_ = 4, group_ = 4, size_ = 9; // "root", "999.9 KiB"
};

Result<ExitCode> run(Context& context, const Options& options) {
    if (options.from.empty())
        return fail(ErrorKind::usage,
                    tr("which snapshot? Name one of saoluu snapshots, or latest"));
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    const bool is_json = context.output.is_json();
    const ListOptions request{.from = SnapshotPath::parse(options.from),
                              .recursive = options.is_recursive,
                              .with_owners = options.is_long || is_json};
    LongLines lines;
    const auto show = [&](const EntryInfo& entry) {
        if (is_json) {
            Json object = {{"type", "entry"}};
            put_entry(object, entry);
            context.output.object(object);
        } else {
            context.output.text(options.is_long ? lines.line(entry) : path_text(entry) + "\n");
        }
        return context.output.takes_more();
    };
    const ListSummary summary = TRY(list_path(repository, request, show, reporter, context.stop));
    reporter.finish();
    if (is_json)
        context.output.object({{"type", "summary"},
                               {"command", "ls"},
                               {"snapshot", summary.snapshot},
                               {"files", summary.counts.files},
                               {"folders", summary.counts.folders},
                               {"others", summary.counts.others},
                               {"bytes", summary.counts.bytes},
                               {"damaged", summary.damaged}});
    return summary.damaged > 0 ? ExitCode::damage : ExitCode::done;
}

} // namespace

Command add_ls(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "ls", tr("list a folder of a snapshot"),
        tr("Lists what lies in a folder of a snapshot, a path a line; folders end in a slash. "
           "Characters that a terminal can't show, and backslashes, are escaped; --json has every "
           "name as it is. It needs a passphrase or a key that may read."),
        "saoluu ls latest\n"
        "saoluu ls latest:tailieu:/home/an/Documents -l\n"
        "saoluu ls 3f9a61c2:/home/an -R");
    app->add_option("snapshot", options->from,
                    tr("a snapshot's id or its beginning, latest, or latest:JOB; then "
                       ":PATH for a part of it"))
        ->type_name(tr("SNAPSHOT[:PATH]"));
    app->add_flag("-l,--long", options->is_long,
                  tr("also permissions, owner, group, size and time of change"));
    app->add_flag("-R,--recursive", options->is_recursive,
                  tr("also what lies in the folders below"));
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
