// SPDX-License-Identifier: Apache-2.0
#include "config/config_text.hpp"
#include "fuzz.hpp"
#include "util/text.hpp"

/// A config file: whatever it says, it is taken with a name and a place for each store, or refused
/// with a message that names the file.

using namespace saoluu;
using namespace saoluu::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    const std::string text(util::as_text(in.rest()));
    // Files that it names are not looked for.
    if (!util::is_text(text) || text.find("credentials") != std::string::npos)
        return 0;
    const auto read = config::parse_config(text, "/nowhere/saoluu.toml");
    if (!read) {
        demand(read.error().kind() == ErrorKind::usage, "what can't be read is a mistake");
        demand(read.error().message().find("saoluu.toml") != std::string::npos,
               "an error names the file");
        demand(util::is_text(read.error().message()), "an error is text");
        return 0;
    }
    demand(!read->config.stores.empty(), "a config has a store");
    for (const StoreConfig& store : read->config.stores) {
        demand(is_store_name(store.name) && !store.url.empty() && store.line > 0,
               "a store has a name, a place and a line");
        demand(find_store(read->config, store.name).has_value(), "a store is found by its name");
    }
    return 0;
}
