// SPDX-License-Identifier: Apache-2.0
#include "service/status_file.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace saoluu::service {
namespace {

/// In a value a backslash, a quote and a line's end would mean something.
std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : value)
        if (c == '\n')
            out += "\\n";
        else
            (c == '"' || c == '\\' ? out += '\\' : out) += c;
    return out;
}

/// Lines of one metric: what it is, then a sample for each job, store …
class Metrics {
public:
    void metric(std::string_view name, std::string_view help) {
        name_ = fmt::format("saoluu_{}", name);
        help_ = help;
        is_begun_ = false;
    }
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    template <class Number>
    void sample(Labels labels, Number value) {
        if (!std::exchange(is_begun_, true)) // one without samples is left out whole
            text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name_, help_);
        std::string all;
        for (const auto& [label, of] : labels)
            all += fmt::format("{}{}=\"{}\"", all.empty() ? "" : ",", label, escaped(of));
        text_ += all.empty() ? name_ : fmt::format("{}{{{}}}", name_, all);
        text_ += fmt::format(" {}\n", value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_, name_, help_;
    bool is_begun_ = false;
};

constexpr std::initializer_list<RunOutcome> kOutcomes = {RunOutcome::none, RunOutcome::done,
                                                         RunOutcome::incomplete, RunOutcome::failed,
                                                         RunOutcome::interrupted};

void put_jobs(Metrics& out, const std::vector<JobStatus>& jobs) {
    /// One metric of all jobs that know it.
    const auto each = [&](std::string_view name, std::string_view help, auto value) {
        out.metric(name, help);
        for (const JobStatus& job : jobs)
            if (const auto known = value(job))
                out.sample({{"job", job.name}}, *known);
    };
    using Time = std::optional<UnixTime>;
    using Count = std::optional<std::uint64_t>;
    using Seconds = std::optional<std::int64_t>;
    each("job_last_success_timestamp_seconds", "When the last run that made a snapshot ended.",
         [](const JobStatus& job) -> Time { return job.last_success; });
    each("job_last_run_timestamp_seconds", "When the last run ended.",
         [](const JobStatus& job) -> Time { return job.last_end; });
    out.metric("job_last_run_outcome", "1 for how the last run ended.");
    for (const JobStatus& job : jobs)
        for (const RunOutcome outcome : kOutcomes)
            out.sample({{"job", job.name}, {"outcome", name_of(outcome)}},
                       job.last_outcome == outcome ? 1 : 0);
    each("job_last_duration_seconds", "How long the last run took.",
         [](const JobStatus& job) -> Seconds { return job.last_duration.count(); });
    each("job_next_run_timestamp_seconds", "When it runs next by its schedule.",
         [](const JobStatus& job) -> Time { return job.next; });
    each("job_max_age_seconds", "The age that its newest snapshot may have.",
         [](const JobStatus& job) -> Seconds {
             return job.max_age.count() > 0 ? Seconds(job.max_age.count()) : Seconds();
         });
    each("job_overdue", "1 if its newest snapshot is older than that.",
         [](const JobStatus& job) -> Count { return job.overdue ? 1 : 0; });
    each("job_suspect", "1 if its sources had far less than before at its last run.",
         [](const JobStatus& job) -> Count { return job.suspect ? 1 : 0; });
    each("job_running", "1 while it runs.",
         [](const JobStatus& job) -> Count { return job.running ? 1 : 0; });
    each("job_files", "Files in its last snapshot.",
         [](const JobStatus& job) -> Count { return job.files; });
    each("job_bytes", "Bytes of these files.",
         [](const JobStatus& job) -> Count { return job.bytes; });
    each("job_last_stored_bytes", "Bytes that the last run added to its stores.",
         [](const JobStatus& job) -> Count { return job.stored_bytes; });
}

void put_stores(Metrics& out, const std::vector<StoreStatus>& stores) {
    const auto each = [&](std::string_view name, std::string_view help, auto value) {
        out.metric(name, help);
        for (const StoreStatus& store : stores)
            if (const auto known = value(store))
                out.sample({{"store", store.name}}, *known);
    };
    using Time = std::optional<UnixTime>;
    using Count = std::optional<std::uint64_t>;
    each("store_free_bytes", "Bytes that are free there.",
         [](const StoreStatus& store) -> Count { return store.free_bytes; });
    each("store_size_bytes", "Bytes that there are in all.",
         [](const StoreStatus& store) -> Count { return store.total_bytes; });
    each("store_damaged_packs", "Packs that are known to be damaged, and not healed.",
         [](const StoreStatus& store) -> Count { return store.damaged_packs; });
    each("check_last_timestamp_seconds", "When the last unattended check ended.",
         [](const StoreStatus& store) -> Time { return store.last_check; });
    each("check_seen_ratio", "Share of all bytes that were found good within the cycle.",
         [](const StoreStatus& store) -> std::optional<double> {
             return store.seen_percent ? std::optional(*store.seen_percent / 100)
                                       : std::optional<double>();
         });
    each("full_check_last_timestamp_seconds", "When a person last checked all of it.",
         [](const StoreStatus& store) -> Time { return store.last_full_check; });
    each("full_check_due_timestamp_seconds", "When that is due again.",
         [](const StoreStatus& store) -> Time { return store.full_check_due; });
}

} // namespace

std::string prometheus_text(const ServiceStatus& status) {
    Metrics out;
    out.metric("build_info", "The version of the program.");
    out.sample({{"version", status.version}}, 1);
    out.metric("daemon_start_timestamp_seconds", "When the service was started.");
    out.sample({}, status.started);
    out.metric("status_timestamp_seconds",
               "When this was written: one that stands still is of a service that does not run.");
    out.sample({}, status.now);
    put_jobs(out, status.jobs);
    put_stores(out, status.stores);
    out.metric("trouble_since_timestamp_seconds", "Since when a trouble lasts.");
    for (const OpenTrouble& trouble : status.troubles)
        out.sample({{"kind", name_of(trouble.kind)}, {"about", trouble.about}}, trouble.since);
    out.metric("notify_waiting", "Messages that could not be sent yet.");
    for (const ChannelStatus& channel : status.channels)
        out.sample({{"channel", channel.name}}, channel.waiting);
    return out.take();
}

} // namespace saoluu::service
