// SPDX-License-Identifier: Apache-2.0
#include "report/check_jobs.hpp"
#include "util/text.hpp"

#include "saoluu/report.hpp"

#include <nlohmann/json.hpp>

namespace saoluu {
namespace {

using Json = nlohmann::ordered_json;
using util::printable;
using util::utc_time;

Json or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(printable(text));
}

Json json_of(const CheckReport& report, UnixTime now) {
    Json jobs = Json::array();
    for (const report::JobState& job : report::jobs_of(report))
        jobs.push_back({{"job", or_null(job.job)},
                        {"client", or_null(job.client)},
                        {"snapshots", job.snapshots},
                        {"newest", utc_time(job.newest)},
                        {"age_seconds", now - job.newest}});
    return {{"snapshots", report.snapshots},
            {"jobs", std::move(jobs)},
            {"listed_packs", report.listed_packs},
            {"listed_pack_bytes", report.listed_pack_bytes},
            {"packs", report.packs},
            {"pack_bytes", report.pack_bytes},
            {"chunks", report.chunks},
            {"damage", report.damage},
            {"alarms", report.alarms},
            {"warnings", report.warnings},
            {"unreadable", report.unreadable},
            {"unprotected", report.unprotected},
            {"damaged_files", report.damaged_files},
            {"damaged_snapshots", report.damaged_snapshots},
            {"bad_pack_ids", report.bad_packs}};
}

Json json_of(const ReportedStore& store, UnixTime now) {
    Json findings = Json::array();
    for (const Finding& finding : store.findings)
        findings.push_back({{"severity", name_of(finding.severity)},
                            {"subject", or_null(finding.subject)},
                            {"message", finding.text}});
    return {{"store", or_null(store.name)},
            {"location", printable(store.location)},
            {"repository", or_null(store.repository)},
            {"holder", or_null(store.holder)},
            {"unit", or_null(store.unit)},
            {"role", store.role ? Json(name_of(*store.role)) : Json(nullptr)},
            {"failure", or_null(store.failure)},
            {"failure_kind", store.failed ? Json(name_of(*store.failed)) : Json(nullptr)},
            {"checked", store.report ? json_of(*store.report, now) : Json(nullptr)},
            {"findings", std::move(findings)},
            {"next_steps", store.next_steps}};
}

} // namespace

std::string json_of(const CheckPage& page) {
    Json stores = Json::array();
    for (const ReportedStore& store : page.stores)
        stores.push_back(json_of(store, page.ended));
    const std::vector<std::string> reasons = why_not_counted(page);
    const Json json = {{"type", "check_report"},
                       {"verdict", name_of(verdict_of(page))},
                       {"counts", reasons.empty()},
                       {"why_not_counted", reasons},
                       {"started", utc_time(page.started)},
                       {"ended", utc_time(page.ended)},
                       {"computer", printable(page.machine)},
                       {"program", printable(page.program)},
                       {"read_data", page.read_data},
                       {"sample_percent", page.sample_percent},
                       {"stores", std::move(stores)}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace saoluu
