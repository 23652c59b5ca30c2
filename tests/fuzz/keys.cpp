// SPDX-License-Identifier: Apache-2.0
#include "crypto/passphrase.hpp"
#include "format/slot.hpp"
#include "format/text_objects.hpp"
#include "fuzz.hpp"

/// Key slots and key files. Their checks are made good, so that what is behind them is reached.

using namespace saoluu;
using namespace saoluu::fuzz;

namespace {

void try_slot(BytesView bytes) {
    constexpr std::size_t kMemoryAt = 36, kPassesAt = 40; // FORMAT.md 5.1
    const Bytes object = format::with_self_check(util::copy_of(bytes));
    static_cast<void>(format::Slot::id_of(bytes));
    const auto id = format::Slot::id_of(object);
    if (!id)
        return;
    demand(object.size() == format::Slot::kSize, "a slot has its size");
    demand_one_form(object, format::with_self_check(util::copy_of(bytes)));
    const crypto::PassphraseCost cost{
        .memory_kib = util::load_le<std::uint32_t>(object.data() + kMemoryAt),
        .passes = util::load_le<std::uint32_t>(object.data() + kPassesAt)};
    // One that is accepted takes a quarter of a second and 64 MiB at least.
    if (!cost.is_accepted())
        demand(!format::Slot::open(object, crypto::SecretBytes(8)),
               "a slot that asks for too much is refused");
}

void try_key_file(BytesView bytes) {
    const auto file = format::KeyFile::decode(bytes);
    if (!file) {
        demand(file.error().kind() == ErrorKind::wrong_key ||
                   file.error().kind() == ErrorKind::unsupported,
               "a key file that is none is a wrong key");
        return;
    }
    demand_one_form(bytes, file->encode().view());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    switch (in.choice(3)) {
    case 0:
        try_slot(in.rest());
        break;
    case 1:
        try_key_file(in.rest());
        break;
    default: {
        const std::string text = format::encode_readme(
            util::as_text(in.rest().first(std::min<std::size_t>(in.rest().size(), 60'000))));
        try_key_file(util::as_bytes(text));
    }
    }
    return 0;
}
