// SPDX-License-Identifier: Apache-2.0
#include "engine/full_checks.hpp"

#include <map>
#include <vector>

#include <fmt/format.h>

namespace saoluu {
namespace engine {
namespace {

/// A clock may be wrong by so much. What is dated later would count for as long as it is ahead.
constexpr format::Time kMostAhead = 24L * 3600;
constexpr double kAll = 100;

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        words.push_back(text.substr(0, text.find(' ')));
        text.remove_prefix(std::min(words.back().size() + 1, text.size()));
    }
    return words;
}

} // namespace

std::string ledger_text(const CheckReport& report, const CheckOptions& options) {
    return fmt::format("packs {} of {} damage {} alarms {} read-data {} unreadable {} share {}",
                       report.packs, report.listed_packs, report.damage, report.alarms,
                       options.read_data, report.unreadable, options.sample_percent);
}

std::optional<LedgerText> parse_ledger_text(std::string_view text) {
    const std::vector<std::string_view> words = words_of(text);
    constexpr std::size_t kFirst = 10; // "packs N of M damage D alarms A read-data B"
    if (words.size() < kFirst || words[0] != "packs" || words[2] != "of")
        return std::nullopt;
    // Later versions may add words, two by two; earlier ones had only the first.
    std::map<std::string_view, std::string_view> facts;
    for (std::size_t i = 4; i + 1 < words.size(); i += 2)
        facts.emplace(words[i], words[i + 1]);
    for (const std::string_view must : {"damage", "alarms", "read-data"})
        if (!facts.contains(must))
            return std::nullopt;
    const bool is_all =
        facts.contains("share") ? facts["share"] == fmt::format("{}", kAll) : words[1] == words[3];
    return LedgerText{.is_full = facts["read-data"] == "true" && is_all &&
                                 (!facts.contains("unreadable") || facts["unreadable"] == "0"),
                      .is_sound = facts["damage"] == "0" && facts["alarms"] == "0"};
}

bool is_full(const CheckReport& report, const CheckOptions& options) {
    return options.read_data && options.sample_percent >= kAll && !options.rotate &&
           report.unreadable == 0;
}

std::optional<FullCheck> find_full_check(const repo::Access& access, const repo::Ledger& ledger) {
    const format::Time now = access.clock->now();
    std::optional<FullCheck> last;
    for (const repo::LedgerItem& item : ledger.items()) {
        const format::LedgerEntry& entry = item.entry;
        if (!entry.is(format::Act::check) || entry.place != access.place.place ||
            entry.time > now + kMostAhead || (last && entry.time < last->at))
            continue;
        // Who may mark damage can read: what a writer says of data that he can't decrypt is no
        // check.
        const format::ActorEntry* actor =
            access.rosters.authority(item.roster, item.actor, repo::Power::mark_damage);
        const Result<format::ActFacts> facts = format::decode_facts(entry.body);
        const std::optional<LedgerText> said =
            actor != nullptr && facts ? parse_ledger_text(facts->text) : std::nullopt;
        if (said && said->is_full)
            last = FullCheck{
                .at = entry.time, .by = access.names_of(*actor).holder, .is_sound = said->is_sound};
    }
    return last;
}

} // namespace engine

Result<std::optional<FullCheck>> last_full_check(Repository& repository, Events& events) {
    const repo::Access& access = repository.impl().access;
    return engine::find_full_check(access, TRY(repo::Ledger::load(access, events)));
}

} // namespace saoluu
