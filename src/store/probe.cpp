// SPDX-License-Identifier: Apache-2.0
#include "store/probe.hpp"

#include "crypto/secret.hpp"
#include "util/bytes.hpp"

#include <array>
#include <barrier>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace saoluu::store {

namespace {

constexpr std::size_t kRaces = 4;
constexpr std::size_t kRacers = 4;

std::string throw_away_name() {
    std::array<std::byte, 16> random{};
    crypto::random_bytes(random);
    return "tmp/probe-" + util::to_hex(random);
}

/// Where this account may remove nothing what was tried with stays, and all the rest is as well.
Result<void> throw_away(Store& store, const std::string& name) {
    Result<void> removed = store.remove(name);
    if (!removed && removed.error().kind() == ErrorKind::denied)
        return {};
    return removed;
}

Result<bool> refuses_second(Store& store) {
    const std::string name = throw_away_name();
    const auto first = util::as_bytes("first");
    TRY(store.put(name, first));
    const Result<Put> again = store.put(name, util::as_bytes("other"));
    const Result<util::Bytes> kept = store.get(name, 64);
    TRY(throw_away(store, name));
    if (!again)
        return Failure(again.error());
    if (!kept)
        return Failure(kept.error());
    // A store may say "exists" and overwrite nevertheless: what it kept decides.
    return *again == Put::exists && util::equal(*kept, first);
}

/// Whether of several that put one name at once exactly one is told that it made it, and what is
/// kept is that one's.
Result<bool> has_one_winner(Store& store) {
    const std::string name = throw_away_name();
    std::array<std::optional<Result<Put>>, kRacers> done;
    std::barrier<> start(kRacers);
    const auto bytes_of = [](std::size_t i) { return "racer " + std::to_string(i); };
    {
        std::vector<std::jthread> racers;
        for (std::size_t i = 0; i < kRacers; ++i) {
            try {
                racers.emplace_back([&, i] {
                    const std::string bytes = bytes_of(i);
                    start.arrive_and_wait();
                    done[i] = store.put(name, util::as_bytes(bytes));
                });
            } catch (const std::system_error& thrown) { // no thread to be had: the others race
                done[i] = fail(ErrorKind::no_memory, thrown.what());
                start.arrive_and_drop();
            }
        }
    }
    const Result<util::Bytes> kept = store.get(name, 64);
    const Result<void> removed = throw_away(store, name);
    std::size_t winners = 0;
    bool is_winners = false;
    std::optional<Error> error;
    for (std::size_t i = 0; i < kRacers; ++i) {
        if (!*done[i]) {
            error = done[i]->error(); // a store may well send a racer away
        } else if (**done[i] == Put::created) {
            ++winners;
            is_winners = kept && util::as_text(*kept) == bytes_of(i);
        }
    }
    if (winners == 0 && error)
        return Failure(*std::move(error));
    if (!kept)
        return Failure(kept.error());
    TRY(Result<void>(removed));
    return winners == 1 && is_winners;
}

} // namespace

Result<bool> has_exclusive_create(Store& store) {
    bool is_exclusive = TRY(refuses_second(store)) && store.nature().creates_exclusively;
    for (std::size_t i = 0; is_exclusive && i < kRaces; ++i)
        is_exclusive = TRY(has_one_winner(store));
    return is_exclusive;
}

Result<Facts> probe(Store& store) {
    Facts facts = TRY(store.find_out());
    facts["exclusive-create"] = TRY(has_exclusive_create(store)) ? "yes" : "no";
    return facts;
}

} // namespace saoluu::store
