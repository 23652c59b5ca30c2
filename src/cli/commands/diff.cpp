// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "cli/entry_text.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include "saoluu/listing.hpp"

#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::tr;

struct Options {
    std::string before;
    std::string after;
    std::string path = "/";
};

const char* sign_of(Change change) {
    switch (change) {
    case Change::added:
        return "+";
    case Change::removed:
        return "-";
    case Change::content:
        return "M";
    case Change::type:
        return "T";
    case Change::metadata:
        break;
    }
    return "U";
}

const char* name_of(Change change) {
    switch (change) {
    case Change::added:
        return "added";
    case Change::removed:
        return "removed";
    case Change::content:
        return "content";
    case Change::type:
        return "type";
    case Change::metadata:
        break;
    }
    return "metadata";
}

std::string text_of(const DiffEntry& entry) {
    std::string line = std::string(sign_of(entry.change)) + " " +
                       path_text(entry.after ? *entry.after : *entry.before);
    if (entry.change != Change::metadata)
        return line + "\n";
    const std::pair<bool, const char*> aspects[] = {{entry.differs.mode, tr("mode")},
                                                    {entry.differs.owner, tr("owner")},
                                                    {entry.differs.group, tr("group")},
                                                    {entry.differs.time, tr("time")},
                                                    {entry.differs.attributes, tr("attributes")}};
    std::string what;
    for (const auto& [differs, title] : aspects)
        if (differs)
            what += (what.empty() ? "" : ", ") + std::string(title);
    return line + "  (" + what + ")\n";
}

Json json_of(const DiffEntry& entry) {
    Json object = {{"type", "difference"}, {"change", name_of(entry.change)}};
    put_path(object, entry.path);
    if (entry.before && entry.after) {
        const std::pair<bool, const char*> aspects[] = {
            {entry.differs.content, "content"}, {entry.differs.mode, "mode"},
            {entry.differs.owner, "owner"},     {entry.differs.group, "group"},
            {entry.differs.time, "time"},       {entry.differs.attributes, "attributes"}};
        object["differs"] = Json::array();
        for (const auto& [differs, name] : aspects)
            if (differs)
                object["differs"].push_back(name);
    }
    for (const auto& [side, name] : {std::pair{&entry.before, "before"}, {&entry.after, "after"}})
        if (*side) {
            Json facts = Json::object();
            put_entry(facts, **side);
            object[name] = facts;
        }
    return object;
}

std::string text_of(const DiffSummary& summary) {
    const std::string before = summary.before.substr(0, 12), after = summary.after.substr(0, 12);
    if (summary.same() && summary.unknown == 0 && summary.damaged == 0)
        return message(tr("Nothing differs between the snapshots {} and {}."), before, after) +
               "\n";
    Table table({{"", Table::Align::left}, {"", Table::Align::right}, {"", Table::Align::right}});
    const auto add = [&table](const char* sign, const char* title, std::uint64_t count,
                              const std::string& size) {
        if (count > 0)
            table.add({std::string(sign) + " " + title, std::to_string(count), size});
    };
    add("+", tr("added"), summary.added, human_size(summary.added_bytes));
    add("-", tr("removed"), summary.removed, human_size(summary.removed_bytes));
    add("M", tr("content changed"), summary.content, human_size(summary.changed_bytes));
    add("T", tr("type changed"), summary.type, "");
    add("U", tr("only metadata changed"), summary.metadata, "");
    add("?", tr("not compared, because of damage"), summary.unknown, "");
    return message(tr("From snapshot {} to {}:"), before, after) + "\n" + table.text(2);
}

Json json_of(const DiffSummary& summary) {
    return {{"type", "summary"},
            {"command", "diff"},
            {"before", summary.before},
            {"after", summary.after},
            {"added", summary.added},
            {"removed", summary.removed},
            {"content", summary.content},
            {"type_changed", summary.type},
            {"metadata", summary.metadata},
            {"added_bytes", summary.added_bytes},
            {"removed_bytes", summary.removed_bytes},
            {"changed_bytes", summary.changed_bytes},
            {"unknown", summary.unknown},
            {"damaged", summary.damaged}};
}

Result<ExitCode> run(Context& context, const Options& options) {
    if (options.before.empty() || options.after.empty())
        return fail(ErrorKind::usage,
                    tr("which two snapshots? Name them as saoluu snapshots shows them, the older "
                       "one first"));
    if (!options.path.starts_with('/'))
        return fail(ErrorKind::usage, message(tr("{}: a path in a snapshot begins with /"),
                                              util::printable(options.path)));
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    const bool is_json = context.output.is_json();
    const DiffOptions request{.before = options.before,
                              .after = options.after,
                              .path = options.path,
                              .folder_times = is_json || context.options.verbose};
    const auto show = [&](const DiffEntry& entry) {
        if (is_json)
            context.output.object(json_of(entry));
        else
            context.output.text(text_of(entry));
        return context.output.takes_more();
    };
    const DiffSummary summary =
        TRY(diff_snapshots(repository, request, show, reporter, context.stop));
    reporter.finish();
    if (is_json)
        context.output.object(json_of(summary));
    else
        context.output.text(text_of(summary));
    return summary.damaged > 0 ? ExitCode::damage : ExitCode::done;
}

} // namespace

Command add_diff(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "diff", tr("show what differs between two snapshots"),
        tr("Shows what differs in the second snapshot: + added, - removed, M content changed, T "
           "another type of file, U only permissions, owner, time or attributes changed. Folders "
           "of which only the time changed are left out without -v. The exit code is 0 whether or "
           "not anything differs. It needs a passphrase or a key that may read."),
        "saoluu diff 3f9a61c2 latest\n"
        "saoluu diff 3f9a61c2 8b01d7e4 /home/an/Documents\n"
        "saoluu diff 3f9a61c2 latest:tailieu --json");
    const std::string snapshot = tr("a snapshot's id or its beginning, latest, or latest:JOB");
    app->add_option("before", options->before, snapshot)->type_name(tr("SNAPSHOT"));
    app->add_option("after", options->after, snapshot)->type_name(tr("SNAPSHOT"));
    app->add_option("path", options->path, tr("only what lies at this path"))
        ->type_name(tr("PATH"));
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
