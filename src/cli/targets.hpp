// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/config.hpp"
#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace saoluu::cli {

struct Context;
struct GlobalOptions;

/// --repo, --config and the limits.
void add_place_options(CLI::App& app, GlobalOptions& options);

/// A repository's place as a person named it, and how it is reached.
struct Target {
    std::string location;
    Reach reach;
    std::string name; ///< of its [[store]]; empty where a location was named
};

/// The one repository that --repo names, else SAOLUU_REPO.
/// errors: usage if none is named, or several; of the config file where a store is named
Result<Target> target_of(Context& context);

/// The same where a command works with several places at once: one for each --repo, in their order.
Result<std::vector<Target>> targets_of(Context& context);

/// What a person wrote for a place: a location, or the name of a store of the config file. A folder
/// whose name is like a store's is written ./NAME. A location takes nothing from the config file,
/// so that a faulty one keeps nobody from a restore.
/// errors: usage; of the config file
Result<Target> target_named(Context& context, const std::string& text);

/// All other stores of the config file than the one of that name.
/// errors: of the config file; usage
Result<std::vector<Target>> targets_beside(Context& context, const std::string& name);

/// Every store of the config file, where nobody named a place; else the one that is named.
/// errors: as target_of's; of the config file
Result<std::vector<Target>> configured_targets(Context& context);

/// A store of the config file.
/// errors: usage
Result<Target> target_at(Context& context, StoreConfig store);

/// Where the config file of this run is: --config, or the usual place. is_named: a person named it,
/// so it must be there.
std::string config_path(const Context& context, bool& is_named);
std::string config_path(const Context& context);
/// The config file that lies there. What the daemon starts reads the text that the daemon has taken
/// (SAOLUU_CONFIG_COPY), whatever has become of the file since.
Result<Config> read_config(const std::string& path);

/// Has a Reach end with the run, tell of outages, and spool into the cache.
/// what: the store, for messages
void complete(Context& context, Reach& reach, const std::string& what, bool is_remote);

} // namespace saoluu::cli
