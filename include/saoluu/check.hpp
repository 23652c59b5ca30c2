// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace saoluu {

/// A file (or folder, link …) of a snapshot that can't be restored whole.
struct DamagedFile {
    std::string path; ///< absolute, as bytes
    std::string snapshot;
    UnixTime started = 0;
    std::string why;     ///< for people, translated
    bool and_on = false; ///< what follows it in the catalog is not known: a page can't be read
};

struct CheckOptions {
    bool read_data = false; ///< decrypt every chunk and walk every catalog; needs a reader's key
    /// Share of the packs' bytes that is read, in per cent, above 0 and up to 100: which packs is
    /// chosen at random. Of the others only the directories are read. The same share of all objects
    /// is asked for its lock.
    double sample_percent = 100;
    /// A rotating check, of this cycle (a day or more): of all packs only those are read whose turn
    /// it is, so that every byte is seen within the cycle where one runs every day; of the others
    /// nothing. What was read when is remembered by this machine.
    std::optional<std::chrono::seconds> rotate = {};
    unsigned threads = 0;
    /// Called by the calling thread for every damaged file of every snapshot, where catalogs are
    /// walked.
    std::function<void(const DamagedFile&)> on_damaged_file = {};
};

/// What is damaged: each kind has a next step of its own.
enum class DamageKind {
    packs,    ///< missing, cut, or other bytes than they must be
    index,    ///< index segments missing or damaged, or places that they don't tell rightly
    copies,   ///< small objects that are there twice or should be: rosters, keys, `format`; `place`
    sessions, ///< objects of snapshots
    ledger,
    marks,
    files, ///< of snapshots: what the damage of other kinds costs
    other,
};

/// What a check knows of one snapshot.
struct CheckedSnapshot {
    enum class State {
        whole,        ///< nothing that it needs was found damaged
        may_miss,     ///< something that it may need is; a reader's key tells
        misses_files, ///< it can't be restored whole
    };
    std::string id;
    std::string job;
    std::string client; ///< holder of the key that made it
    UnixTime started = 0;
    State state = State::whole;
};

/// A damaged file and the snapshots that have it, as positions in CheckReport::checked.
struct DamagedPath {
    std::string path;
    bool and_on = false; ///< as DamagedFile has it
    std::vector<std::size_t> snapshots;
};

/// How far the cycle of a rotating check is, as far as this machine knows.
struct Rotation {
    std::chrono::seconds cycle{0};
    double seen_percent = 0; ///< of the bytes of all packs: hashed, or put, within the cycle
    /// How long the pack was not hashed that was not for longest; of what was there when the memory
    /// of this machine began: since then.
    std::chrono::seconds longest_unseen{0};
};

/// A check of everything, decrypted, by someone whose checks count: of the role restore or admin.
struct FullCheck {
    UnixTime at = 0; ///< as his computer's clock said
    std::string by;  ///< holder of the key
    bool is_sound = false;
};

/// What a check says in one word; the worse, the later.
enum class CheckVerdict {
    sound,
    incomplete, ///< no damage was found, but not everything could be read
    damaged,
    alarm, ///< signs of tampering: nothing is to be changed
};
/// The words of --json.
const char* name_of(CheckVerdict verdict);

struct CheckReport {
    std::uint64_t objects = 0;
    std::uint64_t foreign_objects = 0; ///< that no part of saoluu made
    std::uint64_t snapshots = 0;
    std::uint64_t listed_packs = 0; ///< and healed copies
    std::uint64_t listed_pack_bytes = 0;
    std::uint64_t packs = 0; ///< read whole
    std::uint64_t pack_bytes = 0;
    std::uint64_t chunks = 0;          ///< decrypted and verified (read_data)
    std::uint64_t unused_packs = 0;    ///< left by runs that did not end; harmless
    std::uint64_t doubled_entries = 0; ///< places that the index names more than once; harmless
    std::uint64_t unreadable = 0;  ///< objects that this user may not read: the check is incomplete
    std::uint64_t locks_asked = 0; ///< objects whose lock was asked for, where there are to be any
    std::uint64_t unprotected = 0; ///< of these: no lock holds them, or not any more
    std::uint64_t damage = 0;      ///< findings of severity damage
    std::uint64_t alarms = 0;      ///< findings of severity alarm
    std::uint64_t warnings = 0;
    std::map<DamageKind, std::uint64_t> kinds;  ///< findings of severity damage
    std::vector<CheckedSnapshot> checked;       ///< every snapshot, by time
    std::vector<std::string> damaged_snapshots; ///< ids of those that miss something
    bool walked_catalogs = false;               ///< so that every damaged file was named
    std::uint64_t damaged_files = 0; ///< paths; one that several snapshots have counts once
    /// The first of them, at most kNamedPaths.
    std::vector<DamagedPath> damaged_paths;
    static constexpr std::size_t kNamedPaths = 1000;
    /// Packs that are missing or damaged, and no mark condemned: 64 hex digits each.
    std::vector<std::string> bad_packs;
    /// So many ids of each kind are enough for one line of text.
    static constexpr std::size_t kListedIds = 1000;
    std::optional<Rotation> rotation; ///< of a rotating check
    /// The last one of this place that its ledger knows; it may be this very one.
    std::optional<FullCheck> last_full_check;
    double seconds = 0;
    [[nodiscard]] bool sound() const { return damage == 0 && alarms == 0; }
    [[nodiscard]] CheckVerdict verdict() const {
        return alarms > 0       ? CheckVerdict::alarm
               : damage > 0     ? CheckVerdict::damaged
               : unreadable > 0 ? CheckVerdict::incomplete
                                : CheckVerdict::sound;
    }
};

/// Checks the repository: listing, roster and ledger (L0), the hash of every pack (L1), directories
/// against index (L2), and with read_data every chunk and catalog (L3). Damage is reported as
/// findings, not as an error. Where packs or the index are damaged, a reader's key walks the
/// catalogs to name the files; any other says which snapshots may be concerned.
/// errors: wrong_key (read_data with a key that may only write), usage (a share or a cycle that is
/// none), io, interrupted
Result<CheckReport> check(Repository& repository, const CheckOptions& options, Events& events,
                          std::stop_token stop);

/// The last check of everything that someone made at this place whose checks count, if the ledger
/// knows of one. Any key may ask. One of a time that is still to come does not count.
/// errors: denied, io
Result<std::optional<FullCheck>> last_full_check(Repository& repository, Events& events);

} // namespace saoluu
