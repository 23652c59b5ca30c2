// SPDX-License-Identifier: Apache-2.0
#include "saoluu/config.hpp"

#include "config_case.hpp"
#include "policy/agenda.hpp"
#include "policy/time_zone.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace saoluu;
using test::ConfigCase;

namespace {

const std::string kStore = "[[store]]\nname = \"nas\"\nurl = \"/mnt/nas\"\n";
const std::string kS3 = "[[store]]\nname = \"cloud\"\nurl = \"s3://bucket/x\"\n";
const std::string kSftp = "[[store]]\nname = \"may\"\nurl = \"sftp://u@h/x\"\n";

} // namespace

TEST_CASE_FIXTURE(ConfigCase, "every key of a store comes to where it is used") {
    const auto config =
        load(kS3 +
             "endpoint = \"https://h\"\nregion = \"r\"\npath_style = false\n"
             "ca = \"ca.pem\"\naccess_key_id = \"A\"\n"
             "secret_access_key = \"S\"\nsession_token = \"T\"\n"
             "allow_http = true\nlimit_upload = \"2M\"\nlimit_download = 500\n"
             "patience = \"2h\"\nspool = \"/var/x\"\n" +
             kSftp +
             "ssh_key = \"id\"\nknown_hosts = \"/k\"\nhost_key = \"ssh-ed25519 A\"\n"
             "patience = \"90s\"\n");
    REQUIRE(config);
    REQUIRE(config->stores.size() == 2);
    const StoreConfig& s3 = config->stores[0];
    CHECK(s3.name == "cloud");
    CHECK(s3.url == "s3://bucket/x");
    CHECK(s3.line == 1);
    CHECK(s3.reach.s3.endpoint == "https://h");
    CHECK(s3.reach.s3.region == "r");
    CHECK_FALSE(s3.reach.s3.path_style);
    CHECK(s3.reach.s3.plain_http);
    CHECK(s3.reach.s3.ca_file == folder / "ca.pem");
    CHECK(s3.reach.s3.access_key == "A");
    CHECK(s3.reach.s3.secret_key.reveal() == "S");
    CHECK(s3.reach.s3.session_token.reveal() == "T");
    CHECK(s3.reach.upload_limit == 2U << 20);
    CHECK(s3.reach.download_limit == 500);
    CHECK(s3.reach.patience == std::chrono::hours(2));
    CHECK(s3.reach.spool_folder == "/var/x");
    const StoreConfig& sftp = config->stores[1];
    CHECK(sftp.line == 16);
    CHECK(sftp.reach.sftp.key_file == folder / "id");
    CHECK(sftp.reach.sftp.known_hosts == "/k");
    CHECK(sftp.reach.sftp.host_key == "ssh-ed25519 A");
    CHECK(sftp.reach.patience == std::chrono::seconds(90));
    CHECK(sftp.reach.upload_limit == 0);
}

TEST_CASE_FIXTURE(ConfigCase, "a byte order mark and the line ends of Windows make no difference") {
    std::string text = "\xEF\xBB\xBF" + kStore;
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
        text.replace(at, 1, "\r\n");
    const auto config = load(text);
    REQUIRE(config);
    CHECK(config->stores.front().url == "/mnt/nas");
}

