// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/names.hpp"

#include <string>
#include <variant>

namespace saoluu::test {

/// The name that the makers give for what was parsed.
inline std::string made_name(const format::names::Name& parsed) {
    namespace names = format::names;
    struct Make {
        static std::string second(bool is_second) {
            return is_second ? std::string(names::kSecond) : std::string();
        }
        std::string operator()(const names::RosterName& name) const {
            return names::roster(name.n, name.hash) + second(name.second);
        }
        std::string operator()(const names::SlotName& name) const {
            return names::slot(name.slot) + second(name.second);
        }
        std::string operator()(const names::PackName& name) const {
            return names::pack(name.pack, name.copy);
        }
        std::string operator()(const names::IndexName& name) const {
            return names::index(name.segment);
        }
        std::string operator()(const names::SessionName& name) const {
            return names::session(name.session, name.part);
        }
        std::string operator()(const names::LedgerName& name) const {
            return names::ledger(name.actor, name.n, name.hash);
        }
        std::string operator()(const names::MarkName& name) const { return names::mark(name.mark); }
        std::string operator()(const names::FixedName& name) const {
            return std::string(name.name);
        }
    };
    return std::visit(Make(), parsed);
}

} // namespace saoluu::test
