// SPDX-License-Identifier: Apache-2.0
#include "format/text_objects.hpp"
#include "repo/access.hpp"
#include "repository_case.hpp"
#include "util/file.hpp"

#include <set>

#include <sys/stat.h>

using namespace saoluu;
using namespace saoluu::test;

namespace {

IssueOptions for_holder(const std::string& holder, const std::string& file) {
    return {.role = Role::backup,
            .holder = holder,
            .unit = "",
            .domain = "",
            .expires = {},
            .secret = Credential::KeyFile{file}};
}

/// A clock that stands still.
class FixedClock final : public util::Clock {
public:
    explicit FixedClock(std::int64_t now) : now_(now) {}
    [[nodiscard]] std::int64_t now() const override { return now_; }

private:
    std::int64_t now_;
};

} // namespace

TEST_CASE("names that people share are refused") {
    for (const char* name : {"admin",     "Admin",       "ADMIN",
                             "admin1",    "admin 01",    "chung",
                             "Chung",     "vanphong",    "Văn phòng",
                             "VĂN PHÒNG", "Văn phòng 2", "Va\xcc\x86n pho\xcc\x80ng",
                             "kế toán",   "văn thư",     "Ủy ban",
                             "backup",    "root",        "user3",
                             "",          "   ",         "123",
                             "\xff\xfe"})
        CHECK_MESSAGE(fails(repo::check_holder(name), ErrorKind::usage), name);
    CHECK(fails(repo::check_holder(std::string(5000, 'a')), ErrorKind::usage));
}

TEST_CASE("names of people pass") {
    for (const char* name :
         {"Nguyễn Văn A", "Nguyen Van A", "Trần Thị Chung", "Lê Văn Phòng", "Đặng Thị Bách",
          "Jürgen Groß", "山田太郎", "O'Brien", "Nguyễn Văn Bình 2"})
        CHECK_MESSAGE(repo::check_holder(name), name);
}

TEST_CASE("only an admin issues keys") {
    const RepositoryCase repository;
    for (const std::string_view key : {key::kBackup, key::kReader, key::kOther}) {
        Repository opened = repository.open(key);
        const std::string file = repository.path("new.key");
        CHECK(fails(issue_key(opened, for_holder("Người Mới", file)), ErrorKind::wrong_key));
        CHECK(::access(file.c_str(), F_OK) != 0);
    }
    CHECK(repository.names("roster/0000000004").empty());
    Repository deputy = repository.open(key::kDeputy);
    CHECK(issue_key(deputy, for_holder("Người Mới", repository.path("new.key"))));
}

TEST_CASE("a request for a key that makes no sense is refused") {
    const RepositoryCase repository;
    Repository founder = repository.open(key::kFounder);
    const std::string file = repository.path("new.key");
    IssueOptions options = for_holder("Người Mới", file);
    SUBCASE("a shared name") {
        options.holder = "văn phòng";
    }
    SUBCASE("a recovery key") {
        options.role = Role::recovery;
    }
    SUBCASE("a date that has passed") {
        options.expires = 1'000'000'000;
    }
    SUBCASE("too cheap a passphrase") {
        options.kdf_mib = 63;
    }
    CHECK(fails(issue_key(founder, options), ErrorKind::usage));
    CHECK(::access(file.c_str(), F_OK) != 0);
    CHECK(list_keys(founder)->size() == 5);
}

TEST_CASE("every key lists all keys, by role and holder") {
    const RepositoryCase repository;
    for (const std::string_view key : {key::kReader, key::kBackup, key::kFounder}) {
        Repository opened = repository.open(key);
        const std::vector<KeyInfo> keys = must(list_keys(opened));
        REQUIRE(keys.size() == 5);
        CHECK(keys.front().role == Role::admin);
        CHECK(keys.back().role == Role::backup);
        CHECK(std::ranges::count(keys, true, &KeyInfo::is_own) == 1);
        CHECK(std::ranges::count(keys, "Lê Minh Đọc", &KeyInfo::holder) == 1);
        CHECK(std::ranges::count(keys, true, &KeyInfo::by_passphrase) == 1);
    }
}

