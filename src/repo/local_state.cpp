// SPDX-License-Identifier: Apache-2.0
#include "repo/local_state.hpp"

#include "crypto/hash.hpp"
#include "format/fields.hpp"

#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

namespace saoluu {
namespace {

std::string from_environment_or(const char* name, const std::string& otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

std::string per_user(const char* xdg, const char* below_home) {
    const std::string home = from_environment_or("HOME", "/");
    return util::join(from_environment_or(xdg, util::join(home, below_home)), "saoluu");
}

/// Whether this user keeps its things in a folder of the system's. Root does, unless they are a
/// daemon's of another user, who could not write what root leaves there.
bool is_home(const char* folder) {
    struct stat facts {};
    if (::stat(folder, &facts) != 0)
        return ::geteuid() == 0;
    return facts.st_uid == ::geteuid();
}

} // namespace

LocalFolders LocalFolders::from_environment() {
    constexpr const char* kState = "/var/lib/saoluu";
    const bool is_of_system = is_home(kState);
    return {
        .state = from_environment_or(
            "SAOLUU_STATE_DIR", is_of_system ? kState : per_user("XDG_STATE_HOME", ".local/state")),
        .cache = from_environment_or("SAOLUU_CACHE_DIR",
                                     is_of_system ? "/var/cache/saoluu"
                                                  : per_user("XDG_CACHE_HOME", ".cache")),
    };
}

namespace repo {
namespace {

constexpr std::size_t kMostWitness = 16 << 20;
/// Rosters are the same in every place; a chain's heads are not, because a mirror lags behind.
constexpr const char* kRosters = "seen";

/// fields 1 (roster n), 3 (roster hash), 5 (heads), then the hash of all that.
util::Bytes encode(const Witness& witness) {
    format::FieldWriter out;
    if (witness.roster_n)
        out.add_varint(1, *witness.roster_n).add(3, witness.roster.view());
    util::Writer heads;
    heads.varint(witness.heads.size());
    for (const auto& [actor, head] : witness.heads)
        heads.raw(actor.view()).varint(head.n).raw(head.hash.view());
    out.add(5, heads.view());
    return format::with_self_check(out.take());
}

Result<Witness> decode(util::BytesView bytes) {
    const util::BytesView body = TRY(format::without_self_check(bytes));
    const format::FieldReader in = TRY(format::FieldReader::read(body, {1, 3, 5}));
    Witness witness;
    if (in.has(1)) {
        witness.roster_n = TRY(in.varint(1));
        witness.roster = TRY(in.id<format::RosterHash>(3));
    }
    const util::BytesView list = TRY(in.must(5));
    util::Reader heads(list);
    const std::size_t count = TRY(heads.count(65, kMostWitness));
    for (std::size_t i = 0; i < count; ++i) {
        format::ChainHead head;
        head.actor = TRY(heads.id<format::ActorId>());
        head.n = TRY(heads.varint());
        head.hash = TRY(heads.id<format::EntryHash>());
        witness.heads.emplace(head.actor, head);
    }
    return witness;
}

} // namespace

LocalState::LocalState(const LocalFolders& folders, const format::RepositoryId& repository,
                       const format::PlaceId& place)
    : state_root_(folders.state), cache_root_(folders.cache),
      state_(util::join(folders.state, repository.hex())),
      cache_(util::join(folders.cache, place.hex())), place_(place.hex()) {}

std::string LocalState::state_file(const std::string& name) const {
    return util::join(state_, name + "-" + place_);
}

Result<void> LocalState::make_state_folder() const {
    return util::make_folders(state_, 0700);
}

Witness LocalState::read(const std::string& name) const {
    const Result<util::Bytes> bytes = util::read_file(util::join(state_, name), kMostWitness);
    if (!bytes)
        return {};
    Result<Witness> witness = decode(*bytes);
    return witness ? std::move(*witness) : Witness{};
}

Witness LocalState::witness() const {
    Witness witness = read(kRosters);
    witness.heads = read("seen-" + place_).heads;
    return witness;
}

Result<void> LocalState::remember(const Witness& seen) const {
    TRY(make_state_folder());
    const util::FileLock lock = TRY(util::FileLock::acquire(util::join(state_, "seen.lock")));
    const Witness known = witness();
    if (seen.roster_n && (!known.roster_n || *known.roster_n < *seen.roster_n))
        TRY(write(kRosters, {.roster_n = seen.roster_n, .roster = seen.roster, .heads = {}}));
    Witness heads{.roster_n = {}, .roster = {}, .heads = known.heads};
    bool is_news = false;
    for (const auto& [actor, head] : seen.heads) {
        const auto [it, is_new] = heads.heads.emplace(actor, head);
        if (!is_new && it->second.n < head.n)
            it->second = head;
        else if (!is_new)
            continue;
        is_news = true;
    }
    return is_news ? write("seen-" + place_, heads) : Result<void>();
}

Result<void> LocalState::write(const std::string& name, const Witness& witness) const {
    return util::write_file_durably(util::join(state_, name), encode(witness), 0600);
}

Result<util::FileLock> LocalState::lock_ledger(const format::ActorId& actor) const {
    TRY(make_state_folder());
    return util::FileLock::acquire(util::join(state_, "ledger-" + actor.hex() + ".lock"));
}

std::string LocalState::kept_folder() const {
    return util::join(cache_, "objects");
}

Result<std::string> LocalState::cache_folder() const {
    TRY(util::make_folders(cache_, 0700));
    return cache_;
}

} // namespace repo
} // namespace saoluu
