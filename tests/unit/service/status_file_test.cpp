// SPDX-License-Identifier: Apache-2.0
#include "service/status_file.hpp"

#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace saoluu::service {
namespace {

ServiceStatus example() {
    ServiceStatus status;
    status.version = "0.1.0";
    status.machine = "may1";
    status.started = 1'800'000'000;
    status.now = 1'800'003'600;
    JobStatus job;
    job.name = "vanphong";
    job.last_end = 1'800'001'000;
    job.last_success = 1'799'000'000;
    job.last_outcome = RunOutcome::failed;
    job.max_age = std::chrono::hours(26);
    job.overdue = true;
    job.stored_bytes = std::uint64_t{5} << 40;
    status.jobs = {job, JobStatus{}};
    status.jobs[1].name = "ketoan";
    StoreStatus store;
    store.name = "nas";
    store.free_bytes = 1 << 30;
    store.seen_percent = 99.5;
    store.last_full_check_by = "Nguyễn Văn An";
    status.stores = {store};
    status.troubles = {
        {.kind = NoticeKind::overdue, .about = "a\"b\\c\nd", .since = 1'800'000'500}};
    status.channels = {{.name = "mail", .waiting = 2}};
    return status;
}

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

TEST_CASE("the status as JSON says what is known, and null for what is not") {
    const auto status = nlohmann::json::parse(status_json(example()));
    CHECK(status["jobs"][0]["last_success"] == "2027-01-03T18:13:20Z");
    CHECK(status["jobs"][0]["age_seconds"] == 1'003'600);
    CHECK(status["jobs"][0]["last_outcome"] == "failed");
    CHECK(status["jobs"][1]["last_success"].is_null());
    CHECK(status["jobs"][1]["max_age_seconds"].is_null());
    CHECK(status["stores"][0]["total_bytes"].is_null());
    CHECK(status["troubles"][0]["about"] == "a\"b\\c\nd");
    CHECK(status["channels"][0]["waiting"] == 2);
}

/// The parser of Prometheus' own client library reads it.
TEST_CASE("the metrics are what Prometheus reads") {
    const test::ScratchFolder folder;
    REQUIRE(publish(folder / "saoluu.prom", prometheus_text(example())));
    std::ofstream(folder / "read.py") << R"(
import sys
from prometheus_client.parser import text_string_to_metric_families
text = open(sys.argv[1], encoding="utf-8").read()
families = list(text_string_to_metric_families(text))
samples = {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}
assert len(samples) == sum(len(f.samples) for f in families)
assert all(f.type == "gauge" and f.documentation for f in families)
assert all(f.name.startswith("saoluu_") for f in families)
def of(name, **labels):
    return samples.get(("saoluu_" + name, tuple(sorted(labels.items()))))
assert of("build_info", version="0.1.0") == 1
assert of("daemon_start_timestamp_seconds") == 1800000000
assert of("job_last_success_timestamp_seconds", job="vanphong") == 1799000000
assert of("job_last_success_timestamp_seconds", job="ketoan") is None
assert of("job_last_run_outcome", job="vanphong", outcome="failed") == 1
assert of("job_last_run_outcome", job="vanphong", outcome="done") == 0
assert of("job_overdue", job="vanphong") == 1 and of("job_overdue", job="ketoan") == 0
assert of("job_last_stored_bytes", job="vanphong") == 5 << 40
assert of("store_free_bytes", store="nas") == 1 << 30
assert of("store_size_bytes", store="nas") is None
assert of("check_seen_ratio", store="nas") == 0.995
assert of("trouble_since_timestamp_seconds", kind="overdue", about='a"b\\c\nd') == 1800000500
assert of("notify_waiting", channel="mail") == 2
)";
    const std::string command =
        "/usr/bin/python3 " + (folder / "read.py") + " " + (folder / "saoluu.prom");
    CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("a published file can be read by all, and replaces the last one") {
    const test::ScratchFolder folder;
    const std::string path = folder / "status.json";
    const mode_t before = ::umask(0077);
    REQUIRE(publish(path, "one"));
    REQUIRE(publish(path, "two"));
    ::umask(before);
    CHECK(text_of(path) == "two");
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0644);
    CHECK(!publish(folder / "none/status.json", "x"));
}

TEST_CASE("names of outcomes and notices differ") {
    std::vector<std::string> names;
    for (int i = 0; i <= static_cast<int>(NoticeKind::recovered); ++i)
        names.emplace_back(name_of(static_cast<NoticeKind>(i)));
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
}

} // namespace
} // namespace saoluu::service
