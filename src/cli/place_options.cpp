// SPDX-License-Identifier: Apache-2.0
#include "cli/targets.hpp"

#include "cli/options.hpp"
#include "util/text.hpp"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
using util::tr;

void add_place_options(CLI::App& app, GlobalOptions& options) {
    app.add_option("--repo", options.repositories,
                   tr("the repository: a folder, sftp://…, s3://…, or the name of a store of the "
                      "config file (or SAOLUU_REPO); a backup takes several"))
        ->type_name(tr("PLACE"))
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--config", options.config,
                   tr("the config file (or SAOLUU_CONFIG; by default /etc/saoluu/saoluu.toml for "
                      "root, ~/.config/saoluu/saoluu.toml for others)"))
        ->type_name(tr("FILE"));
    app.add_option("--limit-upload", options.limit_upload,
                   tr("send at most so many bytes a second: 500k, 2M"))
        ->type_name(tr("SIZE"));
    app.add_option("--limit-download", options.limit_download,
                   tr("receive at most so many bytes a second"))
        ->type_name(tr("SIZE"));
}

} // namespace saoluu::cli
