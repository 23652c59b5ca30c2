// SPDX-License-Identifier: Apache-2.0
#include "engine/lock_look.hpp"

#include "util/guarded.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <atomic>
#include <optional>

namespace saoluu::engine {
namespace {

using util::message;
using util::tr;

struct Answers {
    std::uint64_t asked = 0;
    std::vector<std::size_t> ended, never; ///< places in the list of names
    std::uint64_t hidden = 0;
    std::string why_hidden;
};

/// Whether an object's answer is lacking, but others may be had.
bool is_of_one(const Error& error) {
    return error.kind() == ErrorKind::denied || error.kind() == ErrorKind::corrupt ||
           error.kind() == ErrorKind::unsupported || error.kind() == ErrorKind::usage;
}

} // namespace

Result<void> ask_for_locks(store::Store& store, const std::vector<std::string>& names,
                           std::int64_t now, Crew& crew, Locks& locks) {
    util::Guarded<Answers> answers;
    std::atomic<std::size_t> next = 0;
    const auto ask = [&](std::size_t at) -> Result<void> {
        const auto until = store.retained_until(names[at]);
        if (!until && until.error().kind() == ErrorKind::not_found)
            return {};
        if (!until && !is_of_one(until.error()))
            return Failure(until.error());
        answers.with([&](Answers& all) {
            if (!until) {
                ++all.hidden;
                all.why_hidden = until.error().message();
                return;
            }
            ++all.asked;
            if (!*until)
                all.never.push_back(at);
            else if (**until <= now)
                all.ended.push_back(at);
        });
        return {};
    };
    const auto work = [&]() -> Result<void> {
        for (std::size_t at = next++; at < names.size() && !crew.is_stopping(); at = next++) {
            TRY(ask(at));
            if (locks.asked == 0 && answers.with([&](const Answers& all) {
                    return all.asked == 0 && locks.hidden + all.hidden >= Locks::kNamed;
                }))
                break;
        }
        return {};
    };
    const std::size_t at_once =
        std::min<std::size_t>(std::max(1U, store.nature().requests_at_once), names.size());
    {
        // The threads use what stands above: they end before it does, whatever happens.
        struct Join {
            Crew& crew;
            ~Join() { crew.join(); }
        } const join{crew};
        for (std::size_t i = 0; i < at_once; ++i)
            crew.start(work);
    }
    TRY(crew.outcome());
    const auto name_first = [&](std::vector<std::size_t>& places, std::vector<std::string>& named) {
        std::ranges::sort(places);
        for (std::size_t i = 0; i < places.size() && named.size() < Locks::kNamed; ++i)
            named.push_back(names[places[i]]);
    };
    answers.with([&](Answers& all) {
        locks.asked += all.asked;
        locks.ended += all.ended.size();
        locks.never += all.never.size();
        locks.hidden += all.hidden;
        if (!all.why_hidden.empty())
            locks.why_hidden = all.why_hidden;
        name_first(all.ended, locks.named_ended);
        name_first(all.never, locks.named_never);
    });
    return {};
}

std::string text_of_unprotected(const Locks& locks) {
    std::string list;
    std::size_t count = 0;
    for (const auto* const named : {&locks.named_never, &locks.named_ended})
        for (const std::string& name : *named)
            if (count < Locks::kNamed) {
                list += (list.empty() ? "" : ", ") + util::printable(name);
                ++count;
            }
    if (locks.unprotected() > count)
        list += ", …";
    return message(tr("{} of {} objects are not locked ({} have no lock, of {} it is over): {}"),
                   locks.unprotected(), locks.asked, locks.never, locks.ended, list);
}

const char* next_step_of_unprotected(const Locks& locks) {
    if (locks.never > 0)
        return tr("what has no lock was put by something else than this program, or in place of "
                  "what was locked: look in the bucket who put it, and keep a second copy that "
                  "this account can't reach (saoluu mirror)");
    return tr("locks end with age, and newer backups don't lengthen them: whoever has this "
              "account's keys can now remove these objects; keep a second copy that this account "
              "can't reach (saoluu mirror), or have the locks lengthened by who runs the store");
}

std::string text_of_hidden(const Locks& locks) {
    return message(tr("the store does not say of {} objects whether they are locked: {}"),
                   locks.hidden, locks.why_hidden);
}

} // namespace saoluu::engine
