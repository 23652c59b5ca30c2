// SPDX-License-Identifier: Apache-2.0
// Whatever a catalog says, and whatever somebody does in the target meanwhile, nothing outside the
// target is reached.
#include "made_snapshots.hpp"
#include "poor_child.hpp"

#include "engine/restore_target.hpp"

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

using namespace saoluu;
using namespace saoluu::test;
using engine::RestoreTarget;
using format::Entry;
using format::FileType;

namespace {

namespace fs = std::filesystem;

/// From now on this process has no openat2(), as kernels before 5.6.
bool forget_openat2() {
    sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{.len = std::size(rules), .filter = rules};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
           ::syscall(SYS_openat2, AT_FDCWD, ".", nullptr, 0) == -1 && errno == ENOSYS;
}

/// A folder that no restore of these tests may touch.
struct Outside {
    std::string path;
    std::map<std::string, NodeFacts> before;
    explicit Outside(const RepositoryCase& repository) : path(repository.path("outside")) {
        fs::create_directories(path + "/deep");
        write_file(path + "/file", "do not touch");
        before = tree_of(path);
    }
    void check_untouched() const { check_same(tree_of(path), before); }
};

} // namespace

TEST_CASE("no path leads out of the target, by kernel or part by part") {
    const RepositoryCase repository;
    const Outside outside(repository);
    const std::string root = repository.path("target");
    for (const auto resolve :
         {RestoreTarget::Resolve::by_kernel, RestoreTarget::Resolve::by_parts}) {
        fs::remove_all(root);
        fs::create_directories(root + "/a/b/c");
        fs::create_symlink(outside.path, root + "/link");
        fs::create_symlink("a", root + "/near");
        fs::create_symlink("..", root + "/a/up");
        const RestoreTarget target = must(RestoreTarget::open(root, resolve));
        CHECK(target.folder("").has_value());
        CHECK(target.folder("a/b/c").has_value());
        for (const std::string_view path :
             {"link", "link/deep", "near", "near/b", "a/up", "a/up/a", "..", "a/../..", "/etc", "/",
              "a//b/../../..", "missing", "missing/more"}) {
            CAPTURE(path);
            CHECK(!target.folder(path).has_value());
        }
        CHECK(!target.make_folder("link/new").has_value());
        CHECK(!target.make_folder("link").has_value());
        CHECK(must(target.make_folder("a/b")) == RestoreTarget::Folder::existed);
        CHECK(must(target.make_folder("a/new")) == RestoreTarget::Folder::made);
    }
    outside.check_untouched();
}

TEST_CASE("paths longer than the system takes at once come back") {
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    const std::string part(250, 'p');
    std::vector<Entry> entries;
    std::string path;
    while (path.size() < 9000) {
        path += (path.empty() ? "" : "/") + part;
        entries.push_back(folder_at(path));
        entries.back().mtime_seconds = 1'000'000;
    }
    entries.push_back(maker.file_of(path + "/file", "at the bottom"));
    entries.push_back(entries.back());
    entries.back().path = path + "/linked";
    for (auto entry = entries.end() - 2; entry != entries.end(); ++entry)
        entry->link_group = maker.group("deep");
    entries.push_back(link_to(path + "/link", "file"));
    const std::string snapshot = maker.commit(entries);
    Repository reader = repository.open(key::kReader);
    Told told;
    const std::string out = repository.path("out");
    const RestoreSummary made = restore_all(reader, snapshot, out, told);
    CHECK_MESSAGE(told.findings.empty(), told.text());
    CHECK(made.files == 1);
    CHECK(made.linked == 1);
    CHECK(made.others == 1);
    CHECK(restore_all(reader, snapshot, out, told).already_there == 3);
    const RestoreTarget target = must(RestoreTarget::open(out));
    const util::Fd folder = must(target.folder(path));
    util::Bytes bytes(13);
    const util::Fd file = must(util::open_at(folder.get(), "file", O_RDONLY, 0, "file"));
    CHECK(must(util::read_some(file.get(), bytes, "file")) == bytes.size());
    CHECK(util::as_text(bytes) == "at the bottom");
    struct stat info {};
    REQUIRE(::fstatat(folder.get(), ".", &info, 0) == 0);
    CHECK(info.st_mtim.tv_sec == 1'000'000);
}

