// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/check_run.hpp"
#include "engine/index_agreement.hpp"
#include "engine/pack_reading.hpp"

#include <list>
#include <string>
#include <vector>

namespace saoluu::engine {

/// What all workers of a check of packs share; all of it outlives them.
struct PackCheckContext {
    const repo::Access& access;
    const repo::Index& index;
    const std::set<format::SessionId>& sessions; ///< of the snapshots that count
    const IndexedPacks& indexed;
    CheckEvents& events;
    const Crew& crew;
    std::mutex& mutex;   ///< for packs
    PackFindings& packs; ///< `listed`, `marked` and `read_data` don't change
    /// Told how many bytes of packs were read since it was told last.
    std::function<void(std::uint64_t)> on_bytes;
    /// Told of each pack or copy that is done with.
    std::function<void(const std::string& name)> on_pack;
    std::uint64_t ahead = 0; ///< how much of each pack in hand is fetched ahead; 0: nothing
};

/// Where a pack that is bad may be missed.
Concern concern_of(const repo::Access& access, const format::PackDirectory* directory,
                   const IndexedPack* indexed);

/// Reads packs, each once, in pieces, a few side by side (PackReading): hash, frames, and at the
/// end of each what its directory said before. For one thread.
class PackCheck {
public:
    explicit PackCheck(const PackCheckContext& context)
        : context_(context), chunks_(context.access, context.index),
          batch_(context.access, chunks_) {}

    /// What a processor hashes side by side: of each pack its bytes and its chunks' (Blake2b).
    static constexpr std::size_t kTogether = 2;
    /// Whether one more may be begun.
    [[nodiscard]] bool has_room() const { return readings_.size() < kTogether; }
    [[nodiscard]] bool is_idle() const { return readings_.empty(); }

    enum class Depth { directory, every_byte };
    /// What is bad is read a second time before it counts, so that a passing fault of memory or a
    /// line is not taken for the disk's.
    enum class Time { first, second };
    /// Begins a pack, or has done with it already.
    /// errors: the store's, where it is gone as a whole
    Result<void> begin(const format::PackId& pack, std::uint64_t size, Depth depth,
                       Time time = Time::first);
    /// Begins a healed copy: its bytes alone.
    void begin_copy(const PackFindings::Copy& copy, Time time = Time::first);
    /// Begins a pack that a good copy stands for: what is wrong with it is no damage any more.
    void begin_healed(const format::PackId& pack, std::uint64_t size);
    /// Goes on with all that were begun.
    /// errors: as begin's; interrupted
    Result<void> step();

private:
    struct Reading {
        PackReading pack;
        std::optional<Error> fault; ///< of its directory, which can't be used
        enum class As { pack, copy, healed } as = As::pack;
        Time time = Time::first;
    };

    void announce_last();
    Result<bool> advance(Reading& reading);
    Result<void> end(Reading& reading);
    Result<void> begin_again(const Reading& reading);
    void end_copy(const Reading& reading, bool is_good);
    void tell_passing(const std::string& name);
    void tell_healed(const std::string& name, const std::string& fault);
    Result<void> tell_unread(const format::PackId& pack, const std::string& name,
                             const format::PackDirectory* directory, const Error& error);
    void judge(const PackReading& reading, const PackReading::Outcome& found);
    void hold_against_index(const std::string& name, const StoredPack& pack);
    void spoil(const format::PackId& pack, const format::PackDirectory* directory);
    void mistrust(const format::PackId& pack);
    [[nodiscard]] const IndexedPack* indexed(const format::PackId& pack) const;

    const PackCheckContext& context_;
    repo::ChunkReader chunks_;
    repo::FrameBatch batch_;
    std::list<Reading> readings_;
};

} // namespace saoluu::engine
