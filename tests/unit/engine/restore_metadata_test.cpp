// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_metadata.hpp"

#include "made_snapshots.hpp"
#include "poor_child.hpp"

#include <filesystem>
#include <optional>

#include <pwd.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

using namespace saoluu;
using namespace saoluu::test;
using format::Entry;
using format::FileType;

namespace {

namespace fs = std::filesystem;

struct stat stat_of(const std::string& path) {
    struct stat info {};
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info;
}

std::optional<std::string> xattr_of(const std::string& path, const char* name) {
    std::string value(1000, '\0');
    const ssize_t size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    if (size < 0)
        return std::nullopt;
    value.resize(static_cast<std::size_t>(size));
    return value;
}

format::Xattr xattr(std::string name, std::string_view value) {
    return {.name = std::move(name), .value = util::copy_of(util::as_bytes(value))};
}

/// An ACL that gives `user` read access beside the owner's, group's and others' bits.
std::string acl_for(std::uint32_t user) {
    util::Bytes acl(4 + 5 * 8);
    util::store_le<std::uint32_t>(acl.data(), 2);
    std::byte* at = acl.data() + 4;
    const auto add = [&](std::uint16_t tag, std::uint16_t bits, std::uint32_t id) {
        util::store_le(at, tag);
        util::store_le(at + 2, bits);
        util::store_le(at + 4, id);
        at += 8;
    };
    constexpr std::uint32_t kNone = 0xffffffff;
    add(0x01, 6, kNone); // owner
    add(0x02, 4, user);
    add(0x04, 4, kNone); // group
    add(0x10, 4, kNone); // mask
    add(0x20, 0, kNone); // others
    return std::string(util::as_text(acl));
}

bool is_root() {
    if (::geteuid() == 0)
        return true;
    MESSAGE("skipped: this takes root's rights");
    return false;
}

} // namespace

TEST_CASE("extended attributes and ACLs come back on files, folders and links") {
    if (!is_root()) // for trusted.*, which alone links can have
        return;
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    Entry file = maker.file_of("file", "text");
    file.mode = 0640;
    file.xattrs = {xattr("system.posix_acl_access", acl_for(12345)), xattr("user.a", "1"),
                   xattr("user.b", std::string_view("\0\xff", 2))};
    Entry folder = folder_at("folder");
    folder.xattrs = {xattr("system.posix_acl_default", acl_for(12345)), xattr("user.f", "")};
    Entry link = link_to("link", "nowhere");
    link.xattrs = {xattr("trusted.l", "of the link")};
    const Entry inner = maker.file_of("folder/inner", "text");
    const std::string snapshot = maker.commit({file, folder, inner, link});
    Repository reader = repository.open(key::kReader);
    Told told;
    const std::string out = repository.path("out");
    const RestoreSummary made = restore_all(reader, snapshot, out, told);
    CHECK_MESSAGE(told.findings.empty(), told.text());
    CHECK(made.not_set == 0);
    CHECK(xattr_of(out + "/file", "user.a") == "1");
    CHECK(xattr_of(out + "/file", "user.b") == std::string("\0\xff", 2));
    CHECK(xattr_of(out + "/file", "system.posix_acl_access") == acl_for(12345));
    CHECK((stat_of(out + "/file").st_mode & 07777) == 0640);
    CHECK(xattr_of(out + "/folder", "user.f") == "");
    CHECK(xattr_of(out + "/folder", "system.posix_acl_default") == acl_for(12345));
    CHECK(xattr_of(out + "/link", "trusted.l") == "of the link");
    // What is in the folder had no ACL, and gets none because it was made first.
    CHECK(!xattr_of(out + "/folder/inner", "system.posix_acl_access"));

    SUBCASE("again: all is there, and nothing is touched") {
        const struct stat before = stat_of(out + "/file");
        CHECK(restore_all(reader, snapshot, out, told).already_there == 3);
        CHECK(stat_of(out + "/file").st_ctim.tv_nsec == before.st_ctim.tv_nsec);
        CHECK(told.findings.empty());
    }
    SUBCASE("a file that is made in a folder with a default ACL does not inherit it") {
        fs::remove(out + "/folder/inner");
        CHECK(restore_all(reader, snapshot, out, told).files == 1);
        CHECK(!xattr_of(out + "/folder/inner", "system.posix_acl_access"));
        CHECK((stat_of(out + "/folder/inner").st_mode & 07777) == inner.mode);
    }
    SUBCASE("an attribute is not set through a link that lies elsewhere") {
        REQUIRE(::removexattr((out + "/file").c_str(), "user.a") == 0);
        fs::create_hard_link(out + "/file", repository.path("outside"));
        CHECK(restore_all(reader, snapshot, out, told).failed == 1);
        CHECK(!xattr_of(repository.path("outside"), "user.a"));
    }
}

