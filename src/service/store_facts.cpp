// SPDX-License-Identifier: Apache-2.0
#include "service/store_facts.hpp"

#include <nlohmann/json.hpp>

namespace saoluu::service {
namespace {
using nlohmann::json;

template <class T>
void put(json& object, const char* key, const std::optional<T>& value) {
    if (value)
        object[key] = *value;
}

template <class T>
void take(const json& object, const char* key, T& value) {
    if (const auto found = object.find(key); found != object.end())
        value = found->get<std::decay_t<T>>();
}

template <class T>
void take(const json& object, const char* key, std::optional<T>& value) {
    if (const auto found = object.find(key); found != object.end())
        value = found->get<T>();
}

} // namespace

std::string encode(const StoreFacts& facts) {
    json object = {{"damaged_packs", facts.damaged_packs}, {"damaged", facts.damaged}};
    put(object, "last_check", facts.last_check);
    put(object, "seen_percent", facts.seen_percent);
    put(object, "last_full_check", facts.last_full_check);
    put(object, "key_expires", facts.key_expires);
    put(object, "healed_whole", facts.healed_whole);
    if (facts.alarms > 0)
        object["alarms"] = facts.alarms;
    if (facts.is_to_recall)
        object["is_to_recall"] = true;
    if (!facts.last_full_check_by.empty())
        object["last_full_check_by"] = facts.last_full_check_by;
    if (facts.space) {
        object["free_bytes"] = facts.space->free_bytes;
        object["total_bytes"] = facts.space->total_bytes;
    }
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

StoreFacts decode_store_facts(const std::string& text) {
    try {
        const json object = json::parse(text);
        StoreFacts facts;
        take(object, "last_check", facts.last_check);
        take(object, "seen_percent", facts.seen_percent);
        take(object, "damaged_packs", facts.damaged_packs);
        take(object, "damaged", facts.damaged);
        take(object, "last_full_check", facts.last_full_check);
        take(object, "last_full_check_by", facts.last_full_check_by);
        take(object, "key_expires", facts.key_expires);
        take(object, "healed_whole", facts.healed_whole);
        take(object, "alarms", facts.alarms);
        take(object, "is_to_recall", facts.is_to_recall);
        if (object.contains("total_bytes") && object.contains("free_bytes"))
            facts.space = Space{.free_bytes = object["free_bytes"].get<std::uint64_t>(),
                                .total_bytes = object["total_bytes"].get<std::uint64_t>()};
        return facts;
    } catch (const json::exception&) {
        return {};
    }
}

} // namespace saoluu::service