TEST_CASE("a path that no catalog may have is refused before anything is made of it") {
    for (const std::string_view evil : {"../evil", "/etc/ev", "a//evil", "./a/evi", "a/../ev"}) {
        CAPTURE(evil);
        const RepositoryCase repository;
        const Outside outside(repository);
        format::PageWriter page(0);
        page.add_entry("", format::encode_body(folder_at("")));
        page.add_entry("PLACE-7", format::encode_body(entry_of("", FileType::folder)));
        util::Bytes bytes = page.take();
        const util::BytesView placed = util::as_bytes("PLACE-7");
        const auto at = std::search(bytes.begin(), bytes.end(), placed.begin(), placed.end());
        REQUIRE(at != bytes.end());
        REQUIRE(placed.size() == evil.size());
        std::ranges::copy(util::as_bytes(evil), at);
        const std::string snapshot = SnapshotMaker(repository).commit_page(bytes);
        Repository reader = repository.open(key::kReader);
        Told told;
        const RestoreSummary made = restore_all(reader, snapshot, repository.path("out"), told);
        CHECK(made.damaged == 1);
        CHECK(made.folders == 0);
        CHECK(!fs::exists(repository.path("evil")));
        outside.check_untouched();
    }
}

TEST_CASE("a hostile catalog makes links and follows none") {
    const RepositoryCase repository;
    const Outside outside(repository);
    SnapshotMaker maker(repository);
    std::vector<Entry> entries = {link_to("a", outside.path), link_to("f", outside.path + "/file"),
                                  link_to("up", "../outside/file")};
    SUBCASE("a file, a folder and a device below a link") {
        entries.push_back(maker.file_of("a/evil", "evil"));
        entries.push_back(folder_at("a/evil-folder"));
        entries.push_back(entry_of("a/evil-device", FileType::character));
    }
    SUBCASE("a hard-link group whose first name lies outside") {
        entries.push_back(maker.file_of("a/file", "evil"));
        entries.back().link_group = maker.group("x");
        entries.push_back(maker.file_of("b", "evil"));
        entries.back().link_group = maker.group("x");
    }
    SUBCASE("a hard-link group of a link and a file") {
        entries[1].link_group = maker.group("x");
        entries.push_back(maker.file_of("g", "evil"));
        entries.back().link_group = maker.group("x");
        entries.push_back(maker.file_of("h", "evil"));
        entries.back().link_group = maker.group("x");
    }
    SUBCASE("two entries of one name, one of them a link") {
        entries.push_back(maker.file_of("f/below", "evil"));
    }
    const std::string snapshot = maker.commit(entries);
    const auto restore = [&](const std::string& out, Overwrite overwrite) {
        Repository reader = repository.open(key::kReader);
        Told told;
        RestoreOptions options;
        options.devices = options.setuid = options.security_xattrs = true;
        options.overwrite = overwrite;
        restore_all(reader, snapshot, out, told, options);
        CHECK(fs::read_symlink(out + "/a") == outside.path);
        CHECK(fs::read_symlink(out + "/f") == outside.path + "/file");
        outside.check_untouched();
    };
    restore(repository.path("out"), Overwrite::never);
    restore(repository.path("out"), Overwrite::always);
    // And on a kernel that has no openat2().
    CHECK(in_child([&] {
              if (!forget_openat2())
                  return 1;
              restore(repository.path("out-by-parts"), Overwrite::always);
              return 0;
          }) == 0);
    outside.check_untouched();
    CHECK(fs::is_symlink(repository.path("out-by-parts") + "/a"));
}

