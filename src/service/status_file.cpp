// SPDX-License-Identifier: Apache-2.0
#include "service/status_file.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

namespace saoluu::service {
namespace {
using Json = nlohmann::ordered_json;

Json time_of(const std::optional<UnixTime>& at) {
    return at ? Json(util::utc_time(*at)) : Json(nullptr);
}

template <class T>
Json if_known(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json json_of(const JobStatus& job, UnixTime now) {
    return {
        {"name", job.name},
        {"last_start", time_of(job.last_start)},
        {"last_end", time_of(job.last_end)},
        {"last_outcome", name_of(job.last_outcome)},
        {"last_success", time_of(job.last_success)},
        {"age_seconds", job.last_success ? Json(now - *job.last_success) : Json(nullptr)},
        {"max_age_seconds", job.max_age.count() > 0 ? Json(job.max_age.count()) : Json(nullptr)},
        {"next", time_of(job.next)},
        {"overdue", job.overdue},
        {"suspect", job.suspect},
        {"running", job.running},
        {"last_duration_seconds", job.last_duration.count()},
        {"files", job.files},
        {"bytes", job.bytes},
        {"stored_bytes", job.stored_bytes}};
}

Json json_of(const StoreStatus& store) {
    return {{"name", store.name},
            {"free_bytes", if_known(store.free_bytes)},
            {"total_bytes", if_known(store.total_bytes)},
            {"last_check", time_of(store.last_check)},
            {"seen_percent", if_known(store.seen_percent)},
            {"damaged_packs", store.damaged_packs},
            {"last_full_check", time_of(store.last_full_check)},
            {"last_full_check_by", store.last_full_check_by},
            {"full_check_due", time_of(store.full_check_due)}};
}

Json json_of(const OpenTrouble& trouble) {
    return {{"kind", name_of(trouble.kind)},
            {"about", trouble.about},
            {"since", util::utc_time(trouble.since)}};
}

Json json_of(const ChannelStatus& channel) {
    return {{"name", channel.name},
            {"waiting", channel.waiting},
            {"dropped", channel.dropped},
            {"last_sent", time_of(channel.last_sent)},
            {"fails_since", time_of(channel.fails_since)},
            {"error", channel.error}};
}

} // namespace

std::string status_json(const ServiceStatus& status) {
    Json jobs = Json::array(), stores = Json::array(), troubles = Json::array(),
         channels = Json::array();
    for (const JobStatus& job : status.jobs)
        jobs.push_back(json_of(job, status.now));
    for (const StoreStatus& store : status.stores)
        stores.push_back(json_of(store));
    for (const OpenTrouble& trouble : status.troubles)
        troubles.push_back(json_of(trouble));
    for (const ChannelStatus& channel : status.channels)
        channels.push_back(json_of(channel));
    const Json object = {{"type", "status"},
                         {"version", status.version},
                         {"machine", status.machine},
                         {"started", util::utc_time(status.started)},
                         {"written", util::utc_time(status.now)},
                         {"jobs", jobs},
                         {"stores", stores},
                         {"troubles", troubles},
                         {"channels", channels}};
    return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<void> publish(const std::string& path, const std::string& text) {
    constexpr mode_t kForAll = 0644;
    return util::write_file_durably(path, util::as_bytes(text), kForAll);
}

} // namespace saoluu::service
