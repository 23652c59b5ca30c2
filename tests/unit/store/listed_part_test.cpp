// SPDX-License-Identifier: Apache-2.0
#include "store/listed_part.hpp"

#include <string>

#include <doctest/doctest.h>

using saoluu::store::ListedPart;

TEST_CASE("a walk begins in the folder that the prefix names") {
    CHECK(ListedPart("", "").start() == "");
    CHECK(ListedPart("packs", "").start() == "");
    CHECK(ListedPart("packs/", "").start() == "packs/");
    CHECK(ListedPart("packs/ab/12", "").start() == "packs/ab/");
    // No object has such a name.
    for (const char* const prefix : {"tmp/", "tmp/x", "lost+found/", "/", "a//b", "../", "a/../b"})
        CHECK_MESSAGE(!ListedPart(prefix, "").start(), prefix);
}

TEST_CASE("a part has what is behind `after` and below the prefix") {
    const ListedPart part("packs/a", "packs/ab/5");
    CHECK(part.has_file("packs/ab/6"));
    CHECK(part.has_file("packs/ac/1"));
    CHECK_FALSE(part.has_file("packs/ab/5"));
    CHECK_FALSE(part.has_file("packs/aa/9"));
    CHECK_FALSE(part.has_file("packs/b"));
    CHECK(part.has_some_of("packs/"));
    CHECK(part.has_some_of("packs/ab/"));
    CHECK(part.has_some_of("packs/ac/"));
    CHECK_FALSE(part.has_some_of("packs/aa/"));
    CHECK_FALSE(part.has_some_of("index/"));
}

TEST_CASE("what lies in every tree belongs to no part, and what lies very deep to none") {
    const ListedPart all("", "");
    for (const char* const folder :
         {"tmp/", "lost+found/", "@eaDir/", "packs/@eaDir/", ".snapshot/"})
        CHECK_MESSAGE(!all.has_some_of(folder), folder);
    for (const char* const file :
         {"Thumbs.db", "packs/ab/Thumbs.db", "packs/ab/.nfs0000000012345678"})
        CHECK_MESSAGE(!all.has_file(file), file);
    CHECK(all.has_some_of("packs/tmp/"));
    std::string deep;
    for (int i = 0; i < 16; ++i)
        deep += "x/";
    CHECK(all.has_some_of(deep));
    CHECK_FALSE(all.has_some_of(deep + "x/"));
}
