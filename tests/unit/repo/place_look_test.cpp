// SPDX-License-Identifier: Apache-2.0
#include "saoluu/place.hpp"

#include "scratch_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

using namespace saoluu;
using State = PlaceLook::State;

namespace {

struct PlaceCase {
    test::ScratchFolder folder;
    std::string place = folder / "repo";

    [[nodiscard]] LocalFolders folders() const {
        return {.state = folder / "state", .cache = folder / "cache"};
    }
    [[nodiscard]] Result<PlaceLook> look() const { return look_at_place(place, {}, folders()); }
    void make_repository() const {
        const InitOptions options{
            .location = place,
            .holder = "Nguyễn Văn An",
            .unit = "",
            .kdf_mib = 64,
            .kdf_passes = 1,
            .passphrase = *Passphrase::from_text("Mat-khau thu nghiem 2026!"),
            .backup_key_file = folder / "backup.key",
            .folders = folders(),
        };
        REQUIRE(init_repository(options));
    }
};

} // namespace

TEST_CASE_FIXTURE(PlaceCase, "a folder that is missing is free, and is not made") {
    place = folder / "a/b/c";
    REQUIRE(look());
    CHECK(look()->state == State::free);
    CHECK_FALSE(std::filesystem::exists(folder / "a"));
}

TEST_CASE_FIXTURE(PlaceCase, "an empty folder is free, and is empty after it was tried") {
    std::filesystem::create_directory(place);
    CHECK(look()->state == State::free);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place))
        CHECK_FALSE(entry.is_regular_file());
}

TEST_CASE_FIXTURE(PlaceCase, "a repository is one") {
    make_repository();
    CHECK(look()->state == State::repository);
}

TEST_CASE_FIXTURE(PlaceCase, "a repository without its second copy of \"format\" is still one") {
    make_repository();
    std::filesystem::remove(place + "/format");
    CHECK(look()->state == State::repository);
}

TEST_CASE_FIXTURE(PlaceCase, "what init left that was cut short is told from other things") {
    make_repository();
    std::filesystem::remove_all(folder / "state"); // this computer remembers nothing of it
    std::filesystem::remove(place + "/format");
    std::filesystem::remove(place + "/format.2");
    CHECK(look()->state == State::unfinished);
    std::ofstream(place + "/thư.docx") << "x";
    const auto occupied = look();
    CHECK(occupied->state == State::occupied);
    CHECK(occupied->thing == "thư.docx");
}

TEST_CASE_FIXTURE(PlaceCase, "a repository that was here and is gone is no free place") {
    make_repository();
    std::filesystem::remove_all(place);
    const auto gone = look();
    REQUIRE_FALSE(gone);
    CHECK(gone.error().kind() == ErrorKind::refused);
    CHECK(gone.error().message().find("was here and is gone") != std::string::npos);
}

TEST_CASE_FIXTURE(PlaceCase, "a file, and a folder below a file, are no places") {
    std::ofstream(place) << "x";
    CHECK_FALSE(look());
    place += "/below";
    CHECK_FALSE(look());
}
