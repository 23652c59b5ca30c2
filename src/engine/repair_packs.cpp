// SPDX-License-Identifier: Apache-2.0
#include "engine/repair_packs.hpp"

#include "format/names.hpp"
#include "repo/damage.hpp"
#include "repo/pack_reader.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace saoluu::engine {

using format::PackId;
using util::message;
using util::tr;

namespace {

/// One worker's hands.
class PackRepair {
public:
    PackRepair(IndexRepair& repair, const repo::Index& index, const IndexedPacks& indexed,
               std::mutex& mutex)
        : repair_(repair), index_(index), indexed_(indexed), mutex_(mutex),
          chunks_(repair.access, index) {}

    Result<void> mend(const PackId& pack, std::uint64_t size) {
        const std::string name = format::names::pack(pack);
        Result<repo::PackContents> contents = repo::read_contents(repair_.access, name, size);
        if (!contents)
            return give_up(pack, name, contents.error());
        const Agreement agreement = compare(index_, {pack, size, contents->directory});
        if (const auto said = indexed_.find(pack);
            said != indexed_.end() && said->second.places != agreement.fitting) {
            const std::lock_guard lock(mutex_);
            repair_.contradicted.emplace(pack, contents->directory);
        }
        if (agreement.lacks == 0)
            return {};
        if (contents->directory.signer != repair_.access.keyring.actor() &&
            !repair_.may_replace()) {
            const std::lock_guard lock(mutex_);
            ++repair_.report.packs_left;
            return {};
        }
        return add(pack, name, size, *contents, agreement);
    }

private:
    /// What can't be read stays as the index has it.
    Result<void> give_up(const PackId& pack, const std::string& name, const Error& why) {
        const Error error = repo::as_damage(repair_.access, why);
        if (error.kind() == ErrorKind::io || error.kind() == ErrorKind::denied)
            return Failure(error);
        const bool is_indexed = indexed_.contains(pack);
        if (error.kind() == ErrorKind::not_found && !is_indexed)
            return {}; // a sweep took it away
        count_damage();
        repair_.events.finding(
            {Severity::damage, name,
             message(is_indexed
                         ? tr("what it holds can't be read: {}. The index stays as it is for "
                              "this pack")
                         : tr("what it holds can't be read: {}. Nothing else says what lies "
                              "in it. Copy it back from another copy of the repository"),
                     error.message())});
        return {};
    }

    Result<void> add(const PackId& pack, const std::string& name, std::uint64_t size,
                     const repo::PackContents& contents, const Agreement& agreement) {
        std::vector<bool> taken = agreement.lacking;
        const Result<bool> fit = repo::frames_fit(repair_.access, name, contents);
        if (!fit && repo::as_damage(repair_.access, fit.error()).kind() != ErrorKind::corrupt)
            return Failure(fit.error());
        if (!fit || !*fit) {
            TRY(keep_good(pack, name, contents, taken));
            count_damage();
        }
        const auto chunks = static_cast<std::uint64_t>(std::ranges::count(taken, true));
        if (chunks == 0)
            return {};
        const format::PackDirectory& directory = contents.directory;
        const std::lock_guard lock(mutex_);
        ++repair_.report.packs_added;
        repair_.report.chunks_added += chunks;
        return repair_.writer.add({.pack = pack,
                                   .session = directory.session,
                                   .actor = directory.signer,
                                   .size = static_cast<std::uint32_t>(size)},
                                  directory.frames, taken);
    }

    /// Of a pack whose bytes its directory does not vouch for: only frames that open and are what
    /// their ids say, which takes a reader's key.
    Result<void> keep_good(const PackId& pack, const std::string& name,
                           const repo::PackContents& contents, std::vector<bool>& taken) {
        const std::vector<format::FrameInfo>& frames = contents.directory.frames;
        const auto asked = std::ranges::count(taken, true);
        for (std::size_t i = 0; i < frames.size(); ++i) {
            if (repair_.crew.is_stopping())
                return fail(ErrorKind::interrupted, tr("interrupted"));
            if (taken[i])
                taken[i] = repair_.access.keyring.may_read() && TRY(opens(pack, name, contents, i));
        }
        repair_.events.finding(
            {Severity::damage, name,
             message(tr("damaged: of {} chunks that the index lacks, {} are whole and were taken. "
                        "Copy the pack back from another copy of the repository"),
                     asked, std::ranges::count(taken, true))});
        return {};
    }

    Result<bool> opens(const PackId& pack, const std::string& name,
                       const repo::PackContents& contents, std::size_t number) {
        const format::FrameInfo& info = contents.directory.frames[number];
        frame_.resize(info.frame_size());
        const Result<void> read = repair_.access.store->read(name, info.offset, frame_);
        if (!read && repo::as_damage(repair_.access, read.error()).kind() == ErrorKind::io)
            return Failure(read.error());
        return read && chunks_.open_frame(pack, info, number, contents.header, frame_,
                                          contents.directory.domain);
    }

    void count_damage() {
        const std::lock_guard lock(mutex_);
        ++repair_.report.damaged_packs;
    }

    IndexRepair& repair_;
    const repo::Index& index_;
    const IndexedPacks& indexed_;
    std::mutex& mutex_; ///< for repair_
    repo::ChunkReader chunks_;
    util::Bytes frame_;
};

} // namespace

Result<void> repair_packs(IndexRepair& repair, const repo::Index& index) {
    const IndexedPacks indexed = indexed_packs(index);
    const std::vector<std::pair<PackId, std::uint64_t>> work(repair.listed.begin(),
                                                             repair.listed.end());
    constexpr std::size_t kAhead = 16; // packs whose ends are fetched meanwhile
    std::atomic<std::size_t> next = 0, announced = 0;
    std::atomic<std::uint64_t> done = 0;
    std::mutex mutex;
    struct Join { // the threads use what stands above
        Crew& crew;
        ~Join() { crew.join(); }
    } const join{repair.crew};
    for (unsigned i = 0; i < Crew::workers(repair.options.threads); ++i)
        repair.crew.start([&]() -> Result<void> {
            PackRepair hands(repair, index, indexed, mutex);
            for (std::size_t at = next++; at < work.size() && !repair.crew.is_stopping();
                 at = next++) {
                for (std::size_t ahead = std::max<std::size_t>(at, announced);
                     ahead < std::min(at + kAhead, work.size()); ++ahead) {
                    announced = ahead + 1; // twice does no harm
                    repo::announce_contents(repair.access, format::names::pack(work[ahead].first),
                                            work[ahead].second);
                }
                TRY(hands.mend(work[at].first, work[at].second));
                repair.events.progress({.files = ++done,
                                        .total_files = work.size(),
                                        .bytes = 0,
                                        .total_bytes = 0,
                                        .current = format::names::pack(work[at].first)});
            }
            return {};
        });
    repair.crew.join();
    TRY(repair.crew.outcome());
    return repair.writer.finish();
}

} // namespace saoluu::engine
