// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret.hpp"
#include "engine/doctor_run.hpp"
#include "engine/lock_look.hpp"
#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <stop_token>
#include <vector>

namespace saoluu::engine {
namespace {

using util::message;
using util::tr;

constexpr std::size_t kMost = 200;
/// Of these, so many that are no packs.
constexpr std::size_t kMostSmall = 50;

/// Our objects that begin with `prefix` and lie behind `after`, until there are `most` names.
Result<void> list_some(store::Store& store, std::string_view prefix, std::string_view after,
                       std::size_t most, std::vector<std::string>& names) {
    return store.list(prefix, after, [&](const store::ObjectInfo& info) {
        if (names.size() < most && format::names::parse(info.name))
            names.push_back(info.name);
        return names.size() < most;
    });
}

/// Some of all kinds. Packs have names at random, so that those behind any point are of any age.
Result<std::vector<std::string>> sample_of(store::Store& store) {
    namespace names = format::names;
    std::vector<std::string> sample;
    for (const std::string_view kind : {names::kFormat, names::kPlace, names::kKeys,
                                        names::kRosters, names::kIndex, names::kSnapshots}) {
        constexpr std::size_t kOfKind = kMostSmall / 5;
        TRY(list_some(store, kind, "", std::min(sample.size() + kOfKind, kMostSmall), sample));
    }
    format::PackId from{};
    crypto::random_bytes(from.bytes);
    const std::string start = names::pack(from);
    const std::size_t small = sample.size();
    TRY(list_some(store, names::kPacks, start, kMost, sample));
    std::vector<std::string> before;
    TRY(list_some(store, names::kPacks, "", kMost - sample.size(), before));
    for (std::string& name : before)
        if (std::find(sample.begin() + static_cast<std::ptrdiff_t>(small), sample.end(), name) ==
            sample.end())
            sample.push_back(std::move(name));
    return sample;
}

} // namespace

void look_at_locks(store::Store& store, const Retention& retention, const util::Clock& clock,
                   const std::stop_token& stop, const Verdicts& verdicts) {
    if (retention.days == 0)
        return;
    Crew crew(stop);
    Locks locks;
    const Result<std::vector<std::string>> sample = sample_of(store);
    const Result<void> asked =
        sample ? ask_for_locks(store, *sample, clock.now(), crew, locks) : Failure(sample.error());
    if (!asked) {
        verdicts.warning("locks", asked.error().message(),
                         tr("look whether the network and the store's server are up, and run "
                            "doctor again"));
        return;
    }
    if (locks.hidden > 0)
        verdicts.warning("locks", text_of_hidden(locks),
                         tr("allow this account s3:GetObjectRetention"));
    if (locks.unprotected() > 0)
        verdicts.warning("locks", text_of_unprotected(locks), next_step_of_unprotected(locks));
    else if (locks.asked > 0)
        verdicts.in_order(
            "locks", message(tr("{} objects were asked for, and all are locked"), locks.asked));
}

} // namespace saoluu::engine
