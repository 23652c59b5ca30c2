// SPDX-License-Identifier: Apache-2.0
#include "config_case.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace saoluu;
using test::ConfigCase;

namespace {

const std::string kStores = "[[store]]\nname = \"nas\"\nurl = \"/mnt/nas\"\n"
                            "[[store]]\nname = \"cloud\"\nurl = \"/mnt/cloud\"\n";
const std::string kJob = "[[job]]\nname = \"vanphong\"\nsources = [\"/srv\"]\nstores = [\"nas\"]\n";
using Texts = std::vector<std::string>;

} // namespace

TEST_CASE_FIXTURE(ConfigCase, "every key of a job comes to where it is used") {
    const auto config = load("key_file = \"backup.key\"\n" + kStores +
                             "[[job]]\nname = \"ke-toan\"\n"
                             "sources = [\"/srv/kế toán\", \"~/hs\", \"con\"]\n"
                             "stores = [\"cloud\", \"nas\"]\n"
                             "exclude = [\"*.tmp\", \"/bỏ/\"]\nexclude_files = [\"x.txt\"]\n"
                             "exclude_larger_than = \"2G\"\none_file_system = true\n"
                             "keep_caches = true\nallow_empty = true\ntags = [\"ngày\"]\n" +
                             kJob);
    REQUIRE(config);
    CHECK(config->key_file == folder / "backup.key");
    REQUIRE(config->jobs.size() == 2);
    const JobConfig& job = config->jobs[0];
    CHECK(job.name == "ke-toan");
    CHECK(job.line == 8);
    CHECK(job.backup.job == "ke-toan"); // its snapshots are found by it
    CHECK(job.backup.sources ==
          Texts{"/srv/kế toán", std::string(std::getenv("HOME")) + "/hs", folder / "con"});
    CHECK(job.stores == Texts{"cloud", "nas"});
    CHECK(job.backup.excludes == Texts{"*.tmp", "/bỏ/"});
    CHECK(job.backup.exclude_files == Texts{folder / "x.txt"});
    CHECK(job.backup.exclude_larger_than == std::uint64_t{2} << 30);
    CHECK(job.backup.one_file_system);
    CHECK(job.backup.keep_caches);
    CHECK(job.backup.allow_empty);
    CHECK(job.backup.tags == Texts{"ngày"});
    CHECK_FALSE(config->jobs[1].backup.allow_empty);
    CHECK(find_job(*config, "vanphong")->name == "vanphong");
}

TEST_CASE_FIXTURE(ConfigCase, "a slip in a job is named with its line and what is right") {
    struct Case {
        std::string text, error;
    };
    for (const Case& c : std::vector<Case>{
             {"[job]\nname = \"a\"\n", "F:7: a job begins with a line [[job]]"},
             {"[[job]]\nsources = [\"/srv\"]\nstores = [\"nas\"]\n",
              "F:7: this [[job]] has no name"},
             {"[[job]]\nname = \"a\"\nstores = [\"nas\"]\n",
              "F:7: job \"a\": it is not said what is backed up"},
             {"[[job]]\nname = \"a\"\nsources = [\"/srv\"]\n",
              "F:7: job \"a\": it is not said where to"},
             {"[[job]]\nname = \"kế toán\"\n", "F:8: name = \"kế toán\": a name has letters"},
             {"[[job]]\nname = \"a\"\nsources = \"/srv\"\n",
              "F:9: sources = \"/srv\": a list of texts is needed, such as [\"/srv/vanphong\"]"},
             {"[[job]]\nname = \"a\"\nsources = []\n", "F:9: sources"},
             {"[[job]]\nname = \"a\"\nsources = [\"/srv\", 5]\n",
              "F:9: sources = 5: a text in quotes is needed"},
             {"[[job]]\nname = \"a\"\nsources = [\"\"]\n", "F:9: sources = \"\": it is empty"},
             {"[[job]]\nname = \"a\"\nsource = [\"/srv\"]\n",
              "F:9: source: no such key in [[job]]: is sources meant?"},
             {"[[job]]\nname = \"a\"\nretention = [\"daily\"]\n",
              "F:9: retention: no such key in [[job]]"},
             {kJob + "exclude_larger_than = \"much\"\n", "F:11: exclude_larger_than = \"much\""},
             {kJob + "one_file_system = \"yes\"\n",
              "F:11: one_file_system = \"yes\": it is true or false"},
             {kJob + kJob, "F:11: there is a job \"vanphong\" already, in line 7"},
             {"[[job]]\nname = \"a\"\nsources = [\"/srv\"]\nstores = [\"nass\"]\n",
              "F:7: job \"a\": there is no [[store]] \"nass\": is \"nas\" meant?"},
             {"[[job]]\nname = \"a\"\nsources = [\"/srv\"]\nstores = [\"nas\", \"nas\"]\n",
              "F:10: stores: \"nas\" is named twice"},
             {kJob + "command = \"pg_dump\"\n", "F:11: command = \"pg_dump\": a list of texts"},
             {kJob + "command = []\n", "F:11: command"},
             {kJob + "command = [\"\", \"x\"]\n", "F:11: command = \"\": it is empty"},
             {kJob + "command = [\"x\", 5]\n", "F:11: command = 5"},
             {kJob + "command = [\"x\", \"a\\u0000b\"]\n", "F:11: command"},
             {kJob + "command_name = \"x\"\n",
              "F:7: job \"vanphong\": command_name says nothing without a command"},
             {kJob + "command = [\"x\"]\ncommand_name = \"a/b\"\n",
              "F:12: command_name = \"a/b\": a plain file name"},
             {kJob + "command = [\"x\"]\ncommand_name = \"..\"\n", "F:12: command_name"},
             {kJob + "suspect_loss = \"0%\"\n", "F:11: suspect_loss = \"0%\""},
             {kJob + "suspect_loss = \"50%\"\nallow_empty = true\n",
              "F:7: job \"vanphong\": suspect_loss says nothing beside allow_empty"},
             {kJob + "hook_timeout = \"5m\"\n", "F:7: job \"vanphong\": hook_timeout says nothing"},
             {kJob + "before = [\"x\"]\nhook_timeout = \"0s\"\n", "F:12: hook_timeout"},
             {kJob + "befor = [\"x\"]\n", "F:11: befor: no such key in [[job]]: is before meant?"},
             {"[[jobs]]\nname = \"a\"\n", "F:7: jobs: no such key in this file: is job meant?"}}) {
        CAPTURE(c.text);
        const std::string error = error_of(kStores + c.text);
        CHECK_MESSAGE(error.starts_with(c.error), error);
    }
    CHECK(error_of("key_file = 5\n" + kStores).starts_with("F:1: key_file = 5"));
}

