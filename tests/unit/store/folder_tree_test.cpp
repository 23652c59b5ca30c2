// SPDX-License-Identifier: Apache-2.0
#include "store/folder_tree.hpp"

#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

using namespace saoluu;
using store::FolderTree;
using store::Naming;
using store::Put;

namespace {

FolderTree open(const std::string& path, Naming naming) {
    auto tree = FolderTree::open(path, naming);
    REQUIRE(tree);
    return *std::move(tree);
}

void create(const FolderTree& tree, const char* name, const char* text) {
    const auto file = tree.create_file(name);
    REQUIRE(file);
    REQUIRE(util::write_all(file->get(), util::as_bytes(text), name));
}

std::string text_of(const FolderTree& tree, const char* name) {
    const auto bytes = util::read_file(tree.path_of(name), 100);
    REQUIRE(bytes);
    return std::string(util::as_text(*bytes));
}

} // namespace

TEST_CASE("a file gets its name once, by renaming, by linking and by looking") {
    for (const Naming naming : {Naming::rename, Naming::link, Naming::look}) {
        const test::ScratchFolder scratch;
        const FolderTree tree = open(scratch.path(), naming);
        create(tree, "tmp/1", "first");
        create(tree, "tmp/2", "second");
        CHECK(*tree.publish("tmp/1", "packs/ab/x") == Put::created);
        CHECK(*tree.publish("tmp/2", "packs/ab/x") == Put::exists);
        CHECK(text_of(tree, "packs/ab/x") == "first");
        CHECK(std::filesystem::is_empty(scratch / "tmp"));
        CHECK(std::filesystem::hard_link_count(scratch / "packs/ab/x") == 1);
    }
}

TEST_CASE("a link whose answer got lost is known as our own") {
    const test::ScratchFolder scratch;
    const FolderTree tree = open(scratch.path(), Naming::link);
    create(tree, "tmp/1", "first");
    REQUIRE(::link((scratch / "tmp/1").c_str(), (scratch / "done").c_str()) == 0);
    CHECK(*tree.publish("tmp/1", "done") == Put::created);
    CHECK(text_of(tree, "done") == "first");
}

TEST_CASE("a file that is gone can't be published") {
    for (const Naming naming : {Naming::rename, Naming::link, Naming::look}) {
        const test::ScratchFolder scratch;
        const auto put = open(scratch.path(), naming).publish("tmp/1", "a");
        REQUIRE_FALSE(put);
        CHECK(put.error().kind() == ErrorKind::not_found);
    }
}

TEST_CASE("a file of a NAS's own second link is not taken for our own doing") {
    const test::ScratchFolder scratch;
    const FolderTree tree = open(scratch.path(), Naming::link);
    create(tree, "tmp/1", "first");
    create(tree, "done", "other");
    REQUIRE(::link((scratch / "tmp/1").c_str(), (scratch / "snapshot").c_str()) == 0);
    CHECK(*tree.publish("tmp/1", "done") == Put::exists);
    CHECK(text_of(tree, "done") == "other");
}

TEST_CASE("only a tree that looks before it renames may overwrite, and says so") {
    for (const Naming naming : {Naming::rename, Naming::link, Naming::look}) {
        const test::ScratchFolder scratch;
        const FolderTree tree = open(scratch.path(), naming);
        create(tree, "tmp/1", "first");
        REQUIRE(tree.publish("tmp/1", "a"));
        CHECK(tree.never_overwrites() == (naming != Naming::look));
    }
}

TEST_CASE("what a NAS leaves about is not listed, and what is like it is") {
    const test::ScratchFolder scratch;
    const FolderTree tree = open(scratch.path(), Naming::rename);
    for (const char* name :
         {"@eaDir/a", "packs/ab/@eaDir/a@SynoEAStream", "#recycle/packs/ab/x",
          ".snapshot/daily/format", "packs/ab/.nfs000000000012", "packs/.smbdeleteAAA1",
          ".DS_Store", "packs/._x", "Thumbs.db", "desktop.ini", ".Trash-1000/files/x",
          "$RECYCLE.BIN/x", "lost+found/x"})
        create(tree, name, "rubbish");
    const std::vector<std::string> kept = {
        "@eaDi", "format", "nfs1", "packs/Thumbs.db.old", "packs/ab/snapshot", "packs/eaDir/x"};
    for (const std::string& name : kept)
        create(tree, name.c_str(), "object");
    std::vector<std::string> listed;
    REQUIRE(tree.list("", "", [&](const store::ObjectInfo& info) {
        listed.push_back(info.name);
        return true;
    }));
    CHECK(listed == kept);
}
