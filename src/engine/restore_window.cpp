// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_window.hpp"

#include "format/names.hpp"
#include "format/pack.hpp"
#include "store/read_ahead.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace saoluu::engine {

using format::ChunkKind;

std::uint64_t RestoreWindow::cost_of(const FileTask& task) {
    std::uint64_t cost = kTaskCost + task.entry.segments.size() * kPlacementCost;
    cost += 2 * task.entry.path.size();
    for (const format::Xattr& xattr : task.entry.xattrs)
        cost += xattr.name.size() + xattr.value.size();
    return cost;
}

void RestoreWindow::add(std::shared_ptr<FileTask> task, std::uint64_t cost) {
    cost_ += cost;
    tasks_.push_back(std::move(task));
}

void RestoreWindow::add(Placement placement) {
    placement.task = static_cast<std::uint32_t>(tasks_.size() - 1);
    cost_ += kPlacementCost;
    ++tasks_.back()->outstanding;
    placements_.push_back(placement);
}

void RestoreWindow::drop_settled() {
    std::erase_if(placements_, [&](const Placement& placement) {
        const FileTask& task = task_of(placement);
        return task.plan == FileTask::Plan::nothing || task.is_lost;
    });
}

void RestoreWindow::clear() {
    tasks_.clear();
    placements_.clear();
    cost_ = 0;
}

WantedPack::WantedPack(const format::PackId& of) : id(of), name(format::names::pack(of)) {}

RestorePlan::RestorePlan(RestoreWindow& window, const repo::ChunkReader& chunks,
                         format::Domain domain) {
    find_chunks(window, chunks, domain);
    sort_packs(window);
    std::ranges::sort(chunks_, {}, [](const WantedChunk& chunk) {
        return std::pair(chunk.pack, chunk.frame.offset);
    });
    cut_pieces();
}

void RestorePlan::find_chunks(RestoreWindow& window, const repo::ChunkReader& chunks,
                              format::Domain domain) {
    const std::span<Placement> placements = window.placements();
    std::ranges::sort(placements, {}, [](const Placement& placement) {
        return std::tuple(placement.chunk, placement.task, placement.offset);
    });
    std::map<format::PackId, std::uint32_t> numbers;
    for (std::uint32_t at = 0; at < placements.size();) {
        WantedChunk chunk{.frame = {}, .pack = kNowhere, .first_placement = at};
        chunk.frame.kind = ChunkKind::data;
        chunk.frame.id = placements[at].chunk;
        for (; at < placements.size() && placements[at].chunk == chunk.frame.id; ++at)
            ++chunk.placements;
        for (const repo::ChunkPlace& place :
             chunks.places_of(ChunkKind::data, chunk.frame.id, domain)) {
            if (!repo::is_possible(place))
                continue;
            const auto [known, is_new] =
                numbers.emplace(place.pack, static_cast<std::uint32_t>(packs_.size()));
            if (is_new)
                packs_.push_back(std::make_unique<WantedPack>(place.pack));
            chunk.pack = known->second;
            chunk.frame_number = place.frame;
            chunk.frame.codec = place.codec;
            chunk.frame.stored_size = place.stored_size;
            chunk.frame.plain_size = place.plain_size;
            chunk.frame.offset = place.offset;
            break;
        }
        chunks_.push_back(chunk);
    }
}

/// Packs come in the order in which the tree needs them, so that files are whole soon and few are
/// under way.
void RestorePlan::sort_packs(RestoreWindow& window) {
    constexpr std::uint32_t kNever = ~std::uint32_t{0};
    std::vector<std::pair<std::uint32_t, std::uint32_t>> first; // task that needs it, number
    for (std::uint32_t i = 0; i < packs_.size(); ++i)
        first.emplace_back(kNever, i);
    const std::span<const Placement> placements = window.placements();
    for (const WantedChunk& chunk : chunks_)
        if (chunk.pack != kNowhere) // its placements are sorted by task
            first[chunk.pack].first =
                std::min(first[chunk.pack].first, placements[chunk.first_placement].task);
    std::ranges::sort(first);
    std::vector<std::uint32_t> now(packs_.size());
    std::vector<std::unique_ptr<WantedPack>> packs;
    for (const auto& [task, number] : first) {
        now[number] = static_cast<std::uint32_t>(packs.size());
        packs.push_back(std::move(packs_[number]));
    }
    packs_ = std::move(packs);
    for (WantedChunk& chunk : chunks_)
        if (chunk.pack != kNowhere)
            chunk.pack = now[chunk.pack];
}

void RestorePlan::cut_pieces() {
    for (std::uint32_t at = 0; at < chunks_.size(); ++at) {
        const WantedChunk& chunk = chunks_[at];
        const bool is_somewhere = chunk.pack != kNowhere;
        const std::uint64_t from = is_somewhere ? chunk.frame.offset : 0;
        const std::uint64_t end = is_somewhere ? chunk.end() : 0;
        if (!pieces_.empty() && is_somewhere) {
            Piece& last = pieces_.back();
            const std::uint64_t together = std::max(last.end, end);
            if (chunks_[last.first_chunk].pack == chunk.pack && from <= last.end + kGap &&
                together - last.from <= kPiece) {
                ++last.chunks;
                last.end = together;
                continue;
            }
        }
        pieces_.push_back({.first_chunk = at, .chunks = 1, .from = from, .end = end});
    }
}

void RestorePlan::announce(const Piece& piece, store::Store& store) const {
    const WantedPack* const pack = pack_of(chunks_[piece.first_chunk]);
    if (pack == nullptr)
        return;
    const bool is_first = piece.first_chunk == 0 ||
                          chunks_[piece.first_chunk - 1].pack != chunks_[piece.first_chunk].pack;
    if (is_first) // one request with the piece, where that begins behind it
        store.will_read(pack->name, 0, format::PackHeader::kSize);
    store.will_read(pack->name, piece.from, piece.end - piece.from);
}

PiecesAhead::PiecesAhead(const RestorePlan& plan, store::Store& store)
    : plan_(plan), store_(store), is_remote_(store.nature().is_remote) {}

void PiecesAhead::taking(std::size_t at) {
    if (!is_remote_)
        return;
    const std::lock_guard lock(mutex_);
    const std::span<const RestorePlan::Piece> pieces = plan_.pieces();
    taken_ += pieces[at].end - pieces[at].from;
    while (next_ < pieces.size() && announced_ < taken_ + store::kReadAheadReach) {
        plan_.announce(pieces[next_], store_);
        announced_ += pieces[next_].end - pieces[next_].from;
        ++next_;
    }
}

} // namespace saoluu::engine
