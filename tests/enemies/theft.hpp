// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "thief.hpp"
#include "world.hpp"

#include <string>
#include <vector>

namespace saoluu::test {

/// A victim's snapshot, and a thief who has another's backup key.
struct Theft {
    RepositoryCase repository;
    repo::Access victim = repository.access(key::kBackup, "the victim's");
    repo::Access admin = repository.access(key::kFounder, "the admin's");
    format::SessionId session = commit_snapshot(victim, {"one", "two"});
    format::SessionId admins = commit_snapshot(admin, {"three"});
    repo::Access thief = repository.access(key::kOther, "the thief's");
    std::vector<format::SessionId> before = snapshots(thief);

    Theft() { REQUIRE(before.size() == 2); }
    [[nodiscard]] const format::ActorId& victim_id() const { return victim.keyring.actor(); }
    [[nodiscard]] const format::ActorId& admin_id() const { return admin.keyring.actor(); }

    /// Whoever looks sees the snapshots that were there before, and is told of `object`.
    void check_not_obeyed(const std::string& object, Severity severity = Severity::alarm) const {
        for (const std::string_view key : {key::kBackup, key::kReader}) {
            Told told;
            const repo::Access stranger = repository.access(key, "a new computer");
            CHECK(snapshots(stranger, told) == before);
            CHECK_MESSAGE(told.has(severity, object), told.text());
        }
        check_check_tells(object);
    }
    /// A check with any key is told of `object`.
    void check_check_tells(const std::string& object) const {
        for (const std::string_view key : {key::kBackup, key::kReader}) {
            Told told;
            Repository opened = repository.open(key, "a checking computer");
            static_cast<void>(check_all(opened, told, key == key::kReader));
            CHECK_MESSAGE(told.has(Severity::alarm, object), told.text());
        }
    }
    util::Bytes seal(const format::Authorship& by, const format::SessionId& of,
                     const format::SessionValue& value) const {
        return format::seal_session_object(by, value, of.view());
    }
    std::string put(const format::SessionId& of, format::names::Part part,
                    util::BytesView object) const {
        const std::string name = format::names::session(of, part);
        repository.write(name, object);
        return name;
    }
};

} // namespace saoluu::test
