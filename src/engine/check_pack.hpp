// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/check_run.hpp"
#include "engine/index_agreement.hpp"

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
};

/// Where a pack that is bad may be missed.
Concern concern_of(const repo::Access& access, const format::PackDirectory* directory,
                   const IndexedPack* indexed);

/// Reads packs, each once, in pieces: hash, frames, and at its end what the directory said before.
/// For one thread.
class PackCheck {
public:
    explicit PackCheck(const PackCheckContext& context)
        : context_(context), chunks_(context.access, context.index) {}

    enum class Depth { directory, every_byte };
    /// errors: the store's, where it is gone as a whole; interrupted
    Result<void> check(const format::PackId& pack, std::uint64_t size, Depth depth);
    /// A healed copy: its bytes alone.
    Result<void> check_copy(const PackFindings::Copy& copy);

private:
    static constexpr std::size_t kPiece = 1 << 20;

    /// What reading a pack from one end to the other brought.
    struct Whole {
        bool has_hash = false;
        bool is_vouched_for = false; ///< by the directory, if it opened
        std::vector<std::uint32_t> bad_frames;
        bool every_frame_tried = true;
    };
    Result<Whole> read_whole(const format::PackId& pack, const std::string& name,
                             std::uint64_t size, const repo::PackContents* contents);
    void try_frames(const format::PackId& pack, const repo::PackContents& contents,
                    std::uint64_t at, Whole& whole);
    Result<void> tell_unread(const format::PackId& pack, const std::string& name,
                             const format::PackDirectory* directory, const Error& error);
    void judge(const format::PackId& pack, const std::string& name,
               const repo::PackContents* contents, const Whole& whole);
    void hold_against_index(const std::string& name, const StoredPack& pack);
    void spoil(const format::PackId& pack, const format::PackDirectory* directory);
    void mistrust(const format::PackId& pack);
    [[nodiscard]] const IndexedPack* indexed(const format::PackId& pack) const;

    const PackCheckContext& context_;
    repo::ChunkReader chunks_;
    util::Bytes buffer_;
    // Of the pack that is being read: what of it lies in the buffer, and the next frame to try.
    std::uint64_t kept_from_ = 0;
    std::size_t held_ = 0;
    std::size_t next_frame_ = 0;
};

} // namespace saoluu::engine
