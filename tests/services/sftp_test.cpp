// SPDX-License-Identifier: Apache-2.0
#include "store/probe.hpp"
#include "store/sftp.hpp"
#include "store/sftp_ssh.hpp"

#include "random_bytes.hpp"
#include "scratch_folder.hpp"
#include "sftp_case.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/// The store against OpenSSH's server, which tests/support/services/sftp.sh started.

namespace saoluu::test {
namespace {

namespace fs = std::filesystem;
using store::MissingFolder;
using store::Put;
using store::Store;

/// The folder of a store on the server, seen from the server's side.
std::string served(const std::string& folder) {
    return sftp_setting("PATH") + "/" + folder;
}

std::unique_ptr<Store> open_in(const std::string& folder) {
    auto store = store::open_sftp_store(sftp_location(folder), sftp_reach(), MissingFolder::refuse);
    REQUIRE(store);
    return *std::move(store);
}

Error failed_open(const store::SftpLocation& location, const Reach& reach) {
    const auto store = store::open_sftp_store(location, reach, MissingFolder::refuse);
    REQUIRE(!store);
    return store.error();
}

bool says(const Error& error, const std::string& words) {
    return error.message().find(words) != std::string::npos;
}

std::vector<std::string> names(Store& store, const std::string& prefix = {}) {
    std::vector<std::string> found;
    REQUIRE(store.list(prefix, {}, [&](const store::ObjectInfo& info) {
        found.push_back(info.name);
        return true;
    }));
    return found;
}

} // namespace

TEST_CASE("what is put is there, whole, and once") {
    const std::string folder = new_sftp_folder();
    auto store = open_in(folder);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{32 * 1024},
                                   std::size_t{32 * 1024 + 1}, std::size_t{9'000'001}}) {
        CAPTURE(size);
        const util::Bytes bytes = random_bytes(size, size + 1);
        const std::string name = "packs/ab/" + std::to_string(size);
        REQUIRE(store->put(name, bytes));
        CHECK(*store->put(name, random_bytes(7, 1)) == Put::exists);
        CHECK(util::equal(*store->get(name, size), bytes));
        CHECK(store->stat(name)->size == size);
        if (size > 10) {
            util::Bytes part(size - 10);
            REQUIRE(store->read(name, 7, part));
            CHECK(util::equal(part, util::BytesView(bytes).subspan(7, size - 10)));
            CHECK(store->read(name, 11, part).error().kind() == ErrorKind::corrupt);
            CHECK(store->get(name, size - 1).error().kind() == ErrorKind::corrupt);
        }
        CHECK(fs::status(served(folder) + "/" + name).permissions() ==
              (fs::perms::owner_read | fs::perms::owner_write));
    }
    CHECK(names(*store).size() == 5);
    CHECK(store->get("packs/none", 1).error().kind() == ErrorKind::not_found);
    CHECK(store->remove("packs/ab/1"));
    CHECK(store->remove("packs/ab/1"));
    CHECK(store->stat("packs/ab/1").error().kind() == ErrorKind::not_found);
    store.reset(); // waits for the last removals
    CHECK(fs::is_empty(served(folder) + "/tmp"));
}

TEST_CASE("OpenSSH's rename refuses a name that is there, and its files are synced") {
    const auto store = new_sftp_store();
    const auto facts = store::probe(*store);
    REQUIRE(facts);
    CHECK(facts->at("rename") == "refuses");
    CHECK(facts->at("fsync") == "yes");
    CHECK(facts->at("exclusive-create") == "yes");
    CHECK(store->nature().creates_exclusively);
}

