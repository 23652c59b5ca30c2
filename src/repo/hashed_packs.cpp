// SPDX-License-Identifier: Apache-2.0
#include "repo/hashed_packs.hpp"

#include "format/fields.hpp"
#include "format/text_objects.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::repo {

using format::PackId;
using format::Time;

namespace {

constexpr const char* kFile = "hashed";
/// A pack's id, its state, and the least that a time takes.
constexpr std::size_t kLeastPack = PackId::size + 2;

} // namespace

/// fields 1 (looked), 3 (turn), 5 (gap), 7 (packs: their count, then of each its id, state and
/// time, ascending), then the hash of all that.
util::Bytes encode_hashed_packs(const HashedPacks& hashed) {
    format::FieldWriter out;
    if (hashed.looked)
        out.add_time(1, *hashed.looked);
    if (hashed.turn)
        out.add_time(3, *hashed.turn);
    if (hashed.gap > 0)
        out.add_time(5, hashed.gap);
    util::Writer packs;
    packs.varint(hashed.packs.size());
    for (const auto& [pack, known] : hashed.packs)
        packs.raw(pack.view()).u8(static_cast<std::uint8_t>(known.state)).svarint(known.since);
    out.add(7, packs.view());
    return format::with_self_check(out.take());
}

Result<HashedPacks> decode_hashed_packs(util::BytesView bytes) {
    const util::BytesView body = TRY(format::without_self_check(bytes));
    const format::FieldReader in = TRY(format::FieldReader::read(body, {1, 3, 5, 7}));
    HashedPacks hashed;
    if (in.has(1))
        hashed.looked = TRY(in.time(1));
    if (in.has(3))
        hashed.turn = TRY(in.time(3));
    if (in.has(5))
        hashed.gap = TRY(in.time(5));
    if (in.has(5) && hashed.gap <= 0)
        return in.bad(5);
    if (hashed.looked.value_or(0) < 0 || hashed.turn.value_or(0) < 0)
        return in.bad(1);
    util::Reader packs(TRY(in.must(7)));
    const std::size_t count = TRY(packs.count(kLeastPack, HashedPacks::kMostFile));
    const PackId* last = nullptr;
    for (std::size_t i = 0; i < count; ++i) {
        const PackId pack = TRY(packs.id<PackId>());
        const std::uint8_t state = TRY(packs.u8());
        if (state > static_cast<std::uint8_t>(HashedPack::State::bad) ||
            (last != nullptr && !(*last < pack)))
            return in.bad(7);
        const HashedPack known{.state = static_cast<HashedPack::State>(state),
                               .since = TRY(packs.svarint())};
        if (known.since < 0)
            return in.bad(7);
        last = &hashed.packs.emplace_hint(hashed.packs.end(), pack, known)->first;
    }
    TRY(packs.finish());
    return hashed;
}

HashedPacks HashedPacks::load(const LocalState& local) {
    const Result<util::Bytes> bytes = util::read_file(local.state_file(kFile), kMostFile);
    Result<HashedPacks> hashed = bytes ? decode_hashed_packs(*bytes) : Failure(bytes.error());
    return hashed ? std::move(*hashed) : HashedPacks{};
}

Result<void> HashedPacks::change(const LocalState& local,
                                 const std::function<void(HashedPacks&)>& change) {
    TRY(local.make_state_folder());
    const std::string file = local.state_file(kFile);
    const util::FileLock lock = TRY(util::FileLock::acquire(file + ".lock"));
    const HashedPacks before = load(local);
    HashedPacks after = before;
    change(after);
    if (after == before)
        return {};
    const util::Bytes bytes = encode_hashed_packs(after);
    if (bytes.size() > kMostFile)
        return fail(ErrorKind::failure, util::tr("there are more packs than can be remembered"));
    return util::write_file_durably(file, bytes, 0600);
}

void HashedPacks::note(Time now, const std::map<PackId, std::uint64_t>& listed,
                       const std::set<PackId>& good, const std::set<PackId>& bad) {
    using State = HashedPack::State;
    mend(now);
    std::erase_if(packs, [&](const auto& one) { return !listed.contains(one.first); });
    for (const auto& [pack, size] : listed) {
        const auto [found, is_new] = packs.try_emplace(pack);
        HashedPack& known = found->second;
        // It came after the packs were listed last, and perhaps at once then.
        if (is_new)
            known = looked ? HashedPack{State::put, *looked} : HashedPack{State::unknown, now};
        if (bad.contains(pack) && known.state != State::bad)
            known = {State::bad, now};
        else if (!bad.contains(pack) && good.contains(pack))
            known = {State::good, now};
    }
    looked = now;
}

void HashedPacks::note_turn(Time now) {
    gap = turn && *turn < now ? now - *turn : 0;
    turn = now;
}

void HashedPacks::mend(Time now) {
    for (auto& [pack, known] : packs)
        known.since = std::min(known.since, now);
    for (std::optional<Time>* time : {&looked, &turn})
        if (*time)
            *time = std::min(**time, now);
}

std::set<PackId> HashedPacks::bad() const {
    std::set<PackId> bad;
    for (const auto& [pack, known] : packs)
        if (known.state == HashedPack::State::bad)
            bad.insert(bad.end(), pack);
    return bad;
}

} // namespace saoluu::repo
