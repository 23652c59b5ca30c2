// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/fault.hpp"
#include "store/local.hpp"
#include "store/memory.hpp"
#include "store/store.hpp"

#include "random_bytes.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

/// The stores that must keep the contract, and the words in which its cases are written.
namespace saoluu::test {

using store::Put;
using store::Store;
using util::Bytes;

inline std::unique_ptr<Store> local_in(const ScratchFolder& folder) {
    return *store::open_local_store(folder / "store", store::MissingFolder::create);
}

enum class Objects { few, thousands };

/// Runs a check against a new, empty store of each kind.
inline void on_every_store(const std::function<void(Store&)>& check,
                           Objects objects = Objects::few) {
    const ScratchFolder folder =
        objects == Objects::few ? ScratchFolder() : ScratchFolder::in_memory();
    SUBCASE("memory") {
        check(*store::make_memory_store());
    }
    SUBCASE("local") {
        check(*local_in(folder));
    }
    SUBCASE("memory, faults that never strike") {
        store::FaultStore passing(store::make_memory_store());
        check(passing);
    }
    SUBCASE("local, faults that never strike") {
        store::FaultStore passing(local_in(folder));
        check(passing);
    }
}

template <class T>
bool is(const Result<T>& result, ErrorKind kind) {
    return !result && result.error().kind() == kind;
}

inline void put(Store& store, std::string_view name, util::BytesView bytes) {
    const Result<Put> done = store.put(name, bytes);
    REQUIRE(done);
    REQUIRE(*done == Put::created);
}

/// Puts object i, of i % 100 bytes, under names[i]; by many threads, since a store that syncs each
/// takes its time.
inline void put_all(Store& store, const std::vector<std::string>& names) {
    constexpr std::size_t kThreads = 32;
    std::atomic<std::size_t> created = 0;
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kThreads; ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = t; i < names.size(); i += kThreads) {
                const auto done = store.put(names[i], random_bytes(i % 100, i));
                created += done && *done == Put::created ? 1 : 0;
            }
        });
    threads.clear(); // joins them
    REQUIRE(created == names.size());
}

inline Bytes get(Store& store, std::string_view name) {
    const Result<Bytes> bytes = store.get(name, 64 << 20);
    REQUIRE(bytes);
    return *bytes;
}

inline std::vector<std::string> names(Store& store, std::string_view prefix,
                                      std::string_view after = {}) {
    std::vector<std::string> found;
    REQUIRE(store.list(prefix, after, [&](const store::ObjectInfo& object) {
        found.push_back(object.name);
        return true;
    }));
    return found;
}

inline const Bytes kSome = random_bytes(100, 1);
inline const Bytes kOther = random_bytes(90, 2);

} // namespace saoluu::test
