// SPDX-License-Identifier: Apache-2.0
#include "format/ledger_entry.hpp"
#include "format/names.hpp"
#include "repo/known_places.hpp"
#include "repo/new_actor.hpp"
#include "repo/place_contents.hpp"
#include "store/probe.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace saoluu {
namespace repo {
namespace {

using util::message;
using util::tr;

constexpr std::string_view kReadmeText =
    R"(This folder is a saoluu backup repository. Its contents are encrypted.
DO NOT edit, rename, move or delete anything in it: every file is needed, and every change is noticed.

To restore:
 1. Install saoluu on any Linux computer.
 2. Have the passphrase, or the key file, of someone who may read (role restore, admin or recovery).
 3. saoluu --repo THIS_FOLDER snapshots
    saoluu --repo THIS_FOLDER restore latest --target SOME_EMPTY_FOLDER
Without a passphrase or key file nobody can read these backups, not even the makers of saoluu.
Each file under packs/ can be verified without a key: its name is what "b2sum -l 256" prints for it.

THƯ MỤC NÀY LÀ KHO SAO LƯU của phần mềm saoluu. Dữ liệu bên trong đã được mã hóa.
KHÔNG sửa, đổi tên, di chuyển hay xóa bất cứ tệp nào trong đây: tệp nào cũng cần, thay đổi nào cũng bị phát hiện.

Để khôi phục:
 1. Cài saoluu trên một máy Linux bất kỳ.
 2. Có cụm mật khẩu hoặc tệp khóa của người được quyền đọc (vai trò restore, admin hoặc recovery).
 3. saoluu --repo THƯ_MỤC_NÀY snapshots
    saoluu --repo THƯ_MỤC_NÀY restore latest --target THƯ_MỤC_TRỐNG
Không có cụm mật khẩu hoặc tệp khóa thì không ai đọc được các bản sao lưu này.
)";

/// The folder must hold no object, ours or foreign.
Result<void> demand_empty(store::Store& store) {
    const PlaceContents found = TRY(contents_of(store));
    if (found.has_format)
        return fail(ErrorKind::exists,
                    message(tr("{} is a saoluu repository already; it was left as it is"),
                            store.describe()));
    if (found.foreign)
        return fail(
            ErrorKind::refused,
            message(tr("{} holds other things already (such as {}): name an empty or new folder"),
                    store.describe(), util::printable(*found.foreign)));
    if (!found.ours.empty())
        return fail(ErrorKind::refused,
                    message(tr("{} holds what is left of a repository that was never finished, or "
                               "that lost its \"format\" ({}): if no backup was ever made there, "
                               "delete the folder and try again"),
                            store.describe(), fmt::format("{}", fmt::join(found.ours, ", "))));
    return {};
}

/// Removes a new key file unless the repository came into being.
class KeyFileGuard {
public:
    explicit KeyFileGuard(std::string path) : path_(std::move(path)) {}
    KeyFileGuard(const KeyFileGuard&) = delete;
    KeyFileGuard& operator=(const KeyFileGuard&) = delete;
    ~KeyFileGuard() {
        if (!path_.empty())
            ::unlink(path_.c_str());
    }
    void keep() { path_.clear(); }

private:
    std::string path_;
};

/// All secrets of a new repository: one epoch, and a dedup domain for each of its two actors.
struct Foundation {
    NewActor founder, backup;
    crypto::SealPair content = crypto::SealPair::generate();
    format::FormatObject format = format::FormatObject::make(
        crypto::random_id<format::Hash>(), founder.sign.public_half(), founder.seal.public_half());
    format::Bundle secrets;
};

constexpr format::Epoch kFirstEpoch = 1;
constexpr format::Domain kFounderDomain = 1;
constexpr format::Domain kBackupDomain = 2;

Foundation lay_foundation(format::Suite suite) {
    Foundation f;
    f.secrets.epochs.push_back({.epoch = kFirstEpoch, .secret = crypto::Key::random()});
    for (const format::Domain domain : {kFounderDomain, kBackupDomain})
        f.secrets.domains.push_back(
            {.domain = domain, .suite = suite, .secret = crypto::Key::random()});
    f.secrets.contents.push_back({.epoch = kFirstEpoch, .secret = f.content.secret().copy()});
    return f;
}

format::Roster first_roster(const Foundation& f, const format::ActorNames& names,
                            format::Suite suite, format::Time now) {
    format::Roster roster;
    roster.made = now;
    roster.repository = f.format.repository;
    roster.suite = suite;
    roster.epoch = kFirstEpoch;
    roster.content_public = f.content.public_half();
    roster.epoch_secret_hash =
        format::hash_of_secret(f.format.repository, f.secrets.epochs.front());
    const auto add = [&](const NewActor& actor, format::Role role, format::Domain domain,
                         format::SlotKind kind) {
        const ActorFacts facts{.role = role,
                               .domain = domain,
                               .slot_kind = kind,
                               .issued = now,
                               .expires = {},
                               .names = names};
        format::ActorEntry entry =
            entry_of(f.format.repository, actor, facts, f.secrets.epochs.front(), suite);
        entry.bundle = format::seal_bundle(f.format.repository, suite, kFirstEpoch, entry.id,
                                           entry.seal, bundle_for(entry, f.secrets));
        roster.actors.push_back(std::move(entry));
    };
    add(f.founder, format::Role::admin, kFounderDomain, format::SlotKind::passphrase);
    add(f.backup, format::Role::backup, kBackupDomain, format::SlotKind::key_file);
    std::ranges::sort(roster.actors, {}, &format::ActorEntry::id);
    return roster;
}

Result<void> put_new(store::Store& store, const std::string& name, util::BytesView bytes) {
    if (TRY(store.put(name, bytes)) == store::Put::exists)
        return fail(
            ErrorKind::exists,
            message(tr("{}: exists already; is someone else making a repository here?"), name));
    return {};
}

/// Whether the store keeps a promise that is asked of it: else every object would be thought safe
/// and none would be.
Result<void> demand_lock(const store::Store& store, const store::Facts& facts) {
    const auto fact = facts.find("object-lock");
    if (fact == facts.end())
        return fail(ErrorKind::usage,
                    message(tr("{}: only S3 services lock objects: leave --lock-days away here"),
                            store.describe()));
    if (fact->second == "yes")
        return {};
    if (fact->second == "unknown")
        return fail(ErrorKind::denied,
                    message(tr("{}: this access key may not lock objects (s3:PutObjectRetention, "
                               "s3:GetObjectRetention): have it allowed to, or leave --lock-days "
                               "away"),
                            store.describe()));
    return fail(ErrorKind::unsupported,
                message(tr("{}: nothing is kept locked there: have a bucket made with object lock "
                           "switched on, or leave --lock-days away"),
                        store.describe()));
}

Result<InitSummary> init(const InitOptions& options) {
    TRY(check_holder(options.holder));
    const format::ActorNames names{.holder = TRY(util::to_nfc(options.holder)),
                                   .unit = TRY(util::to_nfc(options.unit)),
                                   .domain = ""};
    const crypto::PassphraseCost cost = TRY(passphrase_cost(options.kdf_mib, options.kdf_passes));
    if (options.backup_key_file.empty())
        return fail(ErrorKind::usage,
                    tr("no file was named for the backup key: use --backup-key FILE"));
    struct stat info {};
    if (::lstat(options.backup_key_file.c_str(), &info) == 0)
        return fail(
            ErrorKind::exists,
            message(tr("{} exists already, and a key file is never overwritten: name another file"),
                    util::printable(options.backup_key_file)));
    const format::Suite suite = options.suite == CipherSuite::xchacha20 ? format::Suite::xchacha20
                                                                        : format::Suite::aes256gcm;
    const std::unique_ptr<store::Store> store =
        TRY(open_store_to_fill(options.location, options.reach, options.folders));
    TRY(demand_empty(*store));
    store::Facts facts = TRY(store::probe(*store));
    if (options.retention.days != 0)
        TRY(demand_lock(*store, facts));

    Foundation f = lay_foundation(suite);
    const util::Bytes slot =
        TRY(seal_slot(f.format.repository, f.founder, suite, cost, options.passphrase));
    const format::Time now = util::system_clock().now();
    const format::ActorId founder = format::actor_id(
        f.format.repository, f.founder.sign.public_half(), f.founder.seal.public_half());
    const util::Bytes roster = format::RosterObject::encode(
        first_roster(f, names, suite, now), format::RosterHash{}, founder, f.founder.sign);
    const auto roster_hash = format::name_of<format::RosterHash>(roster);
    const format::PlaceObject place =
        new_place(f.format.repository, std::move(facts), options.retention, now);
    store->use({.exclusive_create = place.exclusive_create(), .retention = place.retention()});
    format::LedgerEntry first_entry;
    first_entry.time = now;
    first_entry.place = place.place;
    first_entry.act = static_cast<std::uint64_t>(format::Act::init);
    first_entry.body =
        format::encode_facts({.roster = roster_hash, .session = {}, .mark = {}, .text = ""});
    const util::Bytes ledger = format::seal_entry({.repository = f.format.repository,
                                                   .epoch = f.secrets.epochs.front(),
                                                   .suite = suite,
                                                   .signer = founder,
                                                   .roster = roster_hash,
                                                   .pair = f.founder.sign},
                                                  first_entry);

    // `format` comes last: without it there is no repository, so an init that is cut short leaves
    // none.
    TRY(put_slot(*store, f.founder.slot, slot));
    TRY(put_roster(*store, 0, roster));
    for (const store::ObjectInfo& other : TRY(store::list_all(*store, format::names::kRosters)))
        if (!other.name.starts_with(format::names::roster(0, roster_hash)))
            return fail(ErrorKind::refused,
                        message(tr("{}: exists already; is someone else making a repository here?"),
                                other.name));
    TRY(put_new(*store,
                format::names::ledger(founder, 0, format::name_of<format::EntryHash>(ledger)),
                ledger));
    TRY(put_new(*store, std::string(format::names::kPlace), util::as_bytes(place.encode())));
    TRY(put_new(*store, std::string(format::names::kReadme),
                util::as_bytes(format::encode_readme(kReadmeText))));
    TRY(create_key_file(options.backup_key_file, f.format.repository, f.backup));
    KeyFileGuard key_file(options.backup_key_file);
    const std::string format_text = f.format.encode();
    TRY(put_new(*store, std::string(format::names::kFormat) + std::string(format::names::kSecond),
                util::as_bytes(format_text)));
    TRY(put_new(*store, std::string(format::names::kFormat), util::as_bytes(format_text)));
    key_file.keep();
    // Whoever opens it here first notes it otherwise.
    (void)KnownPlace::at(options.location, options.folders)
        .remember(f.format.repository, place.place);
    return InitSummary{.repository_id = f.format.repository.hex(),
                       .location = store->describe(),
                       .founder_slot = f.founder.slot.hex(),
                       .backup_key_file = options.backup_key_file,
                       .exclusive_create = place.exclusive_create()};
}

} // namespace
} // namespace repo

Result<InitSummary> init_repository(const InitOptions& options) {
    return repo::init(options);
}

} // namespace saoluu
