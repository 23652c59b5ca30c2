// SPDX-License-Identifier: Apache-2.0
#include "engine/heal_run.hpp"

#include "crypto/hash.hpp"
#include "engine/index_agreement.hpp"
#include "repo/damage.hpp"
#include "repo/marks.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <utility>

namespace saoluu::engine {

using format::PackId;
using util::message;
using util::tr;

namespace {

constexpr std::uint64_t kPiece = 1 << 20;

/// One pack to look at.
struct Patient {
    PackId pack;
    Listing objects; ///< itself and healed copies
    bool is_indexed = false;
};

enum class State { good, bad, unreadable };

/// One worker's hands.
class PackHealer {
public:
    PackHealer(Heal& heal, std::mutex& mutex, std::vector<PackId>& lost,
               const std::function<void(std::uint64_t)>& on_bytes)
        : heal_(heal), mutex_(mutex), lost_(lost), on_bytes_(on_bytes) {}

    /// errors: the store's, where it is gone as a whole; interrupted
    Result<void> look_at(const Patient& patient) {
        store::Store& store = *heal_.access.store;
        const std::string name = format::names::pack(patient.pack);
        const auto itself = patient.objects.find(name);
        if (itself != patient.objects.end()) {
            count([&](HealReport& report) {
                ++report.packs;
                report.pack_bytes += itself->second;
            });
            // Bad twice, so that a passing fault of memory or a line is not taken for the disk's.
            for (int i = 0; i < 2; ++i)
                if (TRY(read_all(store, patient.pack, name, itself->second, nullptr)) ==
                    State::good)
                    return {};
        }
        for (const auto& [copy, size] : patient.objects)
            if (copy != name &&
                TRY(read_all(store, patient.pack, copy, size, nullptr)) == State::good) {
                count([](HealReport& report) { ++report.healed_before; });
                return {};
            }
        count([](HealReport& report) { ++report.bad; });
        const bool is_missing = itself == patient.objects.end();
        heal_.tell(Severity::warning, name,
                   is_missing ? tr("missing: the index names this pack")
                              : tr("damaged: its bytes do not have the hash in its name"));
        return fetch(patient, is_missing);
    }

private:
    void count(const std::function<void(HealReport&)>& change) {
        const std::lock_guard lock(mutex_);
        change(heal_.report);
    }

    /// Whether an object's bytes are the pack's; they go to `staged` as well, if there is one.
    /// errors: of the repository's own store, where it is gone as a whole; what `staged` says
    Result<State> read_all(store::Store& store, const PackId& pack, const std::string& object,
                           std::uint64_t size, store::Staged* staged) {
        if (size > format::limits::kPack)
            return State::bad;
        crypto::Hasher hasher;
        piece_.resize(static_cast<std::size_t>(std::min(size, kPiece)));
        for (std::uint64_t at = 0; at < size;) {
            if (heal_.stop.stop_requested())
                return fail(ErrorKind::interrupted, tr("interrupted"));
            const auto now = static_cast<std::size_t>(std::min(kPiece, size - at));
            const std::span<std::byte> room = std::span(piece_).first(now);
            if (const std::uint64_t then = at + now; then < size)
                store.will_read(object, then, std::min(kPiece, size - then));
            if (const Result<void> read = store.read(object, at, room); !read) {
                if (&store == heal_.access.store.get() &&
                    repo::as_damage(heal_.access, read.error()).kind() == ErrorKind::io)
                    return Failure(read.error());
                return read.error().kind() == ErrorKind::io ? State::unreadable : State::bad;
            }
            hasher.update(room);
            if (staged != nullptr)
                TRY(staged->append(room));
            on_bytes_(now);
            at += now;
        }
        return PackId::from(hasher.finish().view()) == pack ? State::good : State::bad;
    }

    /// The first other store that has good bytes of it gives them.
    Result<void> fetch(const Patient& patient, bool is_missing) {
        const std::string name = format::names::pack(patient.pack);
        bool could_ask = !heal_.is_one_away;
        for (const std::unique_ptr<store::Store>& other : heal_.others) {
            const Result<std::vector<store::ObjectInfo>> objects = store::list_all(*other, name);
            if (!objects) {
                could_ask = false;
                heal_.tell(Severity::warning, name,
                           message(tr("{} could not be asked for it: {}"), other->describe(),
                                   objects.error().message()));
                continue;
            }
            for (const store::ObjectInfo& object : *objects) {
                const auto parsed = format::names::parse_as<format::names::PackName>(object.name);
                if (!parsed || parsed->pack != patient.pack)
                    continue;
                const State state = TRY(take(*other, object, patient, is_missing));
                if (state == State::good)
                    return {};
                could_ask = could_ask && state != State::unreadable;
            }
        }
        if (!could_ask) {
            count([](HealReport& report) { ++report.unasked; });
            return {};
        }
        if (patient.is_indexed) {
            const std::lock_guard lock(mutex_);
            ++heal_.report.lost;
            lost_.push_back(patient.pack);
        }
        heal_.tell(Severity::damage, name,
                   patient.is_indexed
                       ? tr("no copy that was asked has it whole")
                       : tr("no copy that was asked has it whole; no index names it, so no "
                            "snapshot is known to need it"));
        return {};
    }

