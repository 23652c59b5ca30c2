// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/sealed.hpp"
#include "util/bytes.hpp"
#include "util/wire.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <initializer_list>

/// What the fuzz targets share: an input that is taken apart, laws that must hold, and keys under
/// which any bytes can be sealed, as an insider could.
namespace saoluu::fuzz {

using util::Bytes;
using util::BytesView;

/// Ends the target where a law does not hold, as a sanitizer's finding would.
inline void demand(bool holds, const char* law) {
    if (holds)
        return;
    std::fprintf(stderr, "saoluu: broken law: %s\n", law);
    std::abort();
}

/// An input: a choice or two at its front, then the bytes that are parsed.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size)
        : left_(reinterpret_cast<const std::byte*>(data), size) {}

    /// 0 to below - 1; 0 where nothing is left.
    unsigned choice(unsigned below) {
        if (left_.empty())
            return 0;
        const auto byte = std::to_integer<unsigned>(left_.front());
        left_ = left_.subspan(1);
        return byte % below;
    }
    /// Up to `size` bytes.
    BytesView take(std::size_t size) {
        const BytesView taken = left_.first(std::min(size, left_.size()));
        left_ = left_.subspan(taken.size());
        return taken;
    }
    /// A number of that many bytes; those that are missing count 0.
    std::uint64_t number(std::size_t bytes) {
        std::uint64_t value = 0;
        for (const std::byte b : take(bytes))
            value = value << 8 | std::to_integer<std::uint64_t>(b);
        return value;
    }
    [[nodiscard]] BytesView rest() const { return left_; }

private:
    BytesView left_;
};

/// An id of one byte, repeated.
template <class IdType>
IdType id_of(unsigned char byte) {
    IdType id;
    id.bytes.fill(static_cast<std::byte>(byte));
    return id;
}

inline crypto::Key key_of(unsigned char byte) {
    return crypto::Key::copy_of(id_of<crypto::Hash>(byte).view());
}

/// A repository's secrets and one actor who signs: the same in every run, so that a corpus stays
/// good.
struct World {
    format::RepositoryId repository = id_of<format::RepositoryId>(1);
    format::EpochKey epoch{.epoch = 7, .secret = key_of(2)};
    crypto::SignPair signer{key_of(3)};
    crypto::SealPair holder{key_of(4)};
    format::ActorId actor = id_of<format::ActorId>(5);
    format::RosterHash roster = id_of<format::RosterHash>(6);
    format::SessionId session = id_of<format::SessionId>(7);
    format::PlaceId place = id_of<format::PlaceId>(8);
    format::Hash salt = id_of<format::Hash>(9);

    [[nodiscard]] format::Header header(format::Kind kind) const {
        return {.kind = kind, .suite = format::Suite::xchacha20, .epoch = epoch.epoch};
    }
    [[nodiscard]] format::SealContext context(format::Kind kind, BytesView subject) const {
        return {
            .repository = repository, .epoch = epoch, .header = header(kind), .subject = subject};
    }
};

inline const World& world() {
    static const World one;
    return one;
}

/// A body as signing makes it; its signature is none, because opening does not ask for it.
inline Bytes as_signed(BytesView rest) {
    Bytes body;
    util::append(body, world().actor.view());
    util::append(body, world().roster.view());
    util::append(body, rest);
    body.resize(body.size() + crypto::Signature::size);
    return body;
}

/// What was signed of a body that was opened.
inline BytesView rest_of(BytesView body) {
    const auto view = format::SignedView::decode(body);
    demand(view.has_value(), "what was opened is a signed body");
    return view->rest;
}

using Rewrite = std::function<Bytes(std::uint64_t tag, BytesView value)>;

/// `fields` without those that are unknown (and even): what our encoder makes of what our decoder
/// understood. rewrite: for values that have fields themselves
inline Bytes only_known(BytesView fields, std::initializer_list<std::uint64_t> known,
                        const Rewrite& rewrite = {}) {
    util::Reader in(fields);
    util::Writer out;
    while (!in.at_end()) {
        const auto tag = in.varint();
        demand(tag.has_value(), "a field that was read has a tag");
        const auto value = in.bytes(in.left());
        demand(value.has_value(), "a field that was read has a value");
        if (std::find(known.begin(), known.end(), *tag) != known.end())
            out.varint(*tag).bytes(rewrite ? rewrite(*tag, *value) : util::copy_of(*value));
        else
            demand(*tag % 2 == 0, "an unknown critical field is refused");
    }
    return out.take();
}

/// The law of the format: a value has one form.
inline void demand_one_form(BytesView given, BytesView made) {
    demand(util::equal(given, made), "what was decoded is encoded to the same bytes");
}

} // namespace saoluu::fuzz
