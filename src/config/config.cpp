// SPDX-License-Identifier: Apache-2.0
#include "saoluu/config.hpp"

#include "config/check_table.hpp"
#include "config/config_file.hpp"
#include "config/config_text.hpp"
#include "config/fields.hpp"
#include "config/job_table.hpp"
#include "config/nearest.hpp"
#include "config/notify_table.hpp"
#include "config/schedule_fields.hpp"
#include "config/store_table.hpp"
#include "policy/time_zone.hpp"
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
using config::FileContext;
using config::Value;
using util::message;
using util::printable;
using util::tr;

constexpr auto kTopKeys = std::to_array<std::string_view>({
    "key_file",
    "time_zone",
    "working_days",
    "store",
    "job",
    "check",
    "notify",
});

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

/// Of [[store]] and [[job]]: a list of tables, which one pair of brackets does not make.
Result<void> demand_tables(const FileContext& file, const Value& value) {
    const bool is_list =
        value.kind == Value::Kind::list && std::ranges::all_of(value.items, [](const Value& v) {
            return v.kind == Value::Kind::table;
        });
    if (is_list)
        return {};
    return fail_at(file.path, value.line,
                   value.key == "store"
                       ? tr("a store begins with a line [[store]], with two brackets on each side")
                       : tr("a job begins with a line [[job]], with two brackets on each side"));
}

Result<void> take_stores(const FileContext& file, const Value& value, config::ConfigText& read) {
    TRY(demand_tables(file, value));
    for (const Value& table : value.items) {
        config::StoreTable one = TRY(config::read_store(file, table));
        TRY(check_distinct(read.config, one.store));
        read.has_secret = read.has_secret || one.has_secret;
        read.config.stores.push_back(std::move(one.store));
    }
    return {};
}

Result<void> take_jobs(const FileContext& file, const Value& value, Config& config) {
    TRY(demand_tables(file, value));
    for (const Value& table : value.items) {
        JobConfig job = TRY(config::read_job(file, table));
        const auto other = std::ranges::find(config.jobs, job.name, &JobConfig::name);
        if (other != config.jobs.end())
            return fail_at(file.path, job.line,
                           message(tr("there is a job \"{}\" already, in line {}: give this one "
                                      "another name"),
                                   job.name, other->line));
        config.jobs.push_back(std::move(job));
    }
    return {};
}

Result<void> take_notify(const FileContext& file, const Value& value, config::ConfigText& read) {
    config::NotifyTable table = TRY(config::read_notify(file, value));
    read.has_secret = read.has_secret || table.has_secret;
    read.config.notify = std::move(table.notify);
    return {};
}

/// One of a list by its name; where there is none, what a message says in its place.
template <class T>
struct Search {
    Search(const std::vector<T>& list, std::string_view name) {
        std::vector<std::string_view> names;
        for (const T& one : list) {
            if (one.name == name)
                found = &one;
            names.push_back(one.name);
            all += (all.empty() ? "" : ", ") + one.name;
        }
        near = config::nearest(name, names);
    }
    const T* found = nullptr;
    std::string near, all;
};

Result<void> check_is_there(const Config& config, const JobConfig& job, const std::string& store) {
    const Search search(config.stores, store);
    if (search.found != nullptr)
        return {};
    return fail_at(config.path, job.line,
                   search.near.empty()
                       ? message(tr("job \"{}\": there is no [[store]] \"{}\", only: {}"), job.name,
                                 printable(store), search.all)
                       : message(tr("job \"{}\": there is no [[store]] \"{}\": is \"{}\" meant?"),
                                 job.name, printable(store), search.near));
}

/// The windows of a store go by the file's own time zone.
Result<void> give_clock(Config& config) {
    if (config.time_zone.empty())
        return {};
    const auto clock = policy::wall_clock(TRY(policy::find_time_zone(config.time_zone)));
    for (StoreConfig& store : config.stores)
        store.reach.wall_clock = clock;
    return {};
}

} // namespace

namespace config {

Result<ConfigText> parse_config(const std::string& text, const std::string& path) {
    ConfigText read;
    read.config.path = path;
    const FileContext context{.path = path, .folder = util::parent_of(TRY(absolute(path)))};
    const Value root = TRY(parse_toml(text, path));
    for (const Value& value : root.items) {
        if (value.key == "key_file")
            read.config.key_file = TRY(path_of(context, value, "backup.key"));
        else if (value.key == "time_zone")
            read.config.time_zone = TRY(config::zone_of(context, value));
        else if (value.key == "working_days")
            read.config.working_days = TRY(config::working_days_of(context, value));
        else if (value.key == "store")
            TRY(take_stores(context, value, read));
        else if (value.key == "job")
            TRY(take_jobs(context, value, read.config));
        else if (value.key == "check")
            read.config.check = TRY(read_check(context, value));
        else if (value.key == "notify")
            TRY(take_notify(context, value, read));
        else
            return unknown_key(context, value, tr("this file"), kTopKeys);
    }
    if (read.config.stores.empty())
        return fail(
            ErrorKind::usage,
            message(tr("{}: it names no store yet: begin one with the lines [[store]], name "
                       "= \"nas\" and url = \"/mnt/nas/saoluu\""),
                    printable(path)));
    for (const JobConfig& job : read.config.jobs)
        for (const std::string& store : job.stores)
            TRY(check_is_there(read.config, job, store));
    TRY(give_clock(read.config));
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
    return load_config_copy(path, path);
}

Result<Config> load_config_copy(const std::string& copy, const std::string& path) {
    const config::FileText file = TRY(config::read_text_file(copy));
    config::ConfigText read = TRY(config::parse_config(file.text, path));
    if (read.has_secret)
        TRY(config::demand_private(path, file.mode));
    return std::move(read.config);
}

Result<StoreConfig> find_store(const Config& config, std::string_view name) {
    const Search search(config.stores, name);
    if (search.found != nullptr)
        return *search.found;
    return fail(ErrorKind::usage,
                search.near.empty()
                    ? message(tr("{}: no store of that name is in {}, only: {}; a folder of that "
                                 "name is written ./{}"),
                              printable(name), printable(config.path), search.all, printable(name))
                    : message(tr("{}: no store of that name is in {}: is {} meant? A folder of "
                                 "that name is written ./{}"),
                              printable(name), printable(config.path), search.near,
                              printable(name)));
}

Result<JobConfig> find_job(const Config& config, std::string_view name) {
    const Search search(config.jobs, name);
    if (search.found != nullptr)
        return *search.found;
    if (config.jobs.empty())
        return fail(ErrorKind::usage,
                    message(tr("{}: no job is in {} yet: begin one with the lines "
                               "[[job]], name, sources and stores"),
                            printable(name), printable(config.path)));
    return fail(ErrorKind::usage,
                search.near.empty()
                    ? message(tr("{}: no job of that name is in {}, only: {}"), printable(name),
                              printable(config.path), search.all)
                    : message(tr("{}: no job of that name is in {}: is {} meant?"), printable(name),
                              printable(config.path), search.near));
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