    Result<State> take(store::Store& other, const store::ObjectInfo& object, const Patient& patient,
                       bool is_missing) {
        const std::string name = free_name(patient, is_missing);
        if (heal_.options.dry_run) {
            const State state =
                TRY(read_all(other, patient.pack, object.name, object.size, nullptr));
            if (state == State::good)
                tell_healed(patient, name, other);
            return state;
        }
        const std::unique_ptr<store::Staged> staged = TRY(heal_.access.store->stage());
        const State state =
            TRY(read_all(other, patient.pack, object.name, object.size, staged.get()));
        if (state != State::good)
            return state;
        if (TRY(staged->commit(name)) == store::Put::exists)
            heal_.tell(Severity::notice, name, tr("someone else is healing this repository"));
        tell_healed(patient, name, other);
        const std::lock_guard lock(mutex_);
        heal_.put.insert(patient.pack);
        return State::good;
    }

    void tell_healed(const Patient& patient, const std::string& name, const store::Store& other) {
        count([](HealReport& report) { ++report.healed; });
        heal_.tell(Severity::notice, format::names::pack(patient.pack),
                   message(heal_.options.dry_run ? tr("a good copy at {} would be put as {}")
                                                 : tr("a good copy from {} was put as {}"),
                           other.describe(), name));
    }

    /// Its own, if that is free; else that of the next healed copy.
    static std::string free_name(const Patient& patient, bool is_missing) {
        std::uint64_t k = is_missing ? 0 : 1;
        while (patient.objects.contains(format::names::pack(patient.pack, k)))
            ++k;
        return format::names::pack(patient.pack, k);
    }

    Heal& heal_;
    std::mutex& mutex_; ///< for the report, lost_ and what was put
    std::vector<PackId>& lost_;
    const std::function<void(std::uint64_t)>& on_bytes_;
    util::Bytes piece_;
};

/// Which packs are to be looked at: what is listed, and what the index names; of packs that marks
/// condemn none.
Result<std::vector<Patient>> patients_of(Heal& heal) {
    Events silent;
    const repo::Ledger ledger = TRY(repo::Ledger::load(heal.access, silent));
    const repo::Marks marks = TRY(repo::load_marks(heal.access, ledger, silent));
    const repo::Index index =
        TRY(repo::Index::load(heal.access, silent, repo::Index::Cache::passed_over));
    std::map<PackId, Patient> patients;
    for (const auto& [name, size] : TRY(list_of(*heal.access.store, format::names::kPacks)))
        if (const auto pack = format::names::parse_as<format::names::PackName>(name)) {
            Patient& patient = patients[pack->pack];
            patient.pack = pack->pack;
            patient.objects.emplace(name, size);
        }
    for (const auto& [pack, said] : indexed_packs(index)) {
        const auto found = patients.find(pack);
        if (found != patients.end())
            found->second.is_indexed = true;
        else if (!marks.elsewhere.contains(pack)) // a mirror left it out
            patients.emplace(pack, Patient{.pack = pack, .objects = {}, .is_indexed = true});
    }
    std::set<PackId> asked;
    for (const std::string& text : heal.options.packs) {
        const auto pack = PackId::from_hex_text(text);
        if (!pack)
            return fail(ErrorKind::usage,
                        message(tr("--pack {}: the name of a pack is 64 hex digits, as a check "
                                   "names it"),
                                util::printable(text)));
        asked.insert(*pack);
        if (!patients.contains(*pack))
            return fail(ErrorKind::not_found,
                        message(tr("no pack {} is here, and no index names one"), text));
    }
    std::vector<Patient> chosen;
    for (auto& [pack, patient] : patients)
        if (!marks.packs.contains(pack) && (asked.empty() || asked.contains(pack)))
            chosen.push_back(std::move(patient));
    return chosen;
}

} // namespace

Result<void> heal_packs(Heal& heal, std::vector<PackId>& lost) {
    const std::vector<Patient> patients = TRY(patients_of(heal));
    std::uint64_t all_bytes = 0;
    for (const Patient& patient : patients)
        for (const auto& [name, size] : patient.objects)
            all_bytes += size;
    std::atomic<std::size_t> next = 0;
    std::atomic<std::uint64_t> done = 0, bytes = 0;
    std::mutex mutex;
    const std::function<void(std::uint64_t)> on_bytes = [&](std::uint64_t more) {
        heal.events.progress({.files = done,
                              .total_files = patients.size(),
                              .bytes = bytes += more,
                              .total_bytes = all_bytes,
                              .current = ""});
    };
    const unsigned asked = heal.options.threads == 0
                               ? std::max(2U, heal.access.store->nature().requests_at_once)
                               : heal.options.threads;
    Crew crew(heal.stop);
    for (unsigned i = 0; i < Crew::workers(asked); ++i)
        crew.start([&]() -> Result<void> {
            PackHealer healer(heal, mutex, lost, on_bytes);
            for (std::size_t at = next++; at < patients.size() && !crew.is_stopping();
                 at = next++) {
                TRY(healer.look_at(patients[at]));
                ++done;
            }
            return {};
        });
    crew.join();
    return crew.outcome();
}

} // namespace saoluu::engine
