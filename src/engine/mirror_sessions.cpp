// SPDX-License-Identifier: Apache-2.0
#include "engine/mirror_sessions.hpp"

#include "format/sealed.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::engine {

using format::SessionId;
using format::names::Part;
using util::tr;

/// Sessions that were settled when the mirror began: nothing that they need comes later.
Result<std::set<SessionId>> settled_sessions(store::Store& from) {
    std::set<SessionId> settled;
    TRY(from.list(format::names::kSnapshots, "", [&](const store::ObjectInfo& info) {
        const auto name = format::names::parse_as<format::names::SessionName>(info.name);
        if (name && name->part == Part::done)
            settled.insert(name->session);
        return true;
    }));
    return settled;
}

Result<void> SessionCopier::copy(const std::set<SessionId>& settled) {
    const auto parts_of = [](store::Store& store) -> Result<std::map<SessionId, Parts>> {
        std::map<SessionId, Parts> sessions;
        for (const auto& [name, size] : TRY(list_of(store, format::names::kSnapshots)))
            if (const auto part = format::names::parse_as<format::names::SessionName>(name))
                sessions[part->session].emplace(part->part, size);
        return sessions;
    };
    std::map<SessionId, Parts> here = TRY(parts_of(from_));
    std::map<SessionId, Parts> there = TRY(parts_of(to_));
    const bool may_settle = copier_.report().failed == 0;
    std::vector<std::vector<Wanted>> chains;
    for (const SessionId& session : settled) {
        TRY(copier_.go_on());
        const Parts& parts = here[session];
        const Parts& known = there[session];
        if (known.contains(Part::done)) {
            TRY(compare_done(session));
        } else if (!parts.contains(Part::done) || TRY(is_ended(session, parts))) {
            copier_.count([](MirrorReport& report) { ++report.ended; });
            continue;
        } else if (!may_settle) {
            copier_.count([](MirrorReport& report) { ++report.unsettled; });
            continue;
        }
        std::vector<Wanted> chain;
        for (const Part part :
             {Part::open, Part::forgotten, Part::fence, Part::void_, Part::done}) {
            const auto found = parts.find(part);
            if (found == parts.end())
                continue;
            const std::string name = format::names::session(session, part);
            if (known.contains(part)) // its own, perhaps: each place has an `open` of its own
                copier_.count_present();
            else
                chain.push_back({.name = name, .sources = {name}, .size = found->second});
        }
        if (!chain.empty())
            chains.push_back(std::move(chain));
    }
    std::vector<std::string> dones;
    for (const std::vector<Wanted>& chain : chains)
        if (chain.back().name.ends_with("/done"))
            dones.push_back(chain.back().name);
    TRY(copier_.copy_chains(std::move(chains)));
    return count_settled(dones);
}

Result<bool> SessionCopier::is_ended(const SessionId& session, const Parts& parts) {
    if (parts.contains(Part::void_) && !exclusive_create_)
        return true;
    const std::string name = format::names::session(session, Part::done);
    const Result<util::Bytes> done = from_.get(name, format::limits::kRecord);
    if (!done)
        return false; // told where it is copied
    const Result<format::Header> header = format::Header::decode(*done);
    return header && header->kind == format::Kind::fence;
}

Result<void> SessionCopier::compare_done(const SessionId& session) {
    const std::string name = format::names::session(session, Part::done);
    const Result<util::Bytes> here = from_.get(name, format::limits::kRecord);
    const Result<util::Bytes> there = to_.get(name, format::limits::kRecord);
    if (!here || !there || util::equal(*here, *there))
        return {}; // what can't be read is for a check to tell
    const auto is_fence = [](util::BytesView object) {
        const Result<format::Header> header = format::Header::decode(object);
        return header && header->kind == format::Kind::fence;
    };
    if (!format::without_self_check(*here) || !format::without_self_check(*there))
        copier_.damage(name, tr("its two copies differ, and one of them is damaged"), false);
    else if (is_fence(*here) || is_fence(*there))
        copier_.tell(Severity::notice, name,
                     tr("a clean-up ended this session at one of the two; nothing was copied"));
    else
        copier_.tell(Severity::alarm, name,
                     tr("its two copies differ, and each is whole: someone put one there"));
    return {};
}

Result<void> SessionCopier::count_settled(const std::vector<std::string>& dones) {
    if (is_dry_run_ || dones.empty()) {
        copier_.count([&](MirrorReport& report) { report.sessions += dones.size(); });
        return {};
    }
    const Listing there = TRY(list_of(to_, format::names::kSnapshots));
    for (const std::string& done : dones)
        copier_.count([&](MirrorReport& report) {
            ++(there.contains(done) ? report.sessions : report.unsettled);
        });
    return {};
}

} // namespace saoluu::engine
