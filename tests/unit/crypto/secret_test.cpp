// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>

using namespace saoluu;
using crypto::Key;
using crypto::SecretBytes;
using util::Bytes;

static_assert(!std::is_copy_constructible_v<SecretBytes> &&
              !std::is_copy_assignable_v<SecretBytes>);
static_assert(!std::is_copy_constructible_v<Key> && !std::is_copy_assignable_v<Key>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<Key>);
static_assert(!std::is_convertible_v<Bytes, SecretBytes>);

namespace {

/// One mapping of this process.
struct Mapping {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::string access; ///< "rw-p"
    std::string flags;  ///< "rd wr mr mw me dd …"
};

/// The mapping an address lies in; begin = 0 if in none.
Mapping mapping_of(std::uintptr_t address) {
    std::ifstream maps("/proc/self/smaps");
    Mapping found;
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0;
        unsigned long end = 0;
        char access[8] = "";
        if (std::sscanf(line.c_str(), "%lx-%lx %7s", &begin, &end, access) == 3) {
            if (found.begin != 0)
                return found;
            if (begin <= address && address < end)
                found = {.begin = begin, .end = end, .access = access, .flags = {}};
        } else if (found.begin != 0 && line.starts_with("VmFlags:")) {
            found.flags = line;
        }
    }
    return found;
}

std::uintptr_t address_of(const SecretBytes& secret) {
    return reinterpret_cast<std::uintptr_t>(secret.view().data());
}

} // namespace

TEST_CASE("secrets lie between pages that can't be touched, and not in core dumps") {
    REQUIRE(crypto::start());
    const SecretBytes secret(100);
    const Mapping own = mapping_of(address_of(secret));
    REQUIRE(own.begin != 0);
    CHECK(own.access.starts_with("rw-"));
    CHECK(own.flags.find(" dd") != std::string::npos); // do not dump
    CHECK(address_of(secret) + secret.size() == own.end);
    CHECK(mapping_of(own.end).access.starts_with("---"));
    CHECK(mapping_of(own.begin - 1).access.starts_with("---"));
}

TEST_CASE("a secret's memory is given back when it goes") {
    std::uintptr_t address = 0;
    {
        // More than a page cache of libsodium's or libc's would keep.
        const SecretBytes secret(1 << 20);
        address = address_of(secret);
        CHECK(mapping_of(address).begin != 0);
    }
    CHECK(mapping_of(address).begin == 0);
}

TEST_CASE("wiping leaves zeros") {
    std::array<std::byte, 100> memory{};
    memory.fill(std::byte{0xab});
    crypto::wipe(std::span(memory).first(99));
    for (std::size_t i = 0; i < 99; ++i)
        CHECK(memory[i] == std::byte{0});
    CHECK(memory[99] == std::byte{0xab});
    crypto::wipe({});
}

TEST_CASE("a new secret is zero, a copy is a copy, and moving leaves nothing to read") {
    SecretBytes secret(10);
    CHECK(util::equal(secret.view(), Bytes(10)));
    secret.writable()[3] = std::byte{7};
    const SecretBytes copy = secret.copy();
    CHECK(util::equal(copy.view(), secret.view()));
    CHECK(copy.view().data() != secret.view().data());
    const SecretBytes moved = std::move(secret);
    CHECK(util::equal(moved.view(), copy.view()));

    const Key key = Key::copy_of(Bytes(32, std::byte{9}));
    CHECK(util::equal(key.copy().view(), key.view()));
    CHECK(util::equal(Key().view(), Bytes(32)));
    CHECK(SecretBytes(0).view().empty());
    CHECK(SecretBytes::copy_of({}).size() == 0);
}

TEST_CASE("random bytes differ from call to call") {
    REQUIRE(crypto::start());
    using Name = util::Id<struct NameTag, 16>;
    std::set<Name> seen;
    for (int i = 0; i < 1'000; ++i)
        CHECK(seen.insert(crypto::random_id<Name>()).second);
    CHECK_FALSE(util::equal(Key::random().view(), Key::random().view()));
    Bytes large(100'000);
    crypto::random_bytes(large);
    std::array<int, 256> counts{};
    for (const std::byte b : large)
        ++counts[std::to_integer<std::size_t>(b)];
    for (const int count : counts)
        CHECK(count > 200); // 391 on average; less than half of it happens to nobody
}

TEST_CASE("comparing in constant time compares") {
    const Bytes a = {std::byte{1}, std::byte{2}};
    const Bytes b = {std::byte{1}, std::byte{3}};
    CHECK(crypto::equal_constant_time(a, a));
    CHECK_FALSE(crypto::equal_constant_time(a, b));
    CHECK_FALSE(crypto::equal_constant_time(a, util::BytesView(a).first(1)));
    CHECK_FALSE(crypto::equal_constant_time(a, {}));
    CHECK(crypto::equal_constant_time({}, {}));
}