TEST_CASE("keys of one domain name share a domain, all others have their own") {
    const RepositoryCase repository;
    Repository founder = repository.open(key::kFounder);
    const auto issue = [&](const std::string& file, const std::string& domain) {
        IssueOptions options = for_holder("Người " + file, repository.path(file));
        options.domain = domain;
        return must(issue_key(founder, options)).domain;
    };
    const auto first = issue("1", "máy tầng 2");
    const auto second = issue("2", "máy tầng 2");
    const auto composed = issue("3", "ma\xcc\x81y t\xe1\xba\xa7ng 2"); // the same, not in NFC
    const auto alone = issue("4", "");
    const auto also_alone = issue("5", "");
    CHECK(first == second);
    CHECK(first == composed);
    CHECK(alone != also_alone);
    std::set<std::uint32_t> domains;
    for (const KeyInfo& key : must(list_keys(founder)))
        domains.insert(key.domain);
    CHECK(domains.size() == 5 + 3); // of the case's keys, and three new ones
    // A reader that was there before opens the new domains too.
    const repo::Access reader = repository.access(key::kReader);
    for (const auto domain : {first, alone, also_alone})
        CHECK(reader.keyring.domain(domain) != nullptr);
    const repo::Access backup = repository.access(key::kBackup);
    CHECK(backup.keyring.domain(alone) == nullptr);
}

TEST_CASE("a key file is for its owner alone, and none is ever overwritten") {
    const RepositoryCase repository;
    Repository founder = repository.open(key::kFounder);
    const std::string file = repository.path("new.key");
    must(issue_key(founder, for_holder("Người Mới", file)));
    struct stat info {};
    REQUIRE(::stat(file.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);

    const util::Bytes before = must(util::read_file(file, 1 << 20));
    const std::size_t rosters = repository.names("roster/").size();
    CHECK(fails(issue_key(founder, for_holder("Người Khác", file)), ErrorKind::exists));
    CHECK(must(util::read_file(file, 1 << 20)) == before);
    CHECK(repository.names("roster/").size() == rosters);
}

TEST_CASE("a key file that others can read is told") {
    const RepositoryCase repository;
    REQUIRE(::chmod(repository.key_file(key::kBackup).c_str(), 0640) == 0);
    Told told;
    must(repository.try_open(key::kBackup, told));
    CHECK(told.has(Severity::warning, ".key"));
}

TEST_CASE("an expired key is told, and works") {
    const RepositoryCase repository;
    Repository founder = repository.open(key::kFounder);
    const FixedClock long_ago(1'000'000'000);
    founder.impl().access.clock = &long_ago;
    IssueOptions options = for_holder("Người Cũ", repository.key_file("old"));
    options.expires = 1'000'000'001;
    must(issue_key(founder, options));
    Told told;
    const Repository old = must(repository.try_open("old", told));
    CHECK(told.count(Severity::warning) == 1);
    CHECK(old.impl().access.may_write());
}

TEST_CASE("each role's key opens what it may, and nothing else") {
    const RepositoryCase repository;
    CHECK(!repository.access(key::kBackup).keyring.may_read());
    CHECK(repository.access(key::kBackup).keyring.bundle().domains.size() == 1);
    for (const std::string_view key : {key::kReader, key::kDeputy, key::kFounder}) {
        CHECK(repository.access(key).keyring.may_read());
        CHECK(repository.access(key).keyring.bundle().domains.size() == 5);
    }
    CHECK(fails(repository.access(key::kReader).may_administer("x"), ErrorKind::wrong_key));
    CHECK(fails(repository.access(key::kBackup).may_read("x"), ErrorKind::wrong_key));
}

TEST_CASE("a key of another repository is a wrong key") {
    const RepositoryCase here, there(CipherSuite::aes256gcm);
    OpenOptions options = here.options(key::kBackup);
    options.credential = there.options(key::kBackup).credential;
    Told told;
    CHECK(fails(Repository::open(std::move(options), told), ErrorKind::wrong_key));
}

TEST_CASE("a repository is never made twice, nor where other things are") {
    const RepositoryCase repository;
    const std::vector<std::string> before = repository.names();
    InitOptions options{.location = repository.location(),
                        .holder = "Nguyễn Văn Sáng",
                        .unit = "",
                        .kdf_mib = 64,
                        .kdf_passes = 1,
                        .passphrase = must(Passphrase::from_text("abc")),
                        .backup_key_file = repository.path("again.key"),
                        .folders = repository.options(key::kBackup).folders};
    CHECK(fails(init_repository(options), ErrorKind::exists));
    CHECK(repository.names() == before);
    options.location = repository.path("");
    CHECK(fails(init_repository(options), ErrorKind::refused));
    CHECK(::access(options.backup_key_file.c_str(), F_OK) != 0);
}
