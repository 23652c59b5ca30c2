// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/roster.hpp"
#include "format/text_objects.hpp"
#include "repo/store_view.hpp"

#include "saoluu/events.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace saoluu::repo {

/// A roster whose bytes have the hash in its name; who signed it is still to be judged.
struct Candidate {
    format::RosterObject object;
    util::Bytes bytes;
};
/// A roster that this version can't take apart, though its bytes are those that were put.
struct Unreadable {
    std::string name;
    util::Bytes bytes;
    Error error;
};
struct Candidates {
    std::map<std::uint64_t, std::vector<Candidate>> readable;
    std::multimap<std::uint64_t, Unreadable> unreadable;
};

/// All rosters that are listed, each from whichever copy is whole.
Result<Candidates> read_candidates(const StoreView& store, Events& events);

/// Whether `next` is signed by someone who may, according to `before` (null: by the founder), and
/// keeps what must stay (FORMAT.md 6.3).
bool may_follow(const Candidate& next, const format::RosterObject* before,
                const format::FormatObject& format);

/// The frame of a roster that can't be taken apart any further: enough to see who signed it.
class RosterFrame {
public:
    static std::optional<RosterFrame> of(const Unreadable& roster, std::uint64_t n);
    [[nodiscard]] const format::ActorId& signer() const { return view_.signer; }
    [[nodiscard]] const format::RosterHash& previous() const { return view_.roster; }
    [[nodiscard]] bool is_signed_by(const format::FormatObject& format,
                                    const crypto::SignPublic& signer) const;

private:
    RosterFrame(const format::Header& header, format::SignedView view, std::uint64_t n)
        : header_(header), view_(view), n_(n) {}
    format::Header header_;
    format::SignedView view_;
    std::uint64_t n_;
};

/// A roster that can't be taken apart, but that an admin signed, can't be passed over: it may
/// revoke someone. One that nobody who may has signed is rubbish.
bool is_from_admin(const Unreadable& roster, std::uint64_t n, const format::RosterObject* before,
                   const format::FormatObject& format);

} // namespace saoluu::repo
