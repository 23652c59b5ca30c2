// SPDX-License-Identifier: Apache-2.0
#include "store/mount.hpp"

#include "util/file.hpp"

#include "scratch_folder.hpp"

#include <doctest/doctest.h>

using namespace saoluu;
using store::is_missing_mount;
using store::Mount;
using store::mount_of;
using store::parse_mountinfo;

namespace {

Mount at(const std::string& point) {
    return {.id = 1, .device = "8:1", .point = point, .type = "ext4", .source = "/dev/sda1"};
}

} // namespace

TEST_CASE("lines of mountinfo are read, with any number of optional fields") {
    const auto mounts = parse_mountinfo("22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
                                        "36 22 0:40 / /mnt/nas rw - nfs4 nas:/export rw,vers=4.2\n"
                                        "37 22 0:41 /a /mnt/b rw shared:9 master:3 unbindable - "
                                        "cifs //nas/share rw");
    REQUIRE(mounts.size() == 3);
    CHECK(mounts[0] == Mount{22, "8:1", "/", "ext4", "/dev/sda1"});
    CHECK(mounts[1] == Mount{36, "0:40", "/mnt/nas", "nfs4", "nas:/export"});
    CHECK(mounts[2] == Mount{37, "0:41", "/mnt/b", "cifs", "//nas/share"});
}

TEST_CASE("what the kernel escapes is read as it is") {
    const auto mounts = parse_mountinfo("1 0 0:1 / /mnt/Ke\\040toan\\011\\012\\134x rw - cifs "
                                        "//nas/K\\303\\241\\040to\\303\\241n rw\n"
                                        "2 0 0:1 / /mnt/\\9\\777\\04 rw - cifs \\ rw\n");
    REQUIRE(mounts.size() == 2);
    CHECK(mounts[0].point == "/mnt/Ke toan\t\n\\x");
    CHECK(mounts[0].source == "//nas/K\xc3\xa1 to\xc3\xa1n");
    CHECK(mounts[1].point == "/mnt/\\9\\777\\04"); // no octal byte: left as it stands
    CHECK(mounts[1].source == "\\");
}

TEST_CASE("what is no line of mountinfo is passed over") {
    for (const char* text : {"", "\n\n", "x", "x 1 0:1 / / rw - ext4 a rw", "1", "1 2 3 4 /a rw",
                             "1 0 0:1 / / rw shared:1", "1 0 0:1 / / rw -", "1 0 0:1 / / rw - ",
                             "-1 0 0:1 / / rw - ext4 a", "1 0 0:1 / relative rw - ext4 a",
                             "99999999999999999999999 0 0:1 / / rw - ext4 a"})
        CHECK_MESSAGE(parse_mountinfo(text).empty(), text);
    const auto nameless = parse_mountinfo("1 0 0:1 / /a rw - tmpfs  rw");
    REQUIRE(nameless.size() == 1);
    CHECK(nameless[0].source.empty());
}

TEST_CASE("a folder that is missing lies on what the folder above it lies on") {
    const test::ScratchFolder folder;
    const auto here = mount_of(folder.path());
    REQUIRE(here);
    CHECK(!here->type.empty());
    CHECK(folder.path().starts_with(here->point));
    CHECK(*mount_of(folder / "not/there/yet") == *here);
    const auto open = util::open_path(folder.path(), O_PATH);
    CHECK(*mount_of(open->get()) == *here);
    CHECK(mount_of("/proc/self/fd")->type == "proc");
}

TEST_CASE("nothing mounted is seen where people mount things, and nowhere else") {
    for (const char* path : {"/mnt/nas", "/mnt/nas/saoluu", "/media/usb", "/run/media/lan/usb/x"})
        CHECK_MESSAGE(is_missing_mount(path, at("/")), path);
    CHECK(is_missing_mount("/run/media/lan/usb", at("/run"))); // in memory: worse still
    CHECK(!is_missing_mount("/mnt/nas/saoluu", at("/mnt/nas")));
    CHECK(!is_missing_mount("/mnt/saoluu", at("/mnt")));
    for (const char* path : {"/srv/saoluu", "/home/lan/saoluu", "/tmp/x", "/mntx/nas", "/mnt"})
        CHECK_MESSAGE(!is_missing_mount(path, at("/")), path);
}
