// SPDX-License-Identifier: Apache-2.0
#include "store/probe.hpp"

#include "store/forwarding.hpp"
#include "store/memory.hpp"

#include <doctest/doctest.h>

using namespace saoluu;
using namespace saoluu::store;

namespace {

/// A store whose account may put and read only, or whose removals fail otherwise.
class Unremovable : public ForwardingStore {
public:
    Unremovable(Store& base, ErrorKind kind) : ForwardingStore(base), kind_(kind) {}
    Result<void> remove(std::string_view name) override {
        return fail(kind_, std::string(name) + ": not removed");
    }

private:
    ErrorKind kind_;
};

} // namespace

TEST_CASE("a store whose account may remove nothing is probed as any other") {
    const auto memory = make_memory_store();
    Unremovable store(*memory, ErrorKind::denied);
    const auto facts = probe(store);
    REQUIRE(facts);
    CHECK(facts->at("exclusive-create") == "yes");
}

TEST_CASE("a store that fails while it is probed is not taken for one that denies") {
    const auto memory = make_memory_store();
    Unremovable store(*memory, ErrorKind::io);
    const auto facts = probe(store);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().kind() == ErrorKind::io);
}
