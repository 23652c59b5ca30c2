// SPDX-License-Identifier: Apache-2.0
#include "store/probe.hpp"

#include "crypto/secret.hpp"
#include "util/bytes.hpp"

#include <array>
#include <string>

namespace saoluu::store {

Result<bool> has_exclusive_create(Store& store) {
    std::array<std::byte, 16> random{};
    crypto::random_bytes(random);
    const std::string name = "tmp/probe-" + util::to_hex(random);
    const auto first = util::as_bytes("first");
    TRY(store.put(name, first));
    const Result<Put> again = store.put(name, util::as_bytes("other"));
    const Result<util::Bytes> kept = store.get(name, 64);
    // Where this account may remove nothing what was tried with stays, and all the rest is as well.
    if (const Result<void> removed = store.remove(name);
        !removed && removed.error().kind() != ErrorKind::denied)
        return Failure(removed.error());
    if (!again)
        return Failure(again.error());
    if (!kept)
        return Failure(kept.error());
    // A store may say "exists" and overwrite nevertheless: what it kept decides.
    return store.nature().creates_exclusively && *again == Put::exists && util::equal(*kept, first);
}

Result<Facts> probe(Store& store) {
    Facts facts = TRY(store.find_out());
    facts["exclusive-create"] = TRY(has_exclusive_create(store)) ? "yes" : "no";
    return facts;
}

} // namespace saoluu::store
