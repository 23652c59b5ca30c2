// SPDX-License-Identifier: Apache-2.0
#include "format/names.hpp"
#include "fuzz.hpp"

/// Names of objects, as a store lists them.

using namespace saoluu;
using namespace saoluu::fuzz;
namespace names = format::names;

namespace {

std::string second(bool is_second) {
    return is_second ? std::string(names::kSecond) : std::string();
}

struct Again {
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
    std::string operator()(const names::FixedName& name) const { return std::string(name.name); }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes = Input(data, size).rest();
    const auto name = names::parse(util::as_text(bytes));
    if (name)
        demand_one_form(bytes, util::as_bytes(std::visit(Again(), *name)));
    return 0;
}