TEST_CASE("a restore without openat2 is the same tree") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_random_tree(source, 5);
    Repository backup = repository.open(key::kBackup);
    const std::string snapshot = back_up(backup, source).snapshot;
    CHECK(in_child([&] {
              if (!forget_openat2())
                  return 1;
              Repository reader = repository.open(key::kReader);
              restore_to(reader, snapshot, source, repository.path("out"), 2);
              return 0;
          }) == 0);
    check_same(tree_of(repository.path("out")), tree_of(source));
}

TEST_CASE("folders that someone swaps for links meanwhile lead nowhere") {
    const RepositoryCase repository;
    const Outside outside(repository);
    SnapshotMaker maker(repository);
    std::vector<Entry> entries;
    for (int i = 0; i < 200; ++i) {
        const std::string folder = "d" + std::to_string(i);
        entries.push_back(folder_at(folder));
        for (const char* const name : {"/deep", "/file", "/other"})
            entries.push_back(maker.file_of(folder + name, "evil"));
        entries.push_back(link_to(folder + "/link", "file"));
    }
    const std::string snapshot = maker.commit(entries);
    for (int round = 0; round < 5; ++round) {
        const std::string out = repository.path("out" + std::to_string(round));
        fs::create_directory(out);
        std::atomic<bool> is_done = false;
        std::jthread attacker([&] { // exchanges each folder for a link as soon as it is there
            std::error_code ignored;
            for (int i = 0; !is_done; i = (i + 1) % 200) {
                const std::string folder = out + "/d" + std::to_string(i);
                const std::string link = out + "/evil";
                fs::create_directory_symlink(outside.path, link, ignored);
                ::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE);
            }
        });
        Repository reader = repository.open(key::kReader);
        Told told;
        RestoreOptions options;
        options.overwrite = Overwrite::always;
        restore_all(reader, snapshot, out, told, options);
        is_done = true;
        attacker.join();
        outside.check_untouched();
    }
}

TEST_CASE("what a killed run left is removed, and nothing else") {
    const RepositoryCase repository;
    const std::string out = repository.path("out");
    SnapshotMaker maker(repository);
    const std::string snapshot =
        maker.commit({folder_at("d"), maker.file_of("d/one", "1"), maker.file_of("two", "2")});
    fs::create_directories(out + "/d");
    const auto leave_behind = [&](const std::string& folder) {
        const RestoreTarget killed = must(RestoreTarget::open(out)); // has the lock while it lives
        const std::string path = out + folder + "/" + killed.temporary_name();
        write_file(path, "a part");
        return path;
    };
    const std::vector<std::string> ours = {leave_behind(""), leave_behind("/d")};
    const std::vector<std::string> others = {out + "/.saoluu-1-2-0.part", out + "/d/mine.part"};
    for (const std::string& path : others)
        write_file(path, "not of this target");
    const std::string linked = leave_behind("/d") + "x.part";
    fs::create_hard_link(ours[1], linked);
    fs::remove(ours[1]);
    fs::create_hard_link(linked, ours[1]); // somebody has another name of it
    Repository reader = repository.open(key::kReader);
    Told told;
    SUBCASE("by the next run") {
        restore_all(reader, snapshot, out, told);
        CHECK(!fs::exists(ours[0]));
        CHECK(fs::exists(ours[1]));
        CHECK(fs::exists(linked));
    }
    SUBCASE("not by one beside another that is still running") {
        const RestoreTarget running = must(RestoreTarget::open(out));
        CHECK(restore_all(reader, snapshot, out, told).files == 2);
        CHECK(fs::exists(ours[0]));
    }
    SUBCASE("not by a dry run") {
        RestoreOptions options;
        options.dry_run = true;
        restore_all(reader, snapshot, out, told, options);
        CHECK(fs::exists(ours[0]));
    }
    for (const std::string& path : others)
        CHECK(fs::exists(path));
}
