// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::tr;

void show(Output& output, const std::vector<KeyInfo>& keys) {
    if (output.is_json()) {
        for (const KeyInfo& key : keys)
            output.object(json_of(key));
        output.object({{"type", "summary"}, {"command", "key list"}, {"keys", keys.size()}});
        return;
    }
    Table table({{tr("Holder")},
                 {tr("Unit")},
                 {tr("Role")},
                 {tr("Opened by")},
                 {tr("Slot")},
                 {tr("Issued")},
                 {tr("Expires")},
                 {tr("Domain")},
                 {}});
    for (const KeyInfo& key : keys)
        table.add({util::printable(key.holder), util::printable(key.unit), name_of(key.role),
                   key.by_passphrase ? tr("passphrase") : tr("key file"), key.slot.substr(0, 8),
                   local_date(key.issued), key.expires ? local_date(*key.expires) : "-",
                   key.domain_name.empty() ? "-" : util::printable(key.domain_name),
                   key.is_own ? tr("(this key)") : ""});
    output.text(table.text());
}

Result<ExitCode> run(Context& context) {
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    const auto keys = TRY(list_keys(repository));
    reporter.finish();
    show(context.output, keys);
    return ExitCode::done;
}

} // namespace

Command add_key_list(CLI::App& key) {
    CLI::App* const app = add_subcommand(
        key, "list", tr("show who holds which key"),
        tr("Shows every key that counts now: its holder, role, dates and slot. Look at it whenever "
           "people come or go."),
        "saoluu key list --repo /mnt/nas/saoluu");
    return {app, run};
}

} // namespace saoluu::cli
