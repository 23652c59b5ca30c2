// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/keypair.hpp"
#include "format/sealed.hpp"
#include "format/session_objects.hpp"
#include "format/types.hpp"

#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

/// Values for the tests of the format: random ones with a seed that can be given back, and the
/// keys under which objects are sealed.
namespace saoluu::format::test {

/// Random values. A failing test prints the seed (`INFO("seed ", random.seed())`); the environment
/// variable SAOLUU_SEED runs it again.
class Random {
public:
    Random() : seed_(seed_of_run()), engine_(seed_) {}

    [[nodiscard]] std::uint64_t seed() const { return seed_; }
    /// 0 to most, small ones as likely as large ones.
    std::uint64_t number(std::uint64_t most) {
        const std::uint64_t value = engine_() >> (engine_() % 64);
        return most == ~std::uint64_t{0} ? value : value % (most + 1);
    }
    /// least to most, evenly
    std::size_t size(std::size_t least, std::size_t most) {
        return least + static_cast<std::size_t>(engine_() % (most - least + 1));
    }
    bool coin() { return engine_() % 2 == 0; }
    Time time() {
        const auto value = static_cast<Time>(number(~std::uint64_t{0}));
        return coin() ? value : -value;
    }
    Bytes bytes(std::size_t size) {
        Bytes out(size);
        for (std::byte& b : out)
            b = static_cast<std::byte>(engine_());
        return out;
    }
    template <class IdType>
    IdType id() {
        return IdType::from(bytes(IdType::size));
    }
    template <class IdType>
    std::vector<IdType> ascending_ids(std::size_t count) {
        std::vector<IdType> ids(count);
        for (IdType& one : ids)
            one = id<IdType>();
        std::sort(ids.begin(), ids.end());
        return ids;
    }
    /// Vietnamese text of some length, maybe none.
    std::string text(std::size_t most_words = 4) {
        static const std::vector<std::string> words = {"sao", " ",  "lưu", "ngăn khóa",
                                                       "đ",   "\n", "x"};
        std::string out;
        for (std::size_t left = size(0, most_words); left > 0; --left)
            out += words[size(0, words.size() - 1)];
        return out;
    }
    /// A part of a path: any bytes but `/` and NUL, and neither `.` nor `..`.
    std::string part() {
        static const std::string few = "ab.-\xff/0 ";
        std::string out;
        for (std::size_t left = size(1, 5); left > 0; --left) {
            const char c = few[size(0, few.size() - 1)];
            out += c == '/' ? '\x01' : c;
        }
        return out == "." || out == ".." ? "dots" : out;
    }
    std::mt19937_64& engine() { return engine_; }

private:
    static std::uint64_t seed_of_run() {
        const char* given = std::getenv("SAOLUU_SEED");
        return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    }
    std::uint64_t seed_;
    std::mt19937_64 engine_;
};

/// A repository's secrets, and one actor who signs.
struct World {
    Random random;
    RepositoryId repository = random.id<RepositoryId>();
    EpochKey epoch{.epoch = 7, .secret = crypto::Key::random()};
    crypto::SignPair pair = crypto::SignPair::generate();
    ActorId actor = random.id<ActorId>();
    RosterHash roster = random.id<RosterHash>();
    SessionId session = random.id<SessionId>();

    [[nodiscard]] Authorship by(Suite suite = Suite::xchacha20) const {
        return {.repository = repository,
                .epoch = epoch,
                .suite = suite,
                .signer = actor,
                .roster = roster,
                .pair = pair};
    }
    /// Another key of the same epoch.
    static EpochKey other_key() { return {.epoch = 7, .secret = crypto::Key::random()}; }
};

/// Seals and signs any bytes as the rest of an object, which our encoders never do.
inline Bytes seal_any(const World& world, Kind kind, BytesView rest, BytesView subject,
                      SelfCheck check) {
    const Hash salt{};
    const Header header{.kind = kind, .suite = Suite::xchacha20, .epoch = 7};
    return seal_object_with_salt(
        {.repository = world.repository,
         .epoch = world.epoch,
         .header = header,
         .subject = subject},
        encode_signed({.repository = world.repository,
                       .header = header,
                       .subject = subject,
                       .salt = salt.view()},
                      {.signer = world.actor, .roster = world.roster, .rest = util::copy_of(rest)},
                      world.pair),
        check, salt);
}

inline constexpr Suite kSuites[] = {Suite::xchacha20, Suite::aes256gcm};

/// Calls `check` with every form of `bytes` in which one bit is wrong; `step` passes over some.
template <class Check>
void every_flipped_bit(BytesView bytes, Check check, std::size_t step = 1) {
    Bytes damaged = util::copy_of(bytes);
    for (std::size_t bit = 0; bit < damaged.size() * 8; bit += step) {
        INFO("bit ", bit, " of byte ", bit / 8);
        const auto mask = static_cast<std::byte>(1U << (bit % 8));
        damaged[bit / 8] ^= mask;
        check(BytesView(damaged));
        damaged[bit / 8] ^= mask;
    }
}

/// Calls `check` with `bytes` cut at every length, and with a byte more.
template <class Check>
void every_wrong_length(BytesView bytes, Check check) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        INFO("cut to ", size);
        check(bytes.first(size));
    }
    Bytes longer = util::copy_of(bytes);
    longer.push_back(std::byte{0});
    INFO("one byte more");
    check(BytesView(longer));
}

/// The value, or a test that ends here with the error's message.
template <class T>
T must(Result<T> result) {
    if (!result)
        throw std::runtime_error(result.error().message());
    return std::move(*result);
}

/// Whether it failed, and with this kind.
template <class T>
bool fails(const Result<T>& result, ErrorKind kind) {
    return !result && result.error().kind() == kind;
}

} // namespace saoluu::format::test
