// SPDX-License-Identifier: Apache-2.0
#include "format/names.hpp"

#include "util/assert.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace saoluu::format::names {
namespace {

constexpr std::size_t kDigits = 10; // of <n>, zero-padded, so that a listing sorts
/// A name has one form, so copies are counted in at most this many digits.
constexpr std::size_t kCopyDigits = 9;

constexpr std::array<std::pair<Part, std::string_view>, 5> kParts = {{
    {Part::open, "open"},
    {Part::done, "done"},
    {Part::forgotten, "forgotten"},
    {Part::fence, "fence"},
    {Part::void_, "void"},
}};

constexpr std::array<std::string_view, 4> kFixed = {kFormat, "format.2", kReadme, kPlace};

std::string number(std::uint64_t n) {
    ASSERT(n <= limits::kNumber);
    return fmt::format("{:010}", n);
}

/// Takes a name apart from left to right; after the first part that does not fit nothing fits.
class Cursor {
public:
    explicit Cursor(std::string_view name) : left_(name) {}

    bool take(std::string_view literal) {
        if (!fits_ || !left_.starts_with(literal))
            return false;
        left_.remove_prefix(literal.size());
        return true;
    }
    void must(std::string_view literal) { fits_ = take(literal); }
    template <class IdType>
    IdType id() {
        const auto found = IdType::from_hex_text(left_.substr(0, IdType::size * 2));
        fits_ = fits_ && found;
        if (!fits_)
            return {};
        left_.remove_prefix(IdType::size * 2);
        return *found;
    }
    /// Decimal digits, `least` to `most` of them.
    std::uint64_t decimal(std::size_t least, std::size_t most) {
        std::uint64_t value = 0;
        std::size_t digits = 0;
        for (;
             digits < most && digits < left_.size() && left_[digits] >= '0' && left_[digits] <= '9';
             ++digits)
            value = value * 10 + static_cast<std::uint64_t>(left_[digits] - '0');
        fits_ = fits_ && digits >= least;
        left_.remove_prefix(digits);
        return value;
    }
    [[nodiscard]] std::string_view left() const { return left_; }
    [[nodiscard]] bool at_end() const { return fits_ && left_.empty(); }

private:
    std::string_view left_;
    bool fits_ = true;
};

std::optional<Name> parse_roster(Cursor in) {
    RosterName name{};
    name.n = in.decimal(kDigits, kDigits);
    in.must("-");
    name.hash = in.id<RosterHash>();
    name.second = in.take(kSecond);
    return in.at_end() ? std::optional<Name>(name) : std::nullopt;
}

std::optional<Name> parse_slot(Cursor in) {
    SlotName name{};
    name.slot = in.id<SlotId>();
    name.second = in.take(kSecond);
    return in.at_end() ? std::optional<Name>(name) : std::nullopt;
}

std::optional<Name> parse_pack(Cursor in) {
    const std::string_view folder = in.left().substr(0, 2);
    in.must(folder);
    in.must("/");
    if (!in.left().starts_with(folder))
        return std::nullopt;
    PackName name{};
    name.pack = in.id<PackId>();
    if (in.take(".")) {
        if (in.left().starts_with('0'))
            return std::nullopt;
        name.copy = in.decimal(1, kCopyDigits);
    }
    return in.at_end() ? std::optional<Name>(name) : std::nullopt;
}

std::optional<Name> parse_session(Cursor in) {
    SessionName name{};
    name.session = in.id<SessionId>();
    in.must("/");
    for (const auto& [part, text] : kParts) {
        Cursor rest = in;
        if (rest.take(text) && rest.at_end()) {
            name.part = part;
            return name;
        }
    }
    return std::nullopt;
}

std::optional<Name> parse_ledger(Cursor in) {
    LedgerName name{};
    name.actor = in.id<ActorId>();
    in.must("/");
    name.n = in.decimal(kDigits, kDigits);
    in.must("-");
    name.hash = in.id<EntryHash>();
    return in.at_end() ? std::optional<Name>(name) : std::nullopt;
}

} // namespace

std::string roster(std::uint64_t n, const RosterHash& hash) {
    return fmt::format("{}{}-{}", kRosters, number(n), hash.hex());
}

std::string slot(const SlotId& slot) {
    return fmt::format("{}{}", kKeys, slot.hex());
}

std::string pack(const PackId& pack, std::uint64_t copy) {
    const std::string hex = pack.hex();
    if (copy == 0)
        return fmt::format("{}{}/{}", kPacks, hex.substr(0, 2), hex);
    ASSERT(copy < 1'000'000'000);
    return fmt::format("{}{}/{}.{}", kPacks, hex.substr(0, 2), hex, copy);
}

std::string index(const SegmentId& segment) {
    return fmt::format("{}{}", kIndex, segment.hex());
}

std::string session(const SessionId& session, Part part) {
    for (const auto& [known, text] : kParts)
        if (known == part)
            return fmt::format("{}{}/{}", kSnapshots, session.hex(), text);
    ASSERT(false);
    return {};
}

std::string ledger_of(const ActorId& actor) {
    return fmt::format("{}{}/", kLedger, actor.hex());
}

std::string ledger(const ActorId& actor, std::uint64_t n, const EntryHash& hash) {
    return fmt::format("{}{}-{}", ledger_of(actor), number(n), hash.hex());
}

std::string mark(const MarkId& mark) {
    return fmt::format("{}{}", kMarks, mark.hex());
}

std::optional<Name> parse(std::string_view name) {
    for (const std::string_view fixed : kFixed)
        if (name == fixed)
            return FixedName{fixed};
    Cursor in(name);
    if (in.take(kPacks))
        return parse_pack(in);
    if (in.take(kIndex)) {
        const IndexName found{in.id<SegmentId>()};
        return in.at_end() ? std::optional<Name>(found) : std::nullopt;
    }
    if (in.take(kSnapshots))
        return parse_session(in);
    if (in.take(kLedger))
        return parse_ledger(in);
    if (in.take(kMarks)) {
        const MarkName found{in.id<MarkId>()};
        return in.at_end() ? std::optional<Name>(found) : std::nullopt;
    }
    if (in.take(kRosters))
        return parse_roster(in);
    if (in.take(kKeys))
        return parse_slot(in);
    return std::nullopt;
}

} // namespace saoluu::format::names
