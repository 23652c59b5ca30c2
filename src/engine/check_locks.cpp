// SPDX-License-Identifier: Apache-2.0
#include "engine/check_run.hpp"
#include "engine/check_sample.hpp"
#include "engine/lock_look.hpp"
#include "format/names.hpp"
#include "util/text.hpp"

#include <string>
#include <utility>
#include <vector>

namespace saoluu::engine {
namespace {

using util::tr;

/// Names that are held at a time: a repository may have millions.
constexpr std::size_t kBatch = 10'000;

/// The next of our objects behind `after`, which becomes the last that was listed; whether there
/// may be more.
Result<bool> list_some(store::Store& store, std::string& after, std::vector<std::string>& names) {
    names.clear();
    std::string last = after;
    TRY(store.list("", after, [&](const store::ObjectInfo& info) {
        last = info.name;
        if (format::names::parse(info.name)) // of others the listing tells
            names.push_back(info.name);
        return names.size() < kBatch;
    }));
    after = std::move(last);
    return names.size() == kBatch;
}

std::vector<std::string> sample_of(std::vector<std::string> names, double percent) {
    const std::vector<std::uint64_t> alike(names.size(), 1);
    const std::vector<bool> chosen = choose_share(alike, percent, random_below);
    std::vector<std::string> sample;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (chosen[i])
            sample.push_back(std::move(names[i]));
    return sample;
}

} // namespace

Result<void> check_locks(const repo::Access& access, const CheckOptions& options,
                         CheckEvents& events, Crew& crew) {
    if (access.place.retention().days == 0)
        return {};
    Locks locks;
    std::string after;
    std::vector<std::string> names;
    for (bool has_more = true; has_more && !locks.tells_nothing();) {
        has_more = TRY(list_some(*access.store, after, names));
        names = sample_of(std::move(names), options.sample_percent);
        TRY(ask_for_locks(*access.store, names, access.clock->now(), crew, locks));
    }
    events.count([&](CheckReport& report) {
        report.locks_asked = locks.asked;
        report.unprotected = locks.unprotected();
    });
    if (locks.unprotected() > 0)
        events.finding({Severity::warning, "",
                        text_of_unprotected(locks) + "; " + next_step_of_unprotected(locks)});
    if (locks.hidden > 0)
        events.finding(
            {Severity::warning, "",
             text_of_hidden(locks) + "; " + tr("allow this account s3:GetObjectRetention")});
    return {};
}

} // namespace saoluu::engine
