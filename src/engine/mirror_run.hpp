// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/crew.hpp"
#include "engine/locked_events.hpp"
#include "format/names.hpp"
#include "store/store.hpp"
#include "util/guarded.hpp"

#include "saoluu/mirror.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace saoluu::engine {

/// Names and sizes of objects.
using Listing = std::map<std::string, std::uint64_t>;

/// One object that is to be at the target.
struct Wanted {
    std::string name;                 ///< that it gets
    std::vector<std::string> sources; ///< where its bytes may be found, the likeliest first
    std::uint64_t size = 0;           ///< of the first, as listed
};

/// Copies objects from one store to another, several at once, each verified before it gets its
/// name. Keeps count of what came of it.
/// memory: one piece a thread; small objects whole
class Copier {
public:
    Copier(store::Store& from, store::Store& to, const format::RepositoryId& repository,
           const MirrorOptions& options, Events& events, std::stop_token stop);

    /// All of them, in any order.
    /// errors: the stores', where one is gone as a whole; interrupted
    Result<void> copy(std::vector<Wanted> wanted);
    /// Chains: of each the objects one after the other, so that none is there before what it
    /// follows.
    Result<void> copy_chains(std::vector<std::vector<Wanted>> chains);
    /// One of which others wait for its coming, or whose name may be taken. True: it is there now.
    Result<bool> copy_one(const Wanted& wanted);

    /// Something is there already.
    void count_present(std::uint64_t objects = 1);
    void tell(Severity severity, const std::string& subject, const std::string& text);
    /// An object that is not good, and whether that keeps something from being copied.
    void damage(const std::string& subject, const std::string& text, bool is_missed);
    void count(const std::function<void(MirrorReport&)>& change) { report_.with(change); }
    /// errors: interrupted
    Result<void> go_on() const;
    [[nodiscard]] MirrorReport report() {
        return report_.with([](const MirrorReport& report) { return report; });
    }

private:
    Result<bool> try_source(const Wanted& wanted, const std::string& source);
    Result<bool> stream(const Wanted& wanted, const std::string& source, std::uint64_t size,
                        util::BytesView hash);
    Result<bool> settle(const std::string& name, Result<store::Put> put, std::uint64_t size);
    void add_bytes(std::uint64_t bytes, const std::string& name);
    /// Keeps an error of the target apart from those of one object of the source: it ends the run.
    template <class T>
    Result<T> at_target(Result<T> result) {
        if (!result)
            target_error_.with([&](std::optional<Error>& error) { error = result.error(); });
        return result;
    }

    store::Store& from_;
    store::Store& to_;
    const format::RepositoryId& repository_;
    const MirrorOptions& options_;
    LockedEvents events_;
    std::stop_token stop_;
    unsigned threads_;
    util::Guarded<MirrorReport> report_;
    util::Guarded<std::optional<Error>> target_error_;
    std::atomic<std::uint64_t> done_ = 0, all_ = 0, done_bytes_ = 0, all_bytes_ = 0;
};

/// The objects below a prefix.
/// errors: the store's; interrupted
Result<Listing> list_of(store::Store& store, std::string_view prefix);

/// The target of a mirror, and what it is now.
struct MirrorTarget {
    bool is_new = false; ///< `format` is to be put when all else is there
};
/// Whether objects of this repository may be put there; a new copy gets its own `place`.
/// errors: refused; the store's
Result<MirrorTarget> prepare_target(store::Store& to, const format::RepositoryId& repository,
                                    const MirrorOptions& options, Events& events);

/// What a mirror does, over stores that are open.
Result<MirrorReport> mirror_over(std::unique_ptr<store::Store> from,
                                 std::unique_ptr<store::Store> to, const MirrorOptions& options,
                                 Events& events, std::stop_token stop);

} // namespace saoluu::engine