TEST_CASE_FIXTURE(ConfigCase, "a mistake is named with its line, its key and what would be right") {
    struct Mistake {
        std::string text;
        std::string message;
    };
    const std::vector<Mistake> mistakes = {
        {kStore + "limit_uplod = \"2M\"\n",
         "F:4: limit_uplod: no such key in [[store]]: is limit_upload meant?"},
        {kStore + "Patience = \"5m\"\n",
         "F:4: Patience: no such key in [[store]]: is patience meant?"},
        {"[[stroe]]\n", "F:1: stroe: no such key in this file: is store meant?"},
        {kStore + "[[retention]]\nname = \"x\"\n",
         "F:4: retention: no such key in this file; there are: key_file, "},
        {"[store]\nname = \"nas\"\n",
         "F:1: a store begins with a line [[store]], with two brackets on each side"},
        {"store = [1]\n",
         "F:1: a store begins with a line [[store]], with two brackets on each side"},
        {"[[store]]\nurl = \"/x\"\n",
         "F:1: this [[store]] has no name: add a line such as name = \"nas\""},
        {"[[store]]\nname = \"nas\"\n",
         "F:1: store \"nas\": it is not said where it is: add a line such as url = "
         "\"/mnt/nas/saoluu\""},
        {"[[store]]\nname = \"máy\"\nurl = \"/x\"\n",
         "F:2: name = \"máy\": a name has letters without marks, digits, \"-\" and \"_\", at most "
         "64, and no \"-\" first"},
        {"[[store]]\nname = 7\n", "F:2: name = 7: a text in quotes is needed, such as \"nas\""},
        {"[[store]]\nname = \"\"\n",
         "F:2: name = \"\": it is empty: give a value, or leave the line out"},
        {"[[store]]\nname = \"a\\nb\"\n",
         "F:2: name = \"a\\nb\": there is a line's end or another control character in it"},
        {"[[store]]\nurl = \"nas/x\"\n",
         "F:2: url = \"nas/x\": it is a whole path such as /mnt/nas/saoluu, or "
         "sftp://user@host/path, or s3://bucket/prefix"},
        {kS3 + "path_style = \"no\"\n",
         "F:4: path_style = \"no\": it is true or false, without quotes"},
        {kStore + "limit_upload = -1\n",
         "F:4: limit_upload = -1: a size in bytes a second is needed, such as \"500k\" or \"2M\"; "
         "leave the line out for no limit"},
        {kStore + "limit_upload = \"0\"\n",
         "F:4: limit_upload = \"0\": a size in bytes a second is needed, such as \"500k\" or "
         "\"2M\"; leave the line out for no limit"},
        {kStore + "patience = 5\n",
         "F:4: patience = 5: a time is needed, such as \"90s\", \"5m\" or \"2h\": at most 24h"},
        {kStore + "patience = \"25h\"\n",
         "F:4: patience = \"25h\": a time is needed, such as \"90s\", \"5m\" or \"2h\": at most "
         "24h"},
        {kStore + "patience = \"9223372036854775807h\"\n",
         "F:4: patience = \"9223372036854775807h\": a time is needed, such as \"90s\", \"5m\" or "
         "\"2h\": at most 24h"},
        {kStore + "endpoint = \"https://h\"\n",
         "F:4: endpoint: it is for stores of s3:// and means nothing for /mnt/nas: take it out, or "
         "check the url"},
        {kS3 + "ssh_key = \"k\"\n",
         "F:4: ssh_key: it is for stores of sftp:// and means nothing for s3://bucket/x: take it "
         "out, or check the url"},
        {kStore + "spool = \"/x\"\n",
         "F:4: spool: it is for stores of sftp://, s3:// and means nothing for /mnt/nas: take it "
         "out, or check the url"},
        {kS3 + "access_key_id = \"A\"\n",
         "F:1: store \"cloud\": access_key_id and secret_access_key belong together: give both, or "
         "neither"},
        {kS3 + "credentials = \"k\"\naccess_key_id = \"A\"\nsecret_access_key = \"S\"\n",
         "F:1: store \"cloud\": credentials names a file with the access key: leave out "
         "access_key_id, secret_access_key and session_token"},
        {kStore + kStore,
         "F:4: there is a store \"nas\" already, in line 1: give this one another name"},
        {kStore + "[[store]]\nname = \"b\"\nurl = \"file:///mnt/nas/\"\n",
         "F:4: store \"b\": it is at the same place as \"nas\" in line 1, and so no second copy"},
        {"", "F: it names no store yet: begin one with the lines [[store]], name = \"nas\" and url "
             "= \"/mnt/nas/saoluu\""},
        {"# nothing\n", "F: it names no store yet: begin one with the lines [[store]], name = "
                        "\"nas\" and url = \"/mnt/nas/saoluu\""},
        {"[[store]]\n\xff\xfe\n",
         "F:2: this is no text in UTF-8: save it as UTF-8, or name the right file"},
        {std::string("\0\x01\x02", 3),
         "F:1: this is no text in UTF-8: save it as UTF-8, or name the right file"},
        {std::string((1U << 20) + 1, '#'),
         "F: larger than 1 MiB, which no file of settings is: is it the right file?"},
        {"[[store]]\nname = \"na", "F:2: the file ends in the middle of this: was it cut off when "
                                   "it was copied or saved?"},
    };
    for (const Mistake& mistake : mistakes) {
        CAPTURE(mistake.text.substr(0, 100));
        const std::string error = error_of(mistake.text);
        // What ends so goes on with a list that grows.
        CHECK((mistake.message.ends_with(", ") ? error.substr(0, mistake.message.size()) : error) ==
              mistake.message);
    }
}

