// SPDX-License-Identifier: Apache-2.0
#include "engine/mirror_run.hpp"

#include "crypto/hash.hpp"
#include "engine/object_check.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::engine {

using util::message;
using util::tr;

namespace {

/// What one thread holds of a large object.
constexpr std::uint64_t kCopiedAtOnce = 1 << 20;

unsigned threads_for(store::Store& from, store::Store& to, unsigned asked) {
    const unsigned served = std::max(from.nature().requests_at_once, to.nature().requests_at_once);
    return std::clamp(asked == 0 ? served : asked, asked == 0 ? 2U : 1U, 32U);
}

/// Errors that are of one object alone: the run goes on without it.
bool is_of_object(const Error& error) {
    return error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::not_found ||
           error.kind() == ErrorKind::denied || error.kind() == ErrorKind::unsupported;
}

} // namespace

Copier::Copier(store::Store& from, store::Store& to, const format::RepositoryId& repository,
               const MirrorOptions& options, Events& events, std::stop_token stop)
    : from_(from), to_(to), repository_(repository), options_(options), events_(events),
      stop_(std::move(stop)), threads_(threads_for(from, to, options.threads)) {}

Result<void> Copier::go_on() const {
    if (stop_.stop_requested())
        return fail(ErrorKind::interrupted, tr("interrupted"));
    return {};
}

void Copier::count_present(std::uint64_t objects) {
    count([&](MirrorReport& report) { report.present += objects; });
}

void Copier::tell(Severity severity, const std::string& subject, const std::string& text) {
    count([&](MirrorReport& report) { report.alarms += severity == Severity::alarm ? 1 : 0; });
    events_.finding({severity, subject, text});
}

void Copier::damage(const std::string& subject, const std::string& text, bool is_missed) {
    count([&](MirrorReport& report) {
        ++report.damaged;
        report.failed += is_missed ? 1 : 0;
    });
    events_.finding({Severity::damage, subject, text});
}

void Copier::add_bytes(std::uint64_t bytes, const std::string& name) {
    events_.progress({.files = done_,
                      .total_files = all_,
                      .bytes = done_bytes_ += bytes,
                      .total_bytes = all_bytes_,
                      .current = name});
}

Result<void> Copier::copy(std::vector<Wanted> wanted) {
    std::vector<std::vector<Wanted>> chains;
    chains.reserve(wanted.size());
    for (Wanted& one : wanted) {
        chains.emplace_back();
        chains.back().push_back(std::move(one));
    }
    return copy_chains(std::move(chains));
}

Result<void> Copier::copy_chains(std::vector<std::vector<Wanted>> chains) {
    for (const std::vector<Wanted>& chain : chains)
        for (const Wanted& one : chain) {
            ++all_;
            all_bytes_ += one.size;
        }
    Crew crew(stop_);
    std::atomic<std::size_t> next = 0;
    const auto work = [&]() -> Result<void> {
        for (std::size_t at = next++; at < chains.size(); at = next++)
            for (const Wanted& one : chains[at]) {
                if (crew.is_stopping())
                    return {};
                // What follows would be there without what it follows.
                if (!TRY(copy_one(one)))
                    break;
            }
        return {};
    };
    const auto helpers = std::min<std::size_t>(threads_, chains.size());
    for (std::size_t i = 0; i < helpers; ++i)
        crew.start(work);
    crew.join();
    return crew.outcome();
}

Result<bool> Copier::copy_one(const Wanted& wanted) {
    TRY(go_on());
    std::optional<Error> first;
    for (const std::string& source : wanted.sources) {
        Result<bool> copied = try_source(wanted, source);
        if (copied) {
            if (first)
                damage(wanted.sources.front(), first->message(), false);
            ++done_;
            add_bytes(0, wanted.name);
            return copied;
        }
        const Error& error = copied.error();
        if (target_error_.with([](const auto& target) { return target.has_value(); }))
            return Failure(Error(error).within(to_.describe()));
        // A sector that can't be read is damage of one object; a store that does not answer is the
        // end of the run.
        const bool is_alive =
            is_of_object(error) ||
            (error.kind() == ErrorKind::io && store::list_all(from_, format::names::kFormat));
        if (!is_alive)
            return Failure(Error(error).within(source));
        if (!first)
            first = error;
    }
    ++done_;
    damage(wanted.sources.front(), first->message(), true);
    return false;
}

Result<bool> Copier::try_source(const Wanted& wanted, const std::string& source) {
    const auto parsed = format::names::parse(wanted.name);
    const std::byte* hash = hash_in(*parsed);
    if (hash != nullptr) {
        const std::uint64_t size = source == wanted.sources.front() && wanted.size > 0
                                       ? wanted.size
                                       : TRY(from_.stat(source)).size;
        if (size > size_limit(*parsed))
            return fail(ErrorKind::corrupt, tr("it is larger than such an object may be"));
        return stream(wanted, source, size, {hash, crypto::Hash::size});
    }
    const util::Bytes bytes = TRY(from_.get(source, size_limit(*parsed)));
    TRY(verify_object(repository_, *parsed, bytes));
    if (options_.dry_run)
        return settle(wanted.name, store::Put::created, bytes.size());
    add_bytes(bytes.size(), wanted.name);
    return settle(wanted.name, to_.put(wanted.name, bytes), bytes.size());
}

/// Reads it piece by piece and gives it its name only when the hash of all is right.
Result<bool> Copier::stream(const Wanted& wanted, const std::string& source, std::uint64_t size,
                            util::BytesView hash) {
    if (options_.dry_run)
        return settle(wanted.name, store::Put::created, size);
    const std::unique_ptr<store::Staged> staged = TRY(at_target(to_.stage()));
    crypto::Hasher hasher;
    util::Bytes piece(static_cast<std::size_t>(std::min(size, kCopiedAtOnce)));
    for (std::uint64_t at = 0; at < size;) {
        TRY(go_on());
        const auto now = static_cast<std::size_t>(std::min(kCopiedAtOnce, size - at));
        if (const std::uint64_t then = at + now; then < size)
            from_.will_read(source, then, std::min(kCopiedAtOnce, size - then));
        const std::span<std::byte> room = std::span(piece).first(now);
        TRY(from_.read(source, at, room));
        hasher.update(room);
        TRY(at_target(staged->append(room)));
        at += now;
        add_bytes(now, wanted.name);
    }
    if (!util::equal(hasher.finish().view(), hash))
        return fail(ErrorKind::corrupt, tr("damaged: its bytes do not have the hash in its name"));
    return settle(wanted.name, staged->commit(wanted.name), size);
}

/// True: it is there now, whoever put it.
Result<bool> Copier::settle(const std::string& name, Result<store::Put> put, std::uint64_t size) {
    const bool is_packs = name.starts_with(format::names::kPacks);
    if (TRY(at_target(std::move(put))) == store::Put::created)
        count([&](MirrorReport& report) {
            ++report.objects;
            report.bytes += size;
            report.packs += is_packs ? 1 : 0;
        });
    else
        count_present(); // another mirror or a writer was quicker
    return true;
}

Result<Listing> list_of(store::Store& store, std::string_view prefix) {
    Listing listing;
    TRY(store.list(prefix, "", [&](const store::ObjectInfo& info) {
        if (format::names::parse(info.name))
            listing.emplace(info.name, info.size);
        return true;
    }));
    return listing;
}

} // namespace saoluu::engine
