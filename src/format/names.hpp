// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// Names of objects in a store (FORMAT.md, section 3). Parsing takes only what the makers make.
namespace saoluu::format::names {

inline constexpr std::string_view kFormat = "format";
inline constexpr std::string_view kReadme = "README.txt";
inline constexpr std::string_view kPlace = "place";
inline constexpr std::string_view kRosters = "roster/";
inline constexpr std::string_view kKeys = "keys/";
inline constexpr std::string_view kPacks = "packs/";
inline constexpr std::string_view kIndex = "index/";
inline constexpr std::string_view kSnapshots = "snapshots/";
inline constexpr std::string_view kLedger = "ledger/";
inline constexpr std::string_view kMarks = "marks/";
/// Behind a name: the second copy of a small object.
inline constexpr std::string_view kSecond = ".2";

/// The objects of a session.
enum class Part { open, done, forgotten, fence, void_ };

std::string roster(std::uint64_t n, const RosterHash& hash);
std::string slot(const SlotId& slot);
/// copy: 0 = the pack itself, k = the k-th healed copy (below 10^9)
std::string pack(const PackId& pack, std::uint64_t copy = 0);
std::string index(const SegmentId& segment);
std::string session(const SessionId& session, Part part);
std::string ledger_of(const ActorId& actor); ///< "ledger/<actor>/"
std::string ledger(const ActorId& actor, std::uint64_t n, const EntryHash& hash);
std::string mark(const MarkId& mark);

struct RosterName {
    std::uint64_t n;
    RosterHash hash;
    bool second;
};
struct SlotName {
    SlotId slot;
    bool second;
};
struct PackName {
    PackId pack;
    std::uint64_t copy;
}; ///< copy 0 = the pack itself, k = healed copy
struct IndexName {
    SegmentId segment;
};
struct SessionName {
    SessionId session;
    Part part;
};
struct LedgerName {
    ActorId actor;
    std::uint64_t n;
    EntryHash hash;
};
struct MarkName {
    MarkId mark;
};
struct FixedName {
    std::string_view name;
}; ///< format, format.2, README.txt, place

using Name = std::variant<RosterName, SlotName, PackName, IndexName, SessionName, LedgerName,
                          MarkName, FixedName>;

/// nullopt: foreign to the format
std::optional<Name> parse(std::string_view name);

/// parse() narrowed to one kind of name.
template <class Which>
std::optional<Which> parse_as(std::string_view name) {
    const std::optional<Name> parsed = parse(name);
    if (!parsed || !std::holds_alternative<Which>(*parsed))
        return std::nullopt;
    return std::get<Which>(*parsed);
}

} // namespace saoluu::format::names
