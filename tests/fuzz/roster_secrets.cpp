// SPDX-License-Identifier: Apache-2.0
#include "crypto/derive.hpp"
#include "format/roster.hpp"
#include "format/secret_writer.hpp"
#include "fuzz.hpp"

/// What a roster carries sealed: names of actors, and bundles of keys.

using namespace saoluu;
using namespace saoluu::fuzz;
using format::Kind;

namespace {

void try_names(BytesView plain) {
    const format::SealContext context = world().context(Kind::names, world().actor.view());
    const Bytes sealed =
        format::seal_object_with_salt(context, plain, format::SelfCheck::no, world().salt);
    const auto names = format::open_names(world().repository, world().epoch, world().actor, sealed);
    if (!names)
        return;
    // Sealed anew with another salt: what is compared is what was sealed.
    const auto again =
        format::open_object(context, format::seal_names(context, *names), format::SelfCheck::no);
    demand(again.has_value(), "what was encoded is decoded");
    demand_one_form(only_known(plain, {1, 3, 5}), *again);
}

/// Any bytes as a bundle, which our encoder never makes (FORMAT.md 6.5).
Bytes sealed_bundle(BytesView plain) {
    static const crypto::SealPair fresh{key_of(10)};
    static const auto shared = fresh.shared_with(world().holder.public_half());
    demand(shared.has_value(), "two pairs share a secret");
    const auto header = world().header(Kind::bundle).encode();
    const crypto::SecretBytes tuple = format::secret_tuple(
        "saoluu/1/bundle", {header, world().repository.view(), world().actor.view(), shared->view(),
                            fresh.public_half().view(), world().holder.public_half().view()});
    const crypto::CommittedKey derived = crypto::derive_committed(tuple.view());
    Bytes out;
    util::append(out, header);
    util::append(out, fresh.public_half().view());
    util::append(out, derived.commitment);
    const std::size_t at = out.size();
    out.resize(at + plain.size() + crypto::kTagSize);
    crypto::Tuple ad("saoluu/1/ad");
    ad.add(header).add(world().repository.view()).add(world().actor.view());
    const Bytes nonce(crypto::nonce_size(format::Suite::xchacha20));
    crypto::Aead(format::Suite::xchacha20, derived.key)
        .seal(nonce, ad.view(), plain, std::span(out).subspan(at));
    return out;
}

template <class Item>
void add(util::Writer& fields, std::uint64_t tag, const std::vector<Item>& items) {
    if (items.empty())
        return;
    util::Writer list;
    list.varint(items.size());
    for (const Item& item : items) {
        if constexpr (requires { item.domain; })
            list.varint(item.domain).u8(static_cast<std::uint8_t>(item.suite));
        else
            list.varint(item.epoch);
        list.raw(item.secret.view());
    }
    fields.varint(tag).bytes(list.view());
}

void try_bundle(BytesView plain) {
    const auto bundle = format::open_bundle(world().repository, world().actor, world().holder,
                                            sealed_bundle(plain));
    if (!bundle)
        return;
    util::Writer fields;
    add(fields, 1, bundle->epochs);
    add(fields, 3, bundle->domains);
    add(fields, 5, bundle->contents);
    demand_one_form(only_known(plain, {1, 3, 5}), fields.view());
    const Bytes again =
        format::seal_bundle(world().repository, format::Suite::xchacha20, world().epoch.epoch,
                            world().actor, world().holder.public_half(), *bundle);
    demand(
        format::open_bundle(world().repository, world().actor, world().holder, again).has_value(),
        "what was encoded is decoded");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    if (in.choice(2) == 0)
        try_names(in.rest());
    else
        try_bundle(in.rest());
    return 0;
}