TEST_CASE("what could be dangerous comes back only when it is asked for") {
    if (!is_root())
        return;
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    Entry setuid = maker.file_of("setuid", "program");
    setuid.mode = 06755;
    Entry capable = maker.file_of("capable", "program");
    // CAP_NET_RAW, as setcap writes it
    capable.xattrs = {xattr("security.capability", std::string_view("\1\0\0\2\0\x20\0\0\0\0\0\0"
                                                                    "\0\0\0\0\0\0\0\0",
                                                                    20)),
                      xattr("user.kept", "x")};
    Entry folder = folder_at("setgid");
    folder.mode = 02750; // of a folder it is no danger, and kept
    Entry device = entry_of("device", FileType::character);
    device.device_major = 1;
    device.device_minor = 3;
    const Entry socket = entry_of("socket", FileType::socket);
    const std::string snapshot = maker.commit({setuid, capable, folder, device, socket});
    Repository reader = repository.open(key::kReader);
    Told told;
    const std::string out = repository.path("out");
    SUBCASE("not") {
        const RestoreSummary made = restore_all(reader, snapshot, out, told);
        CHECK(made.left_out == 4); // bits, capability, device, socket
        CHECK(made.failed + made.damaged + made.not_set == 0);
        CHECK((stat_of(out + "/setuid").st_mode & 07777) == 0755);
        CHECK(!xattr_of(out + "/capable", "security.capability"));
        CHECK(xattr_of(out + "/capable", "user.kept") == "x");
        CHECK(!fs::exists(out + "/device"));
        CHECK((stat_of(out + "/setgid").st_mode & 07777) == 02750);
    }
    SUBCASE("asked for") {
        const RestoreSummary made =
            restore_all(reader, snapshot, out, told,
                        {.devices = true, .setuid = true, .security_xattrs = true});
        CHECK(made.left_out == 1); // the socket
        CHECK((stat_of(out + "/setuid").st_mode & 07777) == 06755);
        CHECK(xattr_of(out + "/capable", "security.capability") ==
              util::as_text(capable.xattrs[0].value));
        CHECK(S_ISCHR(stat_of(out + "/device").st_mode));
        CHECK(stat_of(out + "/device").st_rdev == ::makedev(1, 3));
        CHECK((stat_of(out + "/device").st_mode & 0777) == 0700);
        const RestoreSummary again =
            restore_all(reader, snapshot, out, told,
                        {.devices = true, .setuid = true, .security_xattrs = true});
        CHECK(again.already_there == 3);
    }
    CHECK_MESSAGE(told.findings.empty(), told.text());
}

