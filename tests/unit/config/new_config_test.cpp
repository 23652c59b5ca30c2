// SPDX-License-Identifier: Apache-2.0
#include "saoluu/new_config.hpp"

#include "util/text.hpp"

#include "config_case.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace saoluu;
using test::ConfigCase;

namespace {

NewConfig some_config() {
    NewConfig config;
    config.key_file = "/etc/saoluu/backup.key";
    config.store_name = "nas";
    config.url = "/mnt/nas/saoluu";
    config.job_name = "vanphong";
    config.sources = {"/srv/Văn phòng", "/srv/kế toán \"2026\" \\ cũ #1"};
    config.excludes = {"~$*", "*.tmp"};
    config.schedule = {"Mon..Fri 11,16:30"};
    config.max_age_hours = 70;
    return config;
}

bool can_stand(const std::string& text) {
    if (!util::is_text(text))
        return false;
    for (const char c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
            return false;
    return true;
}

} // namespace

TEST_CASE_FIXTURE(ConfigCase, "a config that was written says what it was given") {
    const NewConfig given = some_config();
    const auto text = config_text(given);
    REQUIRE(text);
    const auto config = load(*text);
    REQUIRE(config);
    CHECK(config->key_file == given.key_file);
    REQUIRE(config->stores.size() == 1);
    CHECK(config->stores.front().url == given.url);
    REQUIRE(config->jobs.size() == 1);
    const JobConfig& job = config->jobs.front();
    CHECK(job.backup.sources == given.sources);
    CHECK(job.backup.excludes == given.excludes);
    CHECK(job.schedule == given.schedule);
    CHECK(job.max_age == std::chrono::hours(70));
    CHECK(text->find("\n[check]\nschedule = ") != std::string::npos);
    CHECK(read_config_text(*text, folder / "x.toml")->jobs.front().name == "vanphong");
}

TEST_CASE_FIXTURE(ConfigCase, "keys of SFTP and S3 stores come back") {
    NewConfig sftp = some_config();
    sftp.url = "sftp://a@h:22/~/x";
    sftp.ssh_key = "/etc/saoluu/id khóa";
    sftp.host_key = "ssh-ed25519 AAAA";
    const auto one = load(config_text(sftp).value());
    REQUIRE(one);
    CHECK(one->stores.front().reach.sftp.key_file == sftp.ssh_key);
    CHECK(one->stores.front().reach.sftp.host_key == sftp.host_key);
    NewConfig s3 = some_config();
    s3.url = "s3://b/p";
    s3.endpoint = "https://h";
    s3.region = "vn-1";
    s3.credentials = folder / "s3.key";
    std::ofstream(s3.credentials) << "access_key_id = A\nsecret_access_key = S\n";
    ::chmod(s3.credentials.c_str(), 0600);
    const auto two = load(config_text(s3).value());
    REQUIRE(two);
    CHECK(two->stores.front().reach.s3.endpoint == s3.endpoint);
    CHECK(two->stores.front().reach.s3.secret_key.reveal() == "S");
}

TEST_CASE_FIXTURE(ConfigCase, "any bytes of a path come back, or are refused with the reason") {
    std::mt19937 random(20261128);
    const std::vector<std::string> parts = {
        "\"", "\\", "'",      "#",       "\n", "\t",     "\x7f", "\\n",    "\\u0041",    "=",
        "[",  "]",  "ữ",      "e\u0301", "😀",  "\xff",   "\xc3", "\u202e", " ",          "\"\"\"",
        "{}", "%",  "\u2028", "\ufeff",  "a",  "\uffff", "\x1b", "~/",     "\U0010ffff", "'''"};
    int written = 0, refused = 0;
    for (int round = 0; round < 3'000; ++round) {
        NewConfig config = some_config();
        std::string path = "/";
        for (std::size_t size = random() % 6; size != 0; --size)
            path += random() % 8 == 0 ? std::string(1, static_cast<char>(random() % 255 + 1))
                                      : parts[random() % (round % 2 == 0 ? parts.size() : 4)];
        config.sources = {path};
        config.url = path;
        CAPTURE(util::printable(path));
        const auto text = config_text(config);
        REQUIRE(text.has_value() == can_stand(path));
        if (!text) {
            ++refused;
            CHECK(text.error().message().find(util::printable(path)) != std::string::npos);
            continue;
        }
        ++written;
        const auto read = load(*text);
        REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().message()));
        CHECK(read->jobs.front().backup.sources.front() == path);
        CHECK(read->stores.front().url == path);
    }
    CHECK(written > 500);
    CHECK(refused > 500);
}
