// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/fault.hpp"
#include "store/local.hpp"
#include "store/memory.hpp"
#include "store/retry.hpp"
#include "store/store.hpp"
#include "store/throttle.hpp"

#include "fake_waiting.hpp"
#include "random_bytes.hpp"
#include "s3_case.hpp"
#include "scratch_folder.hpp"
#include "sftp_case.hpp"
#include "thorough.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
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

/// What is put around a store: none of it may be seen from outside. Time does not pass in them.
struct Wrapping {
    const char* name;
    std::function<std::unique_ptr<Store>(std::unique_ptr<Store>)> wrap;
};

inline store::Waiting& no_waiting() {
    static FakeWaiting waiting;
    return waiting;
}

inline std::vector<Wrapping> wrappings() {
    const auto faults = [](std::unique_ptr<Store> base) -> std::unique_ptr<Store> {
        return std::make_unique<store::FaultStore>(std::move(base));
    };
    const auto retry = [](std::unique_ptr<Store> base) {
        return store::make_retrying(std::move(base), {}, no_waiting());
    };
    const auto throttle = [](std::unique_ptr<Store> base) {
        Reach reach;
        reach.upload_limit = reach.download_limit = 3'000'000;
        return store::make_throttled(std::move(base), reach, no_waiting());
    };
    return {{"bare", [](std::unique_ptr<Store> base) { return base; }},
            {"under faults that never strike", faults},
            {"under new tries", retry},
            {"under a limited rate", throttle},
            {"under all of them", [=](std::unique_ptr<Store> base) {
                 return retry(throttle(faults(std::move(base))));
             }}};
}

struct Kind {
    std::string name;
    std::function<std::unique_ptr<Store>(const ScratchFolder&)> make;
    std::function<void(Store&)> clean = [](Store&) {};
};

/// SAOLUU_CONTRACT_STORE=s3|sftp|folder: that one alone; else those that need nothing.
inline std::vector<Kind> kinds() {
    const char* asked = std::getenv("SAOLUU_CONTRACT_STORE");
    const std::string only = asked != nullptr ? asked : "";
    if (only == "s3" || (only.empty() && has_s3())) {
        REQUIRE_MESSAGE(has_s3(), "run it by tests/support/services/with.sh");
        return {{"s3", [](const auto&) { return new_s3_store(); }, empty_store}};
    }
    if (only == "sftp")
        return {{"sftp", [](const auto&) { return new_sftp_store(); }}};
    if (only == "folder") {
        const char* path = std::getenv("SAOLUU_CONTRACT_FOLDER");
        REQUIRE_MESSAGE(path != nullptr, "SAOLUU_CONTRACT_FOLDER names no folder");
        return {{"folder",
                 [folder = std::string(path)](const ScratchFolder& unique) {
                     const std::filesystem::path own =
                         std::filesystem::path(unique / "x").parent_path().filename();
                     return *store::open_local_store(folder / own, store::MissingFolder::create);
                 },
                 [](Store& store) {
                     std::error_code ignored; // NFS keeps what is open; the disk is the test's own
                     std::filesystem::remove_all(store.local_folder(), ignored);
                 }}};
    }
    REQUIRE_MESSAGE(only.empty(), "SAOLUU_CONTRACT_STORE names no store that is known here");
    return {{"memory", [](const auto&) { return store::make_memory_store(); }},
            {"local", [](const auto& folder) { return local_in(folder); }}};
}

/// The wrappings that a kind is tried in: what takes seconds a case over a network is tried bare
/// and under all of them at once, and one by one where SAOLUU_THOROUGH=1 asks for it.
inline std::vector<Wrapping> wrappings_of(const Kind& kind) {
    std::vector<Wrapping> all = wrappings();
    if ((kind.name == "s3" || kind.name == "sftp") && !is_thorough())
        all.erase(all.begin() + 1, all.end() - 1);
    return all;
}

/// Runs a check against a new, empty store of each kind, bare and in each wrapping.
inline void on_every_store(const std::function<void(Store&)>& check,
                           Objects objects = Objects::few) {
    const ScratchFolder folder =
        objects == Objects::few ? ScratchFolder() : ScratchFolder::in_memory();
    for (const Kind& kind : kinds())
        for (const Wrapping& wrapping : wrappings_of(kind)) {
            const std::string name = kind.name + ", " + wrapping.name;
            SUBCASE(name.c_str()) {
                const std::unique_ptr<Store> store = wrapping.wrap(kind.make(folder));
                check(*store);
                kind.clean(*store);
            }
        }
}

template <class T>
bool is(const Result<T>& result, ErrorKind kind) {
    return !result && result.error().kind() == kind;
}

inline void put(Store& store, std::string_view name, util::BytesView bytes) {
    const Result<Put> done = store.put(name, bytes);
    INFO("put: ", done ? std::string("done") : done.error().message());
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
