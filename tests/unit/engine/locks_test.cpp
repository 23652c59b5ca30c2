// SPDX-License-Identifier: Apache-2.0
// What a check and doctor say of objects that a store should keep locked.
#include "engine/doctor_run.hpp"
#include "engine/lock_look.hpp"
#include "store/forwarding.hpp"
#include "three_snapshots.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

using namespace saoluu;
using namespace saoluu::test;

namespace {

constexpr std::int64_t kNow = 1'800'000'000;

class FixedClock final : public util::Clock {
public:
    [[nodiscard]] std::int64_t now() const override { return kNow; }
};
const FixedClock kClock;

/// Outlives its store.
struct LockBook {
    using Until = std::optional<std::int64_t>;
    Until all = kNow + 1; ///< of objects that are not named
    std::map<std::string, Until, std::less<>> of;
    std::map<std::string, Error, std::less<>> refused;
    std::optional<Error> refused_all;
    std::mutex mutex;
    std::vector<std::string> asked;
    std::atomic<int> at_once = 0, most_at_once = 0;
};

class LockingStore final : public store::ForwardingStore {
public:
    LockingStore(std::unique_ptr<store::Store> base, std::shared_ptr<LockBook> book)
        : ForwardingStore(std::move(base)), book_(std::move(book)) {}

    [[nodiscard]] store::Nature nature() const override {
        return {.is_remote = true, .requests_at_once = 8};
    }
    Result<std::optional<std::int64_t>> retained_until(std::string_view name) override {
        const int now = ++book_->at_once;
        for (int most = book_->most_at_once; most < now;)
            if (book_->most_at_once.compare_exchange_weak(most, now))
                break;
        auto answer = answer_to(name);
        --book_->at_once;
        return answer;
    }

private:
    Result<std::optional<std::int64_t>> answer_to(std::string_view name) {
        const std::lock_guard lock(book_->mutex);
        book_->asked.emplace_back(name);
        if (book_->refused_all)
            return Failure(*book_->refused_all);
        if (const auto refused = book_->refused.find(name); refused != book_->refused.end())
            return Failure(refused->second);
        const auto known = book_->of.find(name);
        return known == book_->of.end() ? book_->all : known->second;
    }
    std::shared_ptr<LockBook> book_;
};

struct Locked {
    const Three three;
    std::shared_ptr<LockBook> book = std::make_shared<LockBook>();
    Told told;

    std::unique_ptr<store::Store> store() const {
        return std::make_unique<LockingStore>(three.repository.store(), book);
    }
    Result<CheckReport> try_check(double percent = 100, bool has_lock_days = true) {
        repo::Access access =
            must(repo::open_access_over(store(), three.repository.options(key::kBackup), told));
        if (has_lock_days)
            access.place.facts["lock-days"] = "30";
        access.clock = &kClock;
        Repository repository(
            std::make_unique<Repository::Impl>(Repository::Impl{std::move(access)}));
        CheckOptions options;
        options.sample_percent = percent;
        return check(repository, options, told, {});
    }
    CheckReport check_locks(double percent = 100) { return must(try_check(percent)); }
    /// The only warning.
    std::string warning() const {
        REQUIRE_MESSAGE(told.count(Severity::warning) == 1, told.text());
        return std::ranges::find(told.findings, Severity::warning, &Finding::severity)->text;
    }
    std::vector<Verdict> doctor(unsigned days = 30) {
        std::vector<Verdict> all;
        const std::function<void(const Verdict&)> each = [&](const Verdict& verdict) {
            all.push_back(verdict);
        };
        const auto there = store();
        engine::look_at_locks(*there, {.days = days}, kClock, {}, engine::Verdicts(each, "there"));
        return all;
    }
};

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a check asks for every object's lock, once, where there are to be locks") {
    Locked locked;
    const std::vector<std::string> names = locked.three.repository.names();
    const CheckReport report = locked.check_locks();
    CHECK(report.unprotected == 0);
    CHECK(report.locks_asked == names.size());
    CHECK_MESSAGE(locked.told.findings.empty(), locked.told.text());
    std::ranges::sort(locked.book->asked);
    CHECK(locked.book->asked == names);
    CHECK(locked.book->most_at_once <= 8);
}

TEST_CASE("where no locks are to be, none are asked for") {
    Locked locked;
    locked.book->all = {};
    const CheckReport report = must(locked.try_check(100, false));
    CHECK(report.unprotected == 0);
    CHECK(locked.book->asked.empty());
    CHECK_MESSAGE(locked.told.findings.empty(), locked.told.text());
    CHECK(locked.doctor(0).empty());
    CHECK(locked.book->asked.empty());
}

