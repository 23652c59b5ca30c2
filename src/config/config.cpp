// SPDX-License-Identifier: Apache-2.0
#include "saoluu/config.hpp"

#include "config/config_file.hpp"
#include "config/config_text.hpp"
#include "config/fields.hpp"
#include "config/nearest.hpp"
#include "config/store_table.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include <unistd.h>

namespace saoluu {
namespace {
using config::fail_at;
using config::Value;
using util::message;
using util::printable;
using util::tr;

constexpr std::array<std::string_view, 1> kTables = {"store"};

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

Result<std::string> absolute(const std::string& path) {
    if (path.starts_with('/'))
        return path;
    char here[PATH_MAX];
    if (::getcwd(here, sizeof here) == nullptr)
        return Failure(util::system_error(errno, tr("the working folder")));
    return util::join(here, path);
}

/// One place under two names would be two copies only in appearance.
std::string place_of(const StoreConfig& store) {
    std::string url = store.url;
    if (url.starts_with("file://"))
        url.erase(0, 7);
    while (url.size() > 1 && url.ends_with('/'))
        url.pop_back();
    return url + "\n" + store.reach.s3.endpoint;
}

Result<void> check_distinct(const Config& config, const StoreConfig& store) {
    for (const StoreConfig& other : config.stores) {
        if (other.name == store.name)
            return fail_at(config.path, store.line,
                           message(tr("there is a store \"{}\" already, in line {}: give this one "
                                      "another name"),
                                   store.name, other.line));
        if (place_of(other) == place_of(store))
            return fail_at(config.path, store.line,
                           message(tr("store \"{}\": it is at the same place as \"{}\" in line {}, "
                                      "and so no second copy"),
                                   store.name, other.name, other.line));
    }
    return {};
}

} // namespace

namespace config {

Result<ConfigText> parse_config(const std::string& text, const std::string& path) {
    ConfigText read{.config = {.path = path, .stores = {}}};
    std::vector<StoreConfig>& stores = read.config.stores;
    const FileContext context{.path = path, .folder = util::parent_of(TRY(absolute(path)))};
    const Value root = TRY(parse_toml(text, path));
    for (const Value& table : root.items) {
        if (table.key != "store")
            return unknown_key(context, table, tr("this file"), kTables);
        const bool is_list =
            table.kind == Value::Kind::list && std::ranges::all_of(table.items, [](const Value& v) {
                return v.kind == Value::Kind::table;
            });
        if (!is_list)
            return fail_at(path, table.line,
                           tr("a store begins with a line [[store]], with two brackets on each "
                              "side"));
        for (const Value& store : table.items) {
            StoreTable one = TRY(read_store(context, store));
            TRY(check_distinct(read.config, one.store));
            read.has_secret = read.has_secret || one.has_secret;
            stores.push_back(std::move(one.store));
        }
    }
    if (stores.empty())
        return fail(
            ErrorKind::usage,
            message(tr("{}: it names no store yet: begin one with the lines [[store]], name "
                       "= \"nas\" and url = \"/mnt/nas/saoluu\""),
                    printable(path)));
    return read;
}

} // namespace config

std::string default_config_path() {
    if (std::string named = variable("SAOLUU_CONFIG"); !named.empty())
        return named;
    if (::geteuid() == 0)
        return "/etc/saoluu/saoluu.toml";
    // As XDG says, a path that is not absolute is passed over.
    std::string base = variable("XDG_CONFIG_HOME");
    if (!base.starts_with('/'))
        base = util::join(variable("HOME"), ".config");
    return util::join(base, "saoluu/saoluu.toml");
}

Result<Config> load_config(const std::string& path) {
    const config::FileText file = TRY(config::read_text_file(path));
    config::ConfigText read = TRY(config::parse_config(file.text, path));
    if (read.has_secret)
        TRY(config::demand_private(path, file.mode));
    return std::move(read.config);
}

Result<StoreConfig> find_store(const Config& config, std::string_view name) {
    std::vector<std::string_view> names;
    std::string all;
    for (const StoreConfig& store : config.stores) {
        if (store.name == name)
            return store;
        names.push_back(store.name);
        all += (all.empty() ? "" : ", ") + store.name;
    }
    const std::string near = config::nearest(name, names);
    return fail(ErrorKind::usage,
                near.empty()
                    ? message(tr("{}: no store of that name is in {}, only: {}; a folder of that "
                                 "name is written ./{}"),
                              printable(name), printable(config.path), all, printable(name))
                    : message(tr("{}: no store of that name is in {}: is {} meant? A folder of "
                                 "that name is written ./{}"),
                              printable(name), printable(config.path), near, printable(name)));
}

bool is_store_name(std::string_view word) {
    constexpr std::size_t kMostName = 64;
    return !word.empty() && word.size() <= kMostName && word.front() != '-' &&
           std::ranges::all_of(word, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

} // namespace saoluu
