// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret.hpp"
#include "engine/doctor_run.hpp"
#include "repo/read_place.hpp"
#include "store/probe.hpp"
#include "util/bytes.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include <sys/stat.h>
#include <sys/vfs.h>

namespace saoluu::engine {
namespace {
using util::message;
using util::printable;
using util::tr;

/// A person waits for the answer.
constexpr std::chrono::seconds kProbePatience{15};

/// What opening tells, as verdicts.
class Told : public Events {
public:
    explicit Told(const Verdicts& verdicts) : verdicts_(verdicts) {}
    void finding(const Finding& finding) override {
        if (finding.severity == Severity::notice)
            return;
        const std::string what = finding.subject.empty()
                                     ? finding.text
                                     : printable(finding.subject) + ": " + finding.text;
        const char* const next = tr("look at all of it: saoluu check");
        if (finding.severity == Severity::warning)
            verdicts_.warning("told", what, next);
        else
            verdicts_.fault("told", what, next);
    }

private:
    const Verdicts& verdicts_;
};

std::string next_step_of(const Error& error) {
    switch (error.kind()) {
    case ErrorKind::no_repository:
    case ErrorKind::not_found:
        return tr("is it mounted, and the path right? A new repository is made by saoluu init");
    case ErrorKind::denied:
        return tr("ask who runs the store whether this account may still read and write there");
    case ErrorKind::usage:
        return tr("set right what it names, in the config file or on the command line");
    case ErrorKind::corrupt:
        return tr("don't write there; heal it from another copy: saoluu heal");
    default:
        return tr("look whether the network and the store's server are up, and run doctor again");
    }
}

struct FolderKind {
    std::uint32_t magic; ///< statfs(2)
    const char* name;
};
constexpr std::array<FolderKind, 13> kKinds = {{{0xef53, "ext4"},
                                                {0x58465342, "xfs"},
                                                {0x9123683e, "btrfs"},
                                                {0x2fc12fc1, "zfs"},
                                                {0x01021994, "tmpfs"},
                                                {0x794c7630, "overlay"},
                                                {0x6969, "NFS"},
                                                {0x517b, "SMB"},
                                                {0xff534d42, "SMB"},
                                                {0xfe534d42, "SMB"},
                                                {0x4d44, "FAT"},
                                                {0x5346544e, "NTFS"},
                                                {0x65735546, "FUSE"}}};

/// Where a folder lies.
void look_at_mount(const std::string& folder, const Verdicts& verdicts) {
    struct statfs there {};
    struct stat own {
    }, root{};
    if (::statfs(folder.c_str(), &there) != 0 || ::stat(folder.c_str(), &own) != 0)
        return;
    const auto magic = static_cast<std::uint32_t>(there.f_type);
    const auto* const kind = std::ranges::find(kKinds, magic, &FolderKind::magic);
    const std::string name = kind == kKinds.end() ? message("{:#x}", magic) : kind->name;
    if (name == "tmpfs")
        verdicts.fault("mount", tr("the folder is in memory: it is gone when this machine stops"),
                       tr("take a folder of a disk or NAS"));
    else if (::stat("/", &root) == 0 && root.st_dev == own.st_dev)
        verdicts.warning("mount",
                         message(tr("the folder is on this machine's own system disk ({}): it is "
                                    "lost together with what it backs up"),
                                 name),
                         tr("is the NAS mounted? Keep a copy elsewhere: saoluu mirror"));
    else
        verdicts.in_order("mount", message(tr("file system: {}"), name));
}

std::string fact(const store::Facts& facts, const char* name) {
    const auto found = facts.find(name);
    return found == facts.end() ? std::string() : found->second;
}

void look_at_store_clock(const store::Facts& facts, const Verdicts& verdicts) {
    const std::string offset = fact(facts, "clock-offset");
    if (offset.empty())
        return;
    constexpr long kTold = 60;     // what two machines without a common clock soon differ by
    constexpr long kRefused = 600; // services refuse requests at 15 minutes
    const long seconds = std::strtol(offset.c_str(), nullptr, 10);
    const std::string what =
        message(tr("the store's clock differs from this machine's by {} s"), seconds);
    const char* const next = tr("set this machine's clock: timedatectl set-ntp true");
    if (std::labs(seconds) > kRefused)
        verdicts.fault("store-clock", what, next);
    else if (std::labs(seconds) > kTold)
        verdicts.warning("store-clock", what, next);
    else
        verdicts.in_order("store-clock", what);
}

/// Promise 1: what was backed up must not be within the reach of who steals this machine.
void look_at_deletion(const store::Facts& facts, const Retention& retention,
                      const Verdicts& verdicts) {
    const std::string removal = fact(facts, "delete");
    const bool is_versioned = fact(facts, "versioning") == "yes";
    const std::string lock = fact(facts, "object-lock");
    if (retention.days != 0 && lock == "no") {
        verdicts.fault("object-lock",
                       message(tr("the repository asks for a lock of {} days, and the store keeps "
                                  "none now"),
                               retention.days),
                       tr("ask who runs the store why Object Lock of the bucket is gone"));
        return;
    }
    if (retention.days != 0 && lock == "unknown")
        verdicts.warning("object-lock",
                         tr("this account may not see whether the store keeps its locks"),
                         tr("allow it s3:GetObjectRetention"));
    if (retention.days != 0 && lock == "yes") {
        if (retention.mode == Retention::Mode::governance &&
            fact(facts, "lock-bypass") == "allowed")
            verdicts.fault("object-lock",
                           tr("this account may remove what is locked: a thief of this machine "
                              "could remove the backups"),
                           tr("take s3:BypassGovernanceRetention from it, or lock in mode "
                              "compliance"));
        else
            verdicts.in_order("object-lock",
                              message(tr("what is new is locked for {} days"), retention.days));
        return;
    }
    if (removal == "denied" || (is_versioned && fact(facts, "delete-version") == "denied")) {
        verdicts.in_order("delete", tr("the store does not let this account remove anything for "
                                       "good"));
        return;
    }
    verdicts.warning(
        "delete",
        tr("the store lets this account delete and overwrite: a thief of this machine, or a virus, "
           "could destroy the backups there; it would be noticed, not prevented"),
        tr("S3: Object Lock (init --lock-days) or a policy that denies deletion; NAS: snapshots "
           "that this account can't remove; and a second copy that this machine can't reach "
           "(saoluu mirror)"));
}

/// Whether an object can be taken away again, where the kind of store says nothing of it.
std::string try_to_delete(store::Store& store) {
    std::array<std::byte, 16> random{};
    crypto::random_bytes(random);
    const std::string name = "tmp/probe-" + util::to_hex(random);
    if (!store.put(name, util::as_bytes("x")))
        return {};
    const Result<void> removed = store.remove(name);
    return !removed && removed.error().kind() == ErrorKind::denied ? "denied" : "allowed";
}

void try_store(store::Store& store, const format::PlaceObject& place, const Verdicts& verdicts) {
    Result<store::Facts> found = store::probe(store);
    if (!found) {
        verdicts.fault("write", found.error().message(), next_step_of(found.error()));
        return;
    }
    verdicts.in_order("write", tr("can be written"));
    if (fact(*found, "delete").empty())
        (*found)["delete"] = try_to_delete(store);
    look_at_store_clock(*found, verdicts);
    const bool is_exclusive = fact(*found, "exclusive-create") == "yes";
    if (place.exclusive_create() && !is_exclusive)
        verdicts.fault("exclusive-create",
                       tr("the store used to refuse to write a name twice, and does not any more: "
                          "two backups at once could lose each other's work"),
                       tr("mount it as before, or ask who runs it what was changed; until then let "
                          "one machine back up at a time"));
    else
        verdicts.in_order("exclusive-create",
                          is_exclusive ? tr("refuses to write a name twice")
                                       : tr("does not refuse to write a name twice; backups take "
                                            "more steps"));
    look_at_deletion(*found, place.retention(), verdicts);
}

} // namespace

void look_at_store(const DoctorOptions& options, const DoctorPlace& place, const util::Clock& clock,
                   const std::function<void(const Verdict&)>& each) {
    const Verdicts verdicts(each, place.name);
    Reach reach = place.reach;
    reach.patience = std::min(reach.patience, kProbePatience);
    Told told(verdicts);
    Result<std::unique_ptr<store::Store>> opened =
        repo::open_store(place.location, reach, store::MissingFolder::refuse);
    if (!opened) {
        verdicts.fault("reach", opened.error().message(), next_step_of(opened.error()));
        return;
    }
    store::Store& store = **opened;
    if (const std::string folder = store.local_folder(); !folder.empty()) {
        look_at_mount(folder, verdicts);
        look_at_room(folder, verdicts);
    }
    const Result<format::FormatObject> format = repo::read_format(store, told);
    if (!format) {
        verdicts.fault("reach", format.error().message(), next_step_of(format.error()));
        return;
    }
    verdicts.in_order("reach", message(tr("answers, and is repository {}"),
                                       format->repository.hex().substr(0, 16)));
    const Result<format::PlaceObject> place_object = repo::read_place(store, *format, told);
    if (!place_object) {
        verdicts.fault("place", place_object.error().message(), next_step_of(place_object.error()));
        return;
    }
    if (options.probe)
        try_store(store, *place_object, verdicts);
    look_at_locks(store, place_object->retention(), clock, reach.stop, verdicts);
    if (!options.credential) {
        verdicts.warning("key",
                         tr("no key was named, so what only a key can see was not looked at"),
                         tr("name one with --key-file"));
        return;
    }
    const OpenOptions open{.location = place.location,
                           .credential = options.credential(),
                           .folders = options.folders,
                           .reach = reach};
    const Result<repo::Access> access = repo::open_access_over(std::move(*opened), open, told);
    if (!access) {
        verdicts.fault(
            "key", access.error().message(),
            access.error().kind() == ErrorKind::wrong_key
                ? tr("name the key of this repository, or have an admin issue a new one: "
                     "saoluu key issue")
                : next_step_of(access.error()));
        return;
    }
    look_at_repository(*access, !options.key_file.empty(), clock, verdicts);
}

} // namespace saoluu::engine
