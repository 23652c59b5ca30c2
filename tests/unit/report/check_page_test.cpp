// SPDX-License-Identifier: Apache-2.0
// The page that a check leaves: what it says first, for whom it counts, and where it lies.
#include "scratch_folder.hpp"
#include "util/file.hpp"

#include "saoluu/report.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <sys/stat.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace saoluu;
using namespace saoluu::test;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr UnixTime kNow = 1'796'000'000;

ReportedStore sound_store(const std::string& name) {
    CheckReport report;
    report.snapshots = 3;
    report.listed_packs = report.packs = 7;
    report.listed_pack_bytes = report.pack_bytes = 3 << 20;
    report.chunks = 99;
    report.checked = {{.id = "a", .job = "tailieu", .client = "may-1", .started = kNow - 90'000},
                      {.id = "b", .job = "tailieu", .client = "may-1", .started = kNow - 7'300},
                      {.id = "c", .job = "ketoan", .client = "may-2", .started = kNow - 900'000}};
    return {.name = name,
            .location = "/mnt/" + name,
            .repository = std::string(64, 'a'),
            .report = std::move(report),
            .holder = "Nguyễn Văn An",
            .unit = "Văn phòng",
            .role = Role::restore};
}

CheckPage page_of(std::vector<ReportedStore> stores) {
    return {.started = kNow - 600,
            .ended = kNow,
            .machine = "may-tram",
            .program = "saoluu 0.1.0",
            .read_data = true,
            .stores = std::move(stores)};
}

std::string read(const std::string& path) {
    constexpr std::size_t kMost = 1 << 20;
    const Result<util::Bytes> bytes = util::read_file(path, kMost);
    return bytes ? std::string(util::as_text(*bytes)) : std::string();
}

} // namespace

TEST_CASE("a page of sound stores says so first, who checked what, and how old each job is") {
    const CheckPage page = page_of({sound_store("nas"), sound_store("dia")});
    CHECK(verdict_of(page) == CheckVerdict::sound);
    CHECK(why_not_counted(page).empty());
    const std::string text = text_of(page);
    CHECK(text.starts_with("PASSED: everything was read"));
    CHECK(text.find("does NOT count") == std::string::npos);
    for (const char* said :
         {"Nguyễn Văn An, Văn phòng (key of the role restore)", "may-tram, saoluu 0.1.0",
          "Store nas", "Store dia", "tailieu, may-1: newest", "2 hours ago; 2 snapshots",
          "ketoan, may-2: newest", "10 days ago; 1 snapshot", "99, decrypted", "Nothing. Check"})
        CHECK_MESSAGE(text.find(said) != std::string::npos, said << "\n" << text);
    const Json json = Json::parse(json_of(page));
    CHECK(json["verdict"] == "sound");
    CHECK(json["counts"] == true);
    CHECK(json["stores"][0]["checked"]["jobs"][1]["age_seconds"] == 7'300);
    CHECK(json["stores"][1]["holder"] == "Nguyễn Văn An");
}

TEST_CASE("the worst store makes the verdict, and its next steps stand on the page") {
    ReportedStore bad = sound_store("dia");
    bad.report->damage = 2;
    bad.report->warnings = 1;
    bad.findings = {{Severity::warning, "", "beside"},
                    {Severity::damage, "packs/aa", "two lines\nof text"},
                    {Severity::damage, "packs/\x1b[2J", "hostile"}};
    bad.next_steps = {"saoluu heal --from COPY"};
    ReportedStore away{.name = "cloud", .location = "s3://b", .failure = "no answer"};
    CheckPage page = page_of({sound_store("nas"), away});
    CHECK(verdict_of(page) == CheckVerdict::incomplete);
    CHECK(text_of(page).starts_with("NOT COMPLETE"));
    CHECK(text_of(page).find("It was not checked: no answer") != std::string::npos);
    CHECK(Json::parse(json_of(page))["stores"][1]["checked"].is_null());
    page.stores.push_back(bad);
    CHECK(verdict_of(page) == CheckVerdict::damaged);
    const std::string text = text_of(page);
    CHECK(text.starts_with("FAILED: damage was found."));
    CHECK(text.find("damage: packs/aa") < text.find("warning: beside"));
    CHECK(text.find("dia: saoluu heal --from COPY") != std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
    bad.report->alarms = 1;
    page.stores.push_back(bad);
    CHECK(verdict_of(page) == CheckVerdict::alarm);
    CHECK(text_of(page).starts_with("FAILED: there are signs of tampering."));
    CHECK(verdict_of(page_of({})) == CheckVerdict::incomplete);
}

TEST_CASE("a store that damage keeps from being opened is damaged, and what was found is shown") {
    ReportedStore closed{.name = "dia",
                         .location = "/mnt/dia",
                         .failed = ErrorKind::corrupt,
                         .failure = "no copy of format is whole",
                         .findings = {{Severity::damage, "roster/0", "both copies are damaged"}}};
    CheckPage page = page_of({sound_store("nas"), closed});
    CHECK(verdict_of(page) == CheckVerdict::damaged);
    const std::string text = text_of(page);
    CHECK(text.starts_with("FAILED: damage was found."));
    for (const char* said : {"no copy of format is whole", "damage: roster/0: both copies",
                             "dia: what it needs to be opened is damaged"})
        CHECK_MESSAGE(text.find(said) != std::string::npos, said << "\n" << text);
    const Json json = Json::parse(json_of(page));
    CHECK(json["verdict"] == "damaged");
    CHECK(json["stores"][1]["failure_kind"] == "corrupt");
    CHECK(json["counts"] == false);
    page.stores[1].findings[0].severity = Severity::alarm;
    CHECK(verdict_of(page) == CheckVerdict::alarm);
    page.stores[1] = {.name = "dia", .failed = ErrorKind::denied, .failure = "away"};
    CHECK(verdict_of(page) == CheckVerdict::incomplete);
    CHECK(text_of(page).starts_with("NOT COMPLETE: what was checked shows no damage"));
    page.stores[1].findings = {{Severity::damage, "roster/0", "one copy is damaged"}};
    CHECK(verdict_of(page) == CheckVerdict::damaged); // and something else kept it closed
}

TEST_CASE(
    "only a whole check by who may read counts, and the first lines say why another does not") {
    const auto reasons = [](const CheckPage& page) { return why_not_counted(page).size(); };
    CheckPage page = page_of({sound_store("nas")});
    page.stores[0].role = Role::admin;
    CHECK(reasons(page) == 0);
    page.stores[0].role = Role::backup;
    CHECK(reasons(page) == 1);
    page.read_data = false;
    page.sample_percent = 20;
    CHECK(reasons(page) == 3);
    page.stores[0].report->unreadable = 1;
    page.stores.push_back({.name = "x", .location = "/x", .failure = "away"});
    CHECK(reasons(page) == 5);
    const std::string text = text_of(page);
    CHECK(
        text.substr(text.find('\n') + 1).starts_with("This does NOT count as the monthly check:"));
    CHECK(Json::parse(json_of(page))["counts"] == false);
    CHECK(reasons(page_of({})) > 0);
}

TEST_CASE("whatever was found, it is one page of readable text") {
    ReportedStore bad = sound_store("nas");
    bad.report->damage = 5000;
    for (int i = 0; i < 500; ++i) {
        bad.findings.push_back({Severity::damage, "packs/" + std::string(64, 'b'), "damaged"});
        bad.report->checked.push_back({.id = "x",
                                       .job = "job-" + std::to_string(i),
                                       .client = "may \xff\xfe",
                                       .started = kNow + i});
    }
    const std::string text = text_of(page_of({bad}));
    CHECK(std::count(text.begin(), text.end(), '\n') < 75);
    CHECK(text.find("and 4990 more") != std::string::npos);
    CHECK(text.find('\xff') == std::string::npos);
    CHECK(Json::parse(json_of(page_of({bad})))["stores"][0]["checked"]["jobs"].size() == 502);
}

TEST_CASE("a report overwrites nothing, and in a folder is named by the day") {
    const ScratchFolder folder;
    const CheckPage page = page_of({sound_store("nas")});
    const auto files = [&](const std::string& path) { return report_files(path, kNow); };
    const auto named = files(folder / "bao-cao.txt");
    REQUIRE(named);
    CHECK(named->json == folder / "bao-cao.json");
    CHECK(files(folder / "bao-cao")->json == folder / "bao-cao.json");
    REQUIRE(write_report(*named, page));
    CHECK(read(named->text) == text_of(page));
    CHECK(read(named->json) == json_of(page));
    struct stat facts {};
    REQUIRE(::stat(named->text.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
    CHECK(files(folder / "bao-cao.txt").error().kind() == ErrorKind::exists);
    CHECK(files(folder / "bao-cao").error().kind() == ErrorKind::exists); // its JSON is another's
    CHECK(write_report(*named, page_of({})).error().kind() == ErrorKind::exists);
    CHECK(read(named->text) == text_of(page));
    fs::create_symlink("/nowhere", folder / "link.txt");
    CHECK(files(folder / "link.txt").error().kind() == ErrorKind::exists);
    CHECK(files(folder / "none/x.txt").error().kind() == ErrorKind::not_found);

    fs::create_directory(folder / "all");
    std::vector<std::string> names;
    for (int i = 0; i < 3; ++i) {
        const auto day = files(folder / "all");
        REQUIRE(day);
        REQUIRE(write_report(*day, page));
        names.push_back(fs::path(day->text).filename());
    }
    CHECK(names[0].starts_with("saoluu-check-2026-"));
    CHECK(names[1] == names[0].substr(0, names[0].size() - 4) + "-2.txt");
    CHECK(names[2] == names[0].substr(0, names[0].size() - 4) + "-3.txt");
    CHECK(std::distance(fs::directory_iterator(folder / "all"), {}) == 6);
}