TEST_CASE("what is not locked is found, and nothing else") {
    Locked locked;
    const std::string pack = locked.three.pack(1, true);
    SUBCASE("never was") {
        locked.book->of[pack] = std::optional<std::int64_t>();
    }
    SUBCASE("ends this very second") {
        locked.book->of[pack] = kNow;
    }
    SUBCASE("ended long ago") {
        locked.book->of[pack] = 0;
    }
    const CheckReport report = locked.check_locks();
    CHECK(report.unprotected == 1);
    CHECK(report.sound()); // nothing is lost
    CHECK(report.warnings == 1);
    const std::string text = locked.warning();
    CHECK(holds(text, "): " + pack + "; ")); // and no other
    const std::vector<Verdict> verdicts = locked.doctor();
    REQUIRE(verdicts.size() == 1);
    CHECK(verdicts[0].condition == Condition::warning);
    CHECK(verdicts[0].what.ends_with("): " + pack));
    CHECK(!verdicts[0].next.empty());
}

TEST_CASE("of many that age explains, the one that it does not comes first") {
    Locked locked;
    locked.book->all = kNow - 1;
    const std::string last = locked.three.repository.names().back();
    locked.book->of[last] = std::optional<std::int64_t>();
    const CheckReport report = locked.check_locks();
    CHECK(report.unprotected == report.objects);
    CHECK(report.objects > engine::Locks::kNamed);
    const std::string text = locked.warning();
    CHECK(holds(text, ": " + last + ", "));
    std::size_t named = 0;
    for (const std::string& name : locked.three.repository.names())
        named += holds(text, name + ",") || holds(text, name + ";") ? 1 : 0;
    CHECK(named == engine::Locks::kNamed);
    CHECK(holds(text, "…"));
}

TEST_CASE("a store that locks nothing leaves everything unprotected") {
    const Three three;
    engine::Crew crew({});
    engine::Locks locks;
    const auto store = three.repository.store();
    must(engine::ask_for_locks(*store, three.repository.names(), kNow, crew, locks));
    CHECK(locks.never == three.repository.names().size());
    CHECK(locks.ended == 0);
}

TEST_CASE("a sample asks for its share") {
    Locked locked;
    const std::size_t all = locked.three.repository.names().size();
    locked.book->all = {};
    const CheckReport report = locked.check_locks(10);
    CHECK(report.locks_asked == (all + 9) / 10);
    CHECK(report.unprotected == report.locks_asked);
}

TEST_CASE("what an account may not see is not said to be unprotected, nor to be locked") {
    Locked locked;
    const Error denied(ErrorKind::denied, "AccessDenied");
    SUBCASE("of one object") {
        locked.book->refused.emplace(locked.three.pack(0, true), denied);
        const CheckReport report = locked.check_locks();
        CHECK(report.locks_asked == report.objects - 1);
        CHECK(report.unprotected == 0);
    }
    SUBCASE("of any: it is not asked for long") {
        locked.book->refused_all = denied;
        const CheckReport report = locked.check_locks();
        CHECK(report.locks_asked == 0);
        CHECK(report.unprotected == 0);
        CHECK(locked.book->asked.size() < engine::Locks::kNamed + 8);
        const std::vector<Verdict> verdicts = locked.doctor();
        REQUIRE(verdicts.size() == 1);
        CHECK(verdicts[0].condition == Condition::warning);
        CHECK(holds(verdicts[0].next, "s3:GetObjectRetention"));
    }
    CHECK(holds(locked.warning(), "AccessDenied"));
}

TEST_CASE("an object that goes meanwhile is passed over, and a store that goes fails the check") {
    Locked locked;
    const std::string pack = locked.three.pack(0, true);
    locked.book->refused.emplace(pack, Error(ErrorKind::not_found, "gone"));
    const CheckReport report = locked.check_locks();
    CHECK(report.locks_asked == report.objects - 1);
    CHECK_MESSAGE(locked.told.findings.empty(), locked.told.text());
    locked.book->refused.insert_or_assign(pack, Error(ErrorKind::io, "gone"));
    CHECK(fails(locked.try_check(), ErrorKind::io));
    // What doctor could not look at, it does not call in order.
    const std::vector<Verdict> verdicts = locked.doctor();
    REQUIRE(verdicts.size() == 1);
    CHECK(verdicts[0].condition == Condition::warning);
}

TEST_CASE("doctor asks for no more than it has to") {
    Locked locked;
    for (int i = 0; i < 500; ++i) {
        format::PackId id{};
        crypto::random_bytes(id.bytes);
        locked.three.repository.write(format::names::pack(id), util::as_bytes("x"));
    }
    const std::vector<Verdict> verdicts = locked.doctor();
    REQUIRE(verdicts.size() == 1);
    CHECK(verdicts[0].condition == Condition::in_order);
    std::vector<std::string> asked = locked.book->asked;
    CHECK(asked.size() <= 200);
    CHECK(asked.size() > 150);
    for (const char* kind : {"format", "place", "keys/", "roster/", "snapshots/", "index/"})
        CHECK(std::ranges::any_of(asked, [&](const auto& name) { return name.starts_with(kind); }));
    std::ranges::sort(asked);
    CHECK(std::ranges::adjacent_find(asked) == asked.end());
}