TEST_CASE("of many writers of one name one wins, and what it wrote is kept") {
    const std::string folder = new_sftp_folder();
    auto one = open_in(folder);
    auto other = open_in(folder);
    for (int round = 0; round < 5; ++round) {
        const std::string name = "locks/" + std::to_string(round);
        std::atomic<int> created = 0;
        std::atomic<int> winner = -1;
        std::vector<std::jthread> writers;
        for (int w = 0; w < 8; ++w)
            writers.emplace_back([&, w] {
                const auto put = (w % 2 == 0 ? one : other)
                                     ->put(name, random_bytes(100'000, static_cast<unsigned>(w)));
                if (put && *put == Put::created) {
                    ++created;
                    winner = w;
                }
            });
        writers.clear();
        CHECK(created == 1);
        CHECK(util::equal(*one->get(name, 100'000),
                          random_bytes(100'000, static_cast<unsigned>(winner.load()))));
    }
    one.reset(); // waits for the last removals
    other.reset();
    CHECK(fs::is_empty(served(folder) + "/tmp"));
}

TEST_CASE("a listing of many folders is in order, begins where it is told and ends when told") {
    const std::string folder = new_sftp_folder();
    std::vector<std::string> made;
    for (int f = 0; f < 256; ++f) {
        char name[16];
        std::snprintf(name, sizeof name, "packs/%02x", static_cast<unsigned>(f));
        fs::create_directories(served(folder) + "/" + name);
        for (int i = 0; i < (f == 7 ? 2500 : 3); ++i) {
            made.push_back(std::string(name) + "/" + std::to_string(i));
            std::ofstream(served(folder) + "/" + made.back()) << i;
        }
    }
    for (const char* odd : {"packs.", "packs-1/x", "packs/00.a", "packs/00-/y", "z"}) {
        fs::create_directories(fs::path(served(folder) + "/" + odd).parent_path());
        std::ofstream(served(folder) + "/" + odd) << "odd";
        made.emplace_back(odd);
    }
    fs::create_directories(served(folder) + "/tmp");
    std::ofstream(served(folder) + "/tmp/hidden") << "x";
    fs::create_symlink("packs", served(folder) + "/link");
    REQUIRE(::mkfifo((served(folder) + "/pipe").c_str(), 0600) == 0);
    std::sort(made.begin(), made.end());
    const auto store = open_in(folder);
    CHECK(names(*store) == made);
    CHECK(names(*store, "packs/07/249").size() == 11);
    CHECK(names(*store, "none/").empty());
    CHECK(names(*store, "tmp/").empty());
    for (const std::size_t at : {std::size_t{0}, std::size_t{100}, made.size() - 1}) {
        std::vector<std::string> rest;
        REQUIRE(store->list("", made[at], [&](const store::ObjectInfo& info) {
            rest.push_back(info.name);
            return rest.size() < 400;
        }));
        const std::size_t count = std::min<std::size_t>(400, made.size() - at - 1);
        const auto begin = made.begin() + static_cast<std::ptrdiff_t>(at) + 1;
        CHECK(rest == std::vector<std::string>(begin, begin + static_cast<std::ptrdiff_t>(count)));
    }
    CHECK(store->stat("link").error().kind() == ErrorKind::not_found);
    CHECK(store->get("link/00/0", 9)); // a folder may be a link, as an administrator likes
    fs::create_symlink("z", served(folder) + "/link-to-object");
    CHECK(store->get("link-to-object", 9).error().kind() == ErrorKind::not_found);
}

TEST_CASE("the store can be used while it is listed, by more threads than it has connections") {
    const auto store = new_sftp_store();
    REQUIRE(store->put("a", {}));
    REQUIRE(store->put("b", {}));
    std::atomic<int> seen = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&] {
            (void)store->list("", "", [&](const store::ObjectInfo& info) {
                seen += store->stat(info.name) ? 1 : 0;
                return true;
            });
        });
    threads.clear();
    CHECK(seen == 16);
}

TEST_CASE("a missing folder is made by init only") {
    const auto location = sftp_location("missing/deep/repo");
    const Error error = failed_open(location, sftp_reach());
    CHECK(error.kind() == ErrorKind::no_repository);
    CHECK(store::open_sftp_store(location, sftp_reach(), MissingFolder::create));
    CHECK(store::open_sftp_store(location, sftp_reach(), MissingFolder::refuse));
}

TEST_CASE("the host's key is the pinned one, the known one, or refused") {
    const auto location = sftp_location(new_sftp_folder());
    Reach pinned = sftp_reach();
    pinned.sftp.known_hosts.clear();
    pinned.sftp.host_key = sftp_setting("HOST_KEY");
    CHECK(store::open_sftp_store(location, pinned, MissingFolder::refuse));

    Reach wrong = pinned;
    wrong.sftp.host_key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEUSe6pJ6XXbRUu0Jnyr4mBVaxpdbXKrMHDnOOzUZuyS";
    Error error = failed_open(location, wrong);
    CHECK(error.kind() == ErrorKind::denied);
    CHECK_MESSAGE(says(error, "another host key"), error.message());
    CHECK(!error.may_retry());

    wrong.sftp.host_key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC";
    error = failed_open(location, wrong);
    CHECK_MESSAGE(says(error, "another host key"), error.message());

    for (const char* bad : {"AAAA", "ssh-ed25519", "ssh-ed25519 AAAA\n* ssh-rsa AAAA",
                            "-oProxyCommand=x AAAA", "ssh-ed25519 AAAA*"}) {
        CAPTURE(bad);
        wrong.sftp.host_key = bad;
        CHECK(failed_open(location, wrong).kind() == ErrorKind::usage);
    }

    const ScratchFolder scratch;
    std::ofstream(scratch / "none").flush();
    Reach unknown = sftp_reach();
    unknown.sftp.known_hosts = scratch / "none";
    error = failed_open(location, unknown);
    CHECK(error.kind() == ErrorKind::denied);
    CHECK_MESSAGE(says(error, "not known here"), error.message());

    std::ofstream(scratch / "known")
        << "[127.0.0.1]:" << location.port
        << " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEUSe6pJ6XXbRUu0Jnyr4mBVaxpdbXKrMHDnOOzUZuyS\n";
    unknown.sftp.known_hosts = scratch / "known";
    error = failed_open(location, unknown);
    CHECK_MESSAGE(says(error, "another host key"), error.message());
}

TEST_CASE("a wrong key, a port where nobody listens and a host that is none are told apart") {
    auto location = sftp_location(new_sftp_folder());
    const ScratchFolder scratch;
    Reach reach = sftp_reach();
    reach.sftp.key_file = scratch / "other key % 1";
    REQUIRE(std::system(
                ("ssh-keygen -q -t ed25519 -N '' -f '" + reach.sftp.key_file + "'").c_str()) == 0);
    Error error = failed_open(location, reach);
    CHECK(error.kind() == ErrorKind::denied);
    CHECK_MESSAGE(says(error, "authorized_keys"), error.message());

    reach.sftp.key_file = scratch / "none";
    CHECK(failed_open(location, reach).kind() == ErrorKind::not_found);

    location.port = 1;
    error = failed_open(location, sftp_reach());
    CHECK(error.kind() == ErrorKind::io);
    CHECK(error.may_retry());
    CHECK_MESSAGE(says(error, "refused"), error.message());

    location.host = "no-such-host.invalid";
    error = failed_open(location, sftp_reach());
    CHECK_MESSAGE(says(error, "no host of that name"), error.message());
}

TEST_CASE("a key with a path that ssh's options could misread is used") {
    const ScratchFolder scratch;
    Reach reach = sftp_reach();
    const std::string odd = scratch / "my key 100%h";
    fs::copy_file(reach.sftp.key_file, odd);
    fs::permissions(odd, fs::perms::owner_read);
    reach.sftp.key_file = odd;
    CHECK(store::open_sftp_store(sftp_location(new_sftp_folder()), reach, MissingFolder::refuse));
}

TEST_CASE("rubbish older than a day goes with the first put, and nothing else") {
    const std::string folder = new_sftp_folder();
    fs::create_directories(served(folder) + "/tmp/folder");
    for (const char* name : {"old", "new"})
        std::ofstream(served(folder) + "/tmp/" + name) << name;
    fs::last_write_time(served(folder) + "/tmp/old",
                        fs::file_time_type::clock::now() - std::chrono::hours(25));
    fs::last_write_time(served(folder) + "/tmp/folder",
                        fs::file_time_type::clock::now() - std::chrono::hours(25));
    const auto store = open_in(folder);
    REQUIRE(store->put("a", {}));
    CHECK(store->stat("a")); // on the same connection: the removal was answered before
    CHECK(!fs::exists(served(folder) + "/tmp/old"));
    CHECK(fs::exists(served(folder) + "/tmp/new"));
    CHECK(fs::exists(served(folder) + "/tmp/folder"));
}

TEST_CASE("a writer that is killed leaves rubbish in tmp/ and no object") {
    const std::string folder = new_sftp_folder();
    const auto store = open_in(folder);
    for (int round = 0; round < 6; ++round) {
        const std::string name = "packs/" + std::to_string(round);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const auto own =
                store::open_sftp_store(sftp_location(folder), sftp_reach(), MissingFolder::refuse);
            const util::Bytes bytes = random_bytes(64 << 20, 1);
            if (own)
                (void)(*own)->put(name, bytes);
            ::_exit(0);
        }
        // Until so much of the file is written, not for so long.
        const auto size_in_tmp = [&] {
            std::uintmax_t size = 0;
            std::error_code gone;
            for (const auto& entry : fs::directory_iterator(served(folder) + "/tmp", gone))
                size = std::max(size, entry.file_size(gone) == static_cast<std::uintmax_t>(-1)
                                          ? 0
                                          : entry.file_size(gone));
            return size;
        };
        const std::uintmax_t most = (std::uintmax_t{1} << 20) * static_cast<unsigned>(round * 8);
        for (int i = 0; i < 10'000 && size_in_tmp() <= most; ++i)
            ::usleep(1000);
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        const auto found = store->get(name, 64 << 20);
        if (found)
            CHECK(util::equal(*found, random_bytes(64 << 20, 1)));
        else
            CHECK(found.error().kind() == ErrorKind::not_found);
        for (const auto& entry : fs::directory_iterator(served(folder) + "/tmp"))
            fs::remove(entry.path());
    }
    REQUIRE(store->put("packs/0", random_bytes(10, 1)));
}

TEST_CASE("a program that ends at once is told of, and may be tried again") {
    auto lost = store::open_sftp_store(
        store::SftpPlace{.connect =
                             [] {
                                 store::sftp::Line line;
                                 auto process = util::Process::start({"sh", "-c", "exit 3"});
                                 REQUIRE(process);
                                 line.to = std::move(process->in());
                                 line.from = std::move(process->out());
                                 line.process = *std::move(process);
                                 line.what = "here";
                                 return store::sftp::Channel::begin(std::move(line));
                             },
                         .root = "/",
                         .label = "here"},
        {}, MissingFolder::refuse);
    REQUIRE(!lost);
    CHECK(lost.error().may_retry());
}

} // namespace saoluu::test