TEST_CASE_FIXTURE(ConfigCase, "a job that is not there is told with those that are") {
    const auto none = load(kStores);
    REQUIRE(none);
    CHECK(find_job(*none, "a").error().message().find("no job is in") != std::string::npos);
    const auto one = load(kStores + kJob);
    REQUIRE(one);
    CHECK(find_job(*one, "van-phong").error().message().find("is vanphong meant?") !=
          std::string::npos);
    CHECK(find_job(*one, "x").error().kind() == ErrorKind::usage);
    CHECK(find_job(*one, "x").error().message().find("only: vanphong") != std::string::npos);
}

TEST_CASE_FIXTURE(ConfigCase, "a job can back up what a command writes, and run hooks") {
    const auto config =
        load(kStores +
             "[[job]]\nname = \"csdl\"\nstores = [\"nas\"]\n"
             "command = [\"pg_dump\", \"-Fc\", \"\", \"a b\\n$HOME\"]\n"
             "suspect_loss = \"30%\"\n"
             "before = [\"hooks/trước\", \"x/y\"]\nafter = [\"/bin/true\"]\n"
             "on_failure = [\"logger\", \"-t\", \"saoluu\"]\nhook_timeout = \"90s\"\n"
             "[[job]]\nname = \"b\"\nstores = [\"nas\"]\nsources = [\"/srv\"]\n"
             "command_name = \"-x.sql\"\ncommand = [\"~/bin/dump\"]\n" +
             kJob);
    REQUIRE(config);
    const JobConfig& job = config->jobs[0];
    REQUIRE(job.backup.stream);
    CHECK(job.backup.sources.empty());
    CHECK(job.backup.stream->name == "csdl"); // the job's
    CHECK(job.backup.stream->command == Texts{"pg_dump", "-Fc", "", "a b\n$HOME"});
    CHECK(job.backup.suspect_loss == 30.0);
    CHECK(job.hooks.before == Texts{folder / "hooks/trước", "x/y"}); // only the program is a path
    CHECK(job.hooks.after == Texts{"/bin/true"});
    CHECK(job.hooks.on_failure == Texts{"logger", "-t", "saoluu"});
    CHECK(job.hooks.timeout == std::chrono::seconds(90));
    const JobConfig& second = config->jobs[1];
    CHECK(second.backup.stream->name == "-x.sql");
    CHECK(second.backup.stream->command == Texts{std::string(std::getenv("HOME")) + "/bin/dump"});
    CHECK(second.backup.sources == Texts{"/srv"});
    const JobConfig& plain = config->jobs[2];
    CHECK_FALSE(plain.backup.stream);
    CHECK(plain.backup.suspect_loss == 50.0);
    CHECK(plain.hooks.before.empty());
    CHECK(plain.hooks.timeout == std::chrono::minutes(10));
}