TEST_CASE_FIXTURE(ConfigCase, "what is no TOML is told with its line, whatever it is") {
    for (const char* text : {"[[store]]\nname = nas\n", "[[store]]\nname \"nas\"\n", "[[store]\n",
                             "[[store]]\nname = \"a\"\nname = \"b\"\n", "x = 1 2\n", "]\n"}) {
        CAPTURE(text);
        const std::string error = error_of(text);
        CHECK(error.starts_with("F:"));
        CHECK(error.find("TOML") != std::string::npos);
    }
    for (const char* text : {"[=", "a = 1\n[{\"]\n", "[[ \n]]\n"}) {
        CAPTURE(text);
        CHECK(error_of(text).starts_with("F:"));
    }
    // A nest of brackets must not use up the stack.
    CHECK(error_of("x = " + std::string(100'000, '[')).starts_with("F:"));
}

TEST_CASE_FIXTURE(ConfigCase, "keys that lie deep in each other don't use up the stack") {
    std::string deep;
    for (int i = 0; i < 20'000; ++i)
        deep += "a.";
    deep += 'a';
    for (const std::string& text : {kStore + deep + " = 1\n", "# a\n\n\n[" + deep + "]\n",
                                    "x = \"\"\"\n\n.\"\"\"\"\"\n" + deep + " = 1",
                                    "# 1\nx = 'a\\'\n\nx = {y = \"\\\"\", " + deep + " = 1}\n"}) {
        CAPTURE(text.substr(0, 100));
        CHECK(error_of(text).starts_with("F:4: a key has more than 16 dots, or brackets lie"));
    }
    // Dots of texts and comments are none of a key's.
    const std::string dots(1000, '.');
    const std::string well =
        "# " + dots + "\n" + kStore + "[[job]]\nname = \"j\"\nstores = [\"nas\"]\n";
    for (const std::string& text :
         {"\"/x" + dots + "\"", "'/x" + dots + "'", "\"\"\"/x" + dots + "\"\"\"\"\"",
          "\"\\\"" + dots + "\" # " + dots + "\n", "'''/x'" + dots + "'''"}) {
        CAPTURE(text.substr(0, 10));
        CHECK(load(well + "sources = [" + text + "]\n"));
    }
}

TEST_CASE_FIXTURE(ConfigCase, "no error shows a secret") {
    for (const char* line :
         {"secret_access_key = \"hunter2\\nx\"\n", "secret_access_key = hunter2\n",
          "secret_access_key = \"hunter2\n", "secret_acces_key = \"hunter2\"\n",
          "secret_access_key = [\"hunter2\"]\n", "session_token = 'hunter2'\n",
          "region = \"https://an:hunter2@h\\n\"\n", "region = https://an:hunter2@h\n",
          "[[store]]\nname = \"b\"\nurl = \"sftp://an:hunter2@example.vn/x\"\n",
          "[[store]]\nname = \"b\"\nurl = \"s3://an:hunter2@example.vn/x\"\n",
          "[[store]]\nname = \"b\"\nurl = \"ftp://an:hunter2@example.vn/x\"\n",
          "[notify.mail]\nserver = \"smtp://an:hunter2@mail.example.vn:587\"\n",
          "[notify.mail]\nserver = \"an:hunter2@mail.example.vn\"\n",
          "[notify.mail]\nserver = \"smtps://an:hun/hunter2@mail.example.vn\"\n"}) {
        CAPTURE(line);
        const std::string error = error_of(kS3 + line);
        CHECK(error != "no error");
        CHECK(error.find("hunter2") == std::string::npos);
    }
}

TEST_CASE_FIXTURE(ConfigCase, "a file with a secret that others can read is refused") {
    const std::string secret = kS3 + "access_key_id = \"A\"\nsecret_access_key = \"S\"\n";
    CHECK(load(secret, 0600));
    CHECK(load(secret, 0640));
    for (const mode_t mode : {0644U, 0604U, 0601U}) {
        const auto config = load(secret, mode);
        REQUIRE_FALSE(config);
        CHECK(config.error().kind() == ErrorKind::refused);
        CHECK(config.error().message().find("chmod 600") != std::string::npos);
    }
    CHECK(load(kStore, 0644)); // there is no secret in it
    const auto open = load(kStore, 0666);
    REQUIRE_FALSE(open);
    CHECK(open.error().kind() == ErrorKind::refused);
    CHECK(open.error().message().find("chmod o-w") != std::string::npos);
}

TEST_CASE_FIXTURE(ConfigCase, "credentials come from a file of their own") {
    const std::string config = kS3 + "credentials = \"key\"\n";
    struct Good {
        const char* text;
        const char* access;
    };
    for (const Good& good :
         {Good{"aws_access_key_id = A\naws_secret_access_key = S=/+\n", "A"},
          Good{"# x\r\naccess_key_id=A\r\nsecret_access_key=S=/+\r\n", "A"},
          Good{"[other]\naws_access_key_id = B\naws_secret_access_key = x\n[default]\n"
               "aws_access_key_id = A\naws_secret_access_key = S=/+\nregion = r\n",
               "A"},
          Good{"[only]\n\naws_access_key_id = A\naws_secret_access_key = S=/+", "A"}}) {
        CAPTURE(good.text);
        write(good.text, 0600, "key");
        const auto read = load(config);
        REQUIRE(read);
        CHECK(read->stores[0].reach.s3.access_key == good.access);
        CHECK(read->stores[0].reach.s3.secret_key.reveal() == "S=/+");
    }
    for (const char* bad :
         {"", "aws_access_key_id = A\n", "hunter2\n", "aws_access_key_id =\n",
          "access_key_id = A\naccess_key_id = B\nsecret_access_key = S\n",
          "[a]\naccess_key_id = A\nsecret_access_key = S\n[b]\naccess_key_id = B\n"
          "secret_access_key = S\n"}) {
        CAPTURE(bad);
        write(bad, 0600, "key");
        const auto read = load(config);
        REQUIRE_FALSE(read);
        CHECK(read.error().kind() == ErrorKind::usage);
        CHECK(read.error().message().find("hunter2") == std::string::npos);
        CHECK(read.error().message().find(folder / "key") != std::string::npos);
    }
    write("aws_access_key_id = A\naws_secret_access_key = S\n", 0644, "key");
    const auto open = load(config);
    REQUIRE_FALSE(open);
    CHECK(open.error().kind() == ErrorKind::refused);
    ::remove((folder / "key").c_str());
    const auto missing = load(config);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind() == ErrorKind::not_found);
}

TEST_CASE_FIXTURE(ConfigCase, "what is no regular file is not waited for") {
    CHECK(load_config(folder.path()).error().kind() == ErrorKind::usage);
    CHECK(load_config("/dev/zero").error().kind() == ErrorKind::usage);
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK(load_config(folder / "pipe").error().kind() == ErrorKind::usage);
    CHECK(load_config(folder / "none").error().kind() == ErrorKind::not_found);
}

TEST_CASE_FIXTURE(ConfigCase, "a store is found by its name, and a slip is told") {
    const auto config = load(kStore + kS3);
    REQUIRE(config);
    CHECK(find_store(*config, "cloud")->url == "s3://bucket/x");
    const auto slip = find_store(*config, "clod");
    REQUIRE_FALSE(slip);
    CHECK(slip.error().message().find("is cloud meant?") != std::string::npos);
    const auto other = find_store(*config, "xxxxxxx");
    REQUIRE_FALSE(other);
    CHECK(other.error().message().find("only: nas, cloud") != std::string::npos);
    for (const char* good : {"nas", "NAS_2", "a-b", "7"})
        CHECK(is_store_name(good));
    for (const char* bad : {"", "-x", "a.b", "a/b", "./a", "a b", "é", "s3://x"})
        CHECK_FALSE(is_store_name(bad));
}

TEST_CASE("the configs that come with the program are well written") {
    std::set<std::string> seen;
    for (const auto& entry : std::filesystem::directory_iterator(SAOLUU_CONFIGS)) {
        if (entry.path().extension() != ".toml")
            continue;
        const std::string name = entry.path().filename().string();
        CAPTURE(name);
        seen.insert(name);
        test::ScratchFolder folder;
        std::filesystem::copy_file(entry.path(), folder / "c.toml");
        std::ofstream(folder / "s3-key") << "aws_access_key_id = A\naws_secret_access_key = S\n";
        std::ofstream(folder / "mail.password") << "P\n";
        for (const char* secret : {"s3-key", "mail.password"})
            ::chmod((folder / secret).c_str(), 0600);
        const auto config = load_config(folder / "c.toml");
        CHECK_MESSAGE(config.has_value(), (config ? "" : config.error().message()));
        if (config && name == "office.toml") {
            CHECK(config->stores.size() == 2);
            CHECK(config->jobs.size() == 2);
        }
    }
    for (const char* name : {"minimal.toml", "office.toml", "server.toml", "saoluu-s3.toml"})
        CHECK_MESSAGE(seen.count(name) == 1, name);
}

TEST_CASE("the office of the example is backed up on the days that it works") {
    const std::string path = std::string(SAOLUU_CONFIGS) + "/office.toml";
    test::ScratchFolder folder;
    std::filesystem::copy_file(path, folder / "c.toml");
    std::ofstream(folder / "mail.password") << "P\n";
    ::chmod((folder / "mail.password").c_str(), 0600);
    const auto config = load_config(folder / "c.toml");
    REQUIRE(config);
    const JobConfig& job = config->jobs.front();
    REQUIRE(job.working_days_only);
    const auto agenda = policy::Agenda::of(job.schedule, config->time_zone)
                            ->with(config->working_days.holidays, config->working_days.working);
    const auto zone = *policy::find_time_zone(config->time_zone);
    // Three weeks, from Monday, 29 December: the second has a Saturday in place of a Friday.
    std::string days;
    auto at = std::chrono::time_point_cast<std::chrono::seconds>(
        cctz::convert(cctz::civil_day(2025, 12, 28), zone));
    for (int i = 0; i < 28; ++i) {
        at = *agenda.next(at);
        days +=
            (i % 2 == 0 ? cctz::format("%m-%d ", at, zone) : "") + cctz::format("%H:%M ", at, zone);
    }
    std::string expected;
    for (const char* day : {"12-29", "12-30", "12-31", "01-05", "01-06", "01-07", "01-08", "01-09",
                            "01-10", "01-12", "01-13", "01-14", "01-15", "01-16"})
        expected += std::string(day) + " 11:30 16:30 ";
    CHECK(days == expected);
}
