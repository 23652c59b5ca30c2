// SPDX-License-Identifier: Apache-2.0
#include "service/database.hpp"

#include "scratch_folder.hpp"
#include "util/file.hpp"

#include <csignal>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using saoluu::ErrorKind;
using saoluu::service::Database;
using saoluu::test::ScratchFolder;

namespace {

std::int64_t count(Database& database) {
    auto rows = database.prepare("SELECT count(*) FROM t");
    REQUIRE(rows.has_value());
    REQUIRE(rows->step().value());
    return rows->number(0);
}

Database made(const std::string& path) {
    auto database = Database::open(path, Database::Mode::write);
    REQUIRE(database.has_value());
    REQUIRE(database->execute("CREATE TABLE IF NOT EXISTS t (a, b)").has_value());
    return std::move(*database);
}

} // namespace

TEST_CASE("values come back from a database as they went in") {
    const ScratchFolder folder;
    Database database = made(folder.path() + "/state.db");
    const std::string odd("a\0b\xff'\"", 6);
    auto put = database.prepare("INSERT INTO t VALUES (?, ?), (?, ?)");
    REQUIRE(put.has_value());
    put->bind(std::int64_t{1} << 62).bind(odd).bind(std::optional<std::int64_t>()).bind("");
    REQUIRE(put->run().has_value());
    auto rows = database.prepare("SELECT a, b FROM t");
    REQUIRE(rows->step().value());
    CHECK(rows->number(0) == std::int64_t{1} << 62);
    CHECK(rows->text(1) == odd);
    REQUIRE(rows->step().value());
    CHECK(rows->is_null(0));
    CHECK_FALSE(rows->optional(0).has_value());
    CHECK_FALSE(rows->is_null(1));
    CHECK(rows->text(1).empty());
    CHECK_FALSE(rows->step().value());
}

TEST_CASE("a database is nobody else's to read") {
    const ScratchFolder folder;
    const Database database = made(folder.path() + "/state.db");
    for (const char* name : {"/state.db", "/state.db-wal"}) {
        struct stat facts {};
        REQUIRE(::stat((folder.path() + name).c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0600);
    }
}

TEST_CASE("a transaction that is not committed leaves nothing") {
    const ScratchFolder folder;
    Database database = made(folder.path() + "/state.db");
    {
        auto transaction = database.begin();
        REQUIRE(transaction.has_value());
        REQUIRE(database.execute("INSERT INTO t VALUES (1, 2)").has_value());
    }
    CHECK(count(database) == 0);
    auto transaction = database.begin();
    REQUIRE(database.execute("INSERT INTO t VALUES (1, 2)").has_value());
    REQUIRE(transaction->commit().has_value());
    CHECK(count(database) == 1);
}

TEST_CASE("what was committed outlives a process that is killed") {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/state.db";
    const pid_t child = ::fork();
    if (child == 0) {
        auto database = Database::open(path, Database::Mode::write);
        if (!database || !database->execute("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)"))
            ::_exit(1);
        auto transaction = database->begin();
        if (!transaction || !database->execute("INSERT INTO t VALUES (3, 4)"))
            ::_exit(1);
        (void)::raise(SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    Database database = made(path);
    CHECK(count(database) == 1);
    CHECK(database.check().has_value());
}

TEST_CASE("a database that is none, or a damaged one, is told as corrupt") {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/state.db";
    SUBCASE("text") {
        REQUIRE(saoluu::util::write_file_durably(
                    path, saoluu::util::as_bytes(std::string(5000, 'x')), 0600)
                    .has_value());
        const auto opened = Database::open(path, Database::Mode::write);
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.error().kind() == ErrorKind::corrupt);
    }
    SUBCASE("pages of zeros") {
        {
            Database database = made(path);
            for (int i = 0; i < 300; ++i)
                REQUIRE(database.execute("INSERT INTO t VALUES (1, randomblob(200))").has_value());
        }
        const auto fd = saoluu::util::open_path(path, O_RDWR);
        REQUIRE(saoluu::util::write_all(fd->get(), saoluu::util::Bytes(8192), path).has_value());
        auto opened = Database::open(path, Database::Mode::write);
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.error().kind() == ErrorKind::corrupt);
    }
    SUBCASE("a page in the middle") {
        {
            Database database = made(path);
            for (int i = 0; i < 300; ++i)
                REQUIRE(database.execute("INSERT INTO t VALUES (1, randomblob(200))").has_value());
        }
        const auto fd = saoluu::util::open_path(path, O_RDWR);
        REQUIRE(::lseek(fd->get(), 4096 * 2, SEEK_SET) > 0);
        REQUIRE(saoluu::util::write_all(fd->get(), saoluu::util::Bytes(4096), path).has_value());
        auto opened = Database::open(path, Database::Mode::write);
        REQUIRE(opened.has_value());
        const auto checked = opened->check();
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().kind() == ErrorKind::corrupt);
    }
}

TEST_CASE("a database that is read is not made, and not written") {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/state.db";
    const auto missing = Database::open(path, Database::Mode::read_only);
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().kind() == ErrorKind::not_found);
    Database writer = made(path);
    REQUIRE(writer.execute("INSERT INTO t VALUES (1, 2)").has_value());
    auto reader = Database::open(path, Database::Mode::read_only);
    REQUIRE(reader.has_value());
    CHECK(count(*reader) == 1);
    const auto written = reader->execute("INSERT INTO t VALUES (1, 2)");
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().kind() == ErrorKind::denied);
}