TEST_CASE("owners are found by their names, or taken by number") {
    if (!is_root())
        return;
    const passwd* const someone = ::getpwnam("nobody");
    REQUIRE(someone != nullptr);
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    Entry file = maker.file_of("known", "text");
    file.uid = 4242;
    file.gid = 4343;
    file.mode = 0640; // what its ACL says too
    file.xattrs = {xattr("system.posix_acl_access", acl_for(4242))};
    Entry other = maker.file_of("unknown", "text");
    other.uid = 5252;
    other.gid = 5353;
    maker.note().users = {{4242, "nobody"}, {5252, "nobody-has-this-name"}};
    maker.note().groups = {{4343, "nogroup"}};
    const std::string snapshot = maker.commit({file, other});
    Repository reader = repository.open(key::kReader);
    Told told;
    const std::string out = repository.path("out");
    SUBCASE("by name") {
        restore_all(reader, snapshot, out, told);
        CHECK(stat_of(out + "/known").st_uid == someone->pw_uid);
        CHECK(stat_of(out + "/known").st_gid == someone->pw_gid);
        CHECK(xattr_of(out + "/known", "system.posix_acl_access") == acl_for(someone->pw_uid));
    }
    SUBCASE("by number") {
        restore_all(reader, snapshot, out, told, {.numeric_owner = true});
        CHECK(stat_of(out + "/known").st_uid == 4242);
        CHECK(stat_of(out + "/known").st_gid == 4343);
        CHECK(xattr_of(out + "/known", "system.posix_acl_access") == acl_for(4242));
    }
    CHECK(stat_of(out + "/unknown").st_uid == 5252);
    CHECK(stat_of(out + "/unknown").st_gid == 5353);
    CHECK_MESSAGE(told.findings.empty(), told.text());
}

TEST_CASE("what an ordinary user can't set is told once for each kind") {
    if (!is_root())
        return;
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    std::vector<Entry> entries;
    for (const char* const name : {"a", "b", "c"}) {
        entries.push_back(maker.file_of(name, name));
        entries.back().uid = entries.back().gid = 1;
        entries.back().xattrs = {xattr("trusted.x", "1")};
    }
    const std::string snapshot = maker.commit(entries);
    give_to(4711, repository.path(""));
    const int outcome = in_child([&] {
        if (!become(4711))
            return 50;
        Repository reader = repository.open(key::kReader);
        Told told;
        const RestoreSummary made = restore_all(reader, snapshot, repository.path("out"), told);
        if (made.files != 3 || made.not_set != 4) // and the root
            return 51;
        return static_cast<int>(told.count(Severity::warning));
    });
    CHECK(outcome == 2); // owners, attributes
    CHECK(tree_of(repository.path("out")).size() == 4);
}

TEST_CASE("times of any century come back to the nanosecond") {
    const ScratchFolder disk; // not in memory: what a real disk can hold
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    std::vector<Entry> entries;
    const std::vector<std::int64_t> seconds = {-2'000'000'000, -1,           0, 1'700'000'000,
                                               4'294'967'296,  9'300'000'000}; // 2264
    for (const std::int64_t second : seconds) {
        entries.push_back(maker.file_of("of" + std::to_string(second), "text"));
        entries.back().mtime_seconds = second;
        entries.back().mtime_nanoseconds = 987'654'321;
    }
    const std::string snapshot = maker.commit(entries);
    Repository reader = repository.open(key::kReader);
    Told told;
    const std::string out = disk / "out";
    CHECK(restore_all(reader, snapshot, out, told).files == seconds.size());
    for (const Entry& entry : entries) {
        const struct stat info = stat_of(out + "/" + entry.path);
        CHECK(info.st_mtim.tv_sec == entry.mtime_seconds);
        CHECK(info.st_mtim.tv_nsec == entry.mtime_nanoseconds);
    }
}

TEST_CASE("metadata of what is pinned is that of the link itself") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    write_file(folder / "file", "text");
    fs::create_symlink("file", folder / "link");
    const struct stat before = stat_of(folder / "file");
    const util::Fd fd = must(util::open_path(folder / "link", O_PATH | O_NOFOLLOW));
    Entry entry = link_to("link", "file");
    entry.mode = 0777;
    entry.mtime_seconds = -77;
    entry.mtime_nanoseconds = 5;
    CHECK(engine::set_metadata(fd.get(), engine::Held::pinned, entry).is_whole());
    CHECK(engine::has_metadata(fd.get(), engine::Held::pinned, stat_of(folder / "link"), entry));
    CHECK(stat_of(folder / "link").st_mtim.tv_sec == -77);
    CHECK(stat_of(folder / "file").st_mtim.tv_sec == before.st_mtim.tv_sec);
    CHECK(stat_of(folder / "file").st_mode == before.st_mode);
}
