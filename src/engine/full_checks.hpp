// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/ledger.hpp"

#include "saoluu/check.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace saoluu::engine {

/// What the ledger says of a check (FORMAT.md, section 11).
std::string ledger_text(const CheckReport& report, const CheckOptions& options);
struct LedgerText {
    bool is_full = false; ///< everything was read and decrypted
    bool is_sound = false;
};
/// Nothing of what is no such text.
std::optional<LedgerText> parse_ledger_text(std::string_view text);

/// Whether a check read and decrypted everything there is.
bool is_full(const CheckReport& report, const CheckOptions& options);

/// The newest full check of this place by someone whose checks count.
std::optional<FullCheck> find_full_check(const repo::Access& access, const repo::Ledger& ledger);

} // namespace saoluu::engine
