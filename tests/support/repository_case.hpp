// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/roster.hpp"
#include "format/session_objects.hpp"
#include "repo/access.hpp"
#include "store/store.hpp"

#include "saoluu/events.hpp"
#include "saoluu/repository.hpp"
#include "scratch_folder.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

/// A repository of a test's own, and the hands to work on it.
namespace saoluu::test {

/// The value of a result that a test relies on.
template <class T>
T must(Result<T> result) {
    if (!result)
        FAIL(result.error().message());
    return std::move(*result);
}
inline void must(const Result<void>& result) {
    if (!result)
        FAIL(result.error().message());
}

template <class T>
bool fails(const Result<T>& result, ErrorKind kind) {
    return !result && result.error().kind() == kind;
}

/// Keeps what a run tells.
class Told final : public Events {
public:
    void finding(const Finding& finding) override {
        const std::lock_guard lock(mutex_);
        findings.push_back(finding);
    }
    [[nodiscard]] std::size_t count(Severity severity) const {
        return static_cast<std::size_t>(std::ranges::count(findings, severity, &Finding::severity));
    }
    /// Whether a finding of that severity names something that holds `subject`.
    [[nodiscard]] bool has(Severity severity, std::string_view subject = "") const {
        return std::ranges::any_of(findings, [&](const Finding& finding) {
            return finding.severity == severity &&
                   finding.subject.find(subject) != std::string::npos;
        });
    }
    /// All of it, for a failing test's message.
    [[nodiscard]] std::string text() const;

    std::vector<Finding> findings;

private:
    std::mutex mutex_;
};

/// The keys that every case has, as names of their key files.
namespace key {
inline constexpr std::string_view kFounder = "founder"; ///< admin, domain 1
inline constexpr std::string_view kDeputy = "deputy";   ///< a second admin
inline constexpr std::string_view kReader = "reader";   ///< restore
inline constexpr std::string_view kBackup = "backup";   ///< of init, domain 2
inline constexpr std::string_view kOther = "other";     ///< backup in a domain of its own
} // namespace key

/// A repository in a folder in memory, with keys of every role: a copy of one that is made once a
/// program, because deriving a key from a passphrase takes its time.
class RepositoryCase {
public:
    explicit RepositoryCase(CipherSuite suite = CipherSuite::xchacha20);

    [[nodiscard]] std::string location() const { return folder_ / "repository"; }
    [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] std::string key_file(std::string_view key) const {
        return folder_ / (std::string(key) + ".key");
    }
    /// machine: computers that know nothing of each other have state folders of their own
    [[nodiscard]] OpenOptions options(std::string_view key,
                                      const std::string& machine = "here") const;
    [[nodiscard]] Result<Repository> try_open(std::string_view key, Events& events,
                                              const std::string& machine = "here") const;
    [[nodiscard]] Repository open(std::string_view key, const std::string& machine = "here") const;
    [[nodiscard]] repo::Access access(std::string_view key,
                                      const std::string& machine = "here") const;
    [[nodiscard]] std::unique_ptr<store::Store> store() const;

    /// Names of all objects that begin with `prefix`.
    [[nodiscard]] std::vector<std::string> names(std::string_view prefix = "") const;
    /// The bytes of an object; and changes that no client could make.
    [[nodiscard]] util::Bytes read(const std::string& name) const;
    void write(const std::string& name, util::BytesView bytes) const;
    void remove(const std::string& name) const;
    void flip_bit(const std::string& name, std::size_t at) const;

    /// Forgets what this computer saw and cached.
    void forget_state(const std::string& machine = "here") const;

private:
    ScratchFolder folder_ = ScratchFolder::in_memory();
};

/// Puts a session's object, signed by whoever opened `access`; returns its name. part_name: "done"
/// for a fence that takes its place.
std::string put_object(repo::Access& access, const format::SessionId& session,
                       const format::SessionValue& value, std::string_view part_name = "");
format::MarkId put_mark(repo::Access& access, format::MarkPurpose purpose,
                        std::vector<format::PackId> packs);

/// Puts a roster that follows the one of `access`, changed by `change`, signed by its actor;
/// returns its hash. Whether anyone may follow it is for the test to see.
template <class Change>
format::RosterHash put_roster_after(const repo::Access& access, const Change& change);
/// The object of such a roster.
util::Bytes encode_roster(const repo::Access& access, const format::Roster& roster);
format::RosterHash put_roster_object(store::Store& store, std::uint64_t n, util::BytesView object);

template <class Change>
format::RosterHash put_roster_after(const repo::Access& access, const Change& change) {
    format::Roster next = access.roster();
    next.n += 1;
    next.rivals.clear();
    change(next);
    return put_roster_object(*access.store, next.n, encode_roster(access, next));
}

} // namespace saoluu::test
