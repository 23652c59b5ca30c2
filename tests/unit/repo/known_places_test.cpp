// SPDX-License-Identifier: Apache-2.0
#include "repo/known_places.hpp"

#include "crypto/secret.hpp"
#include "store/local.hpp"
#include "store/mount.hpp"

#include "repository_case.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace saoluu;
using namespace saoluu::test;
namespace fs = std::filesystem;
using repo::KnownPlace;

namespace {

InitOptions init_options(const RepositoryCase& repository, const std::string& location) {
    return {.location = location,
            .holder = "Lan",
            .unit = "",
            .kdf_mib = 64,
            .passphrase = must(Passphrase::from_text("vườn chè xanh mưa phùn tháng giêng")),
            .backup_key_file = repository.path("new.key"),
            .folders = repository.options(key::kBackup).folders,
            .reach = {},
            .retention = {}};
}

std::string file_of(const RepositoryCase& repository) {
    const fs::path places = fs::path(repository.options(key::kBackup).folders.state) / "places";
    REQUIRE(std::distance(fs::directory_iterator(places), {}) == 1);
    return fs::directory_iterator(places)->path();
}

} // namespace

TEST_CASE("a place that is gone is told of by what was there, and nothing takes its place") {
    const RepositoryCase repository;
    (void)repository.open(key::kBackup);
    fs::rename(repository.location(), repository.path("away"));
    for (const bool has_mount_point : {false, true}) {
        if (has_mount_point)
            fs::create_directory(repository.location());
        Told told;
        const auto opened = repository.try_open(key::kBackup, told);
        REQUIRE(fails(opened, ErrorKind::no_repository));
        CHECK(opened.error().message().find("was here and is gone") != std::string::npos);
        const auto made = init_repository(init_options(repository, repository.location()));
        REQUIRE(fails(made, ErrorKind::refused));
        CHECK(made.error().message().find("no new repository") != std::string::npos);
        CHECK(!fs::exists(repository.path("new.key")));
        CHECK((!fs::exists(repository.location()) || fs::is_empty(repository.location())));
    }
    fs::remove(repository.location());
    fs::rename(repository.path("away"), repository.location());
    (void)repository.open(key::kBackup);
}

TEST_CASE("a computer that knows of no repository says so as before") {
    const RepositoryCase repository;
    fs::rename(repository.location(), repository.path("away"));
    Told told;
    const auto opened = repository.try_open(key::kBackup, told);
    REQUIRE(fails(opened, ErrorKind::no_repository));
    CHECK(opened.error().message().find("was here") == std::string::npos);
}

TEST_CASE("init says of a known repository that it is there") {
    const RepositoryCase repository;
    (void)repository.open(key::kBackup);
    CHECK(
        fails(init_repository(init_options(repository, repository.location())), ErrorKind::exists));
}

TEST_CASE("another repository at a known place is refused until its file is deleted") {
    const RepositoryCase first;
    (void)first.open(key::kBackup);
    fs::rename(first.location(), first.path("away"));
    const auto second = init_repository(init_options(first, first.path("second")));
    REQUIRE(second);
    fs::rename(first.path("second"), first.location());
    const auto open = [&](Events& events) {
        OpenOptions options = first.options(key::kBackup);
        options.credential.secret = Credential::KeyFile{first.path("new.key")};
        return Repository::open(std::move(options), events);
    };
    const LocalFolders folders = first.options(key::kBackup).folders;
    Told told;
    const auto refused = open(told);
    REQUIRE(fails(refused, ErrorKind::refused));
    CHECK(refused.error().message().find(second->repository_id.substr(0, 16)) != std::string::npos);
    for (const auto& entry : fs::directory_iterator(fs::path(folders.state) / "places"))
        if (refused.error().message().find(entry.path().string()) != std::string::npos)
            fs::remove(entry.path()); // as the message says
    CHECK(open(told));
}

TEST_CASE("another copy of the same repository is told of") {
    const RepositoryCase repository;
    (void)repository.open(key::kBackup);
    auto place = repository.access(key::kBackup).place;
    place.place = crypto::random_id<format::PlaceId>();
    repository.write("place", util::as_bytes(place.encode()));
    Told told;
    REQUIRE(repository.try_open(key::kBackup, told));
    CHECK(told.has(Severity::warning, repository.location()));
    Told again; // it is known now
    REQUIRE(repository.try_open(key::kBackup, again));
    CHECK(again.findings.empty());
}

TEST_CASE("a `place` that can't be read is not remembered in place of the true one") {
    const RepositoryCase repository;
    (void)repository.open(key::kBackup);
    const util::Bytes place = repository.read("place");
    repository.remove("place");
    Told told;
    REQUIRE(repository.try_open(key::kBackup, told));
    repository.write("place", place);
    Told again;
    REQUIRE(repository.try_open(key::kBackup, again));
    CHECK(again.findings.empty());
}

TEST_CASE("without its file, or with a damaged one, a place is as good as new") {
    const RepositoryCase repository;
    (void)repository.open(key::kBackup);
    const std::string file = file_of(repository);
    const util::Bytes good = *util::read_file(file, 1 << 16);
    for (std::size_t i = 0; i <= good.size(); ++i) {
        util::Bytes bad = good;
        if (i < good.size())
            bad[i] ^= std::byte{1};
        else
            bad.clear();
        REQUIRE(util::write_file_durably(file, bad, 0600));
        const LocalFolders folders = repository.options(key::kBackup).folders;
        CHECK(!KnownPlace::at(repository.location(), folders).is_known());
    }
    Told told;
    CHECK(repository.try_open(key::kBackup, told));
    CHECK(told.findings.empty());
    CHECK(*util::read_file(file, 1 << 16) == good);
}

TEST_CASE("nothing is made where a disk should be mounted and is not") {
    if (!fs::is_directory("/mnt") || store::mount_of("/mnt")->point != "/")
        return;
    const RepositoryCase repository;
    const std::string missing = "/mnt/saoluu-test-not-mounted";
    CHECK(fails(init_repository(init_options(repository, missing)), ErrorKind::refused));
    CHECK(!fs::exists(missing));
}
