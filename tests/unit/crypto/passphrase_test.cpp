// SPDX-License-Identifier: Apache-2.0
#include "crypto/passphrase.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

using namespace saoluu;
using crypto::PassphraseCost;
using crypto::SecretBytes;

namespace {

crypto::PassphraseSalt counted_salt() {
    crypto::PassphraseSalt salt{};
    for (std::size_t i = 0; i < salt.size(); ++i)
        salt[i] = static_cast<std::byte>(i);
    return salt;
}

Result<crypto::Key> key_of(std::string_view passphrase, const PassphraseCost& cost) {
    return crypto::key_of_passphrase(SecretBytes::copy_of(util::as_bytes(passphrase)),
                                     counted_salt(), cost);
}

} // namespace

TEST_CASE("Argon2id13 as its reference library (libargon2 20171227) computes it") {
    REQUIRE(crypto::start());
    CHECK(
        util::to_hex(
            key_of("correct horse battery staple", {.memory_kib = 65'536, .passes = 1})->view()) ==
        "ddb47644b1c7fcedcde4bf9220a884f033e8635be9329cf1c4ee3ad7941e3a62");
    CHECK(util::to_hex(key_of("kho sao lưu", {.memory_kib = 65'536, .passes = 2})->view()) ==
          "935bc30a193815d09720e92183137c8fa9732e3ea699217e9acd219f8935bc8b");
    CHECK(util::to_hex(key_of("", {.memory_kib = 65'536, .passes = 1})->view()) !=
          util::to_hex(key_of(" ", {.memory_kib = 65'536, .passes = 1})->view()));
}

TEST_CASE("costs outside of what is accepted are refused before any memory is taken") {
    for (const PassphraseCost cost : {PassphraseCost{.memory_kib = 65'535, .passes = 3},
                                      PassphraseCost{.memory_kib = 1'048'577, .passes = 3},
                                      PassphraseCost{.memory_kib = 0xffffffff, .passes = 3},
                                      PassphraseCost{.memory_kib = 65'536, .passes = 0},
                                      PassphraseCost{.memory_kib = 65'536, .passes = 17}}) {
        const auto key = key_of("x", cost);
        REQUIRE_FALSE(key);
        CHECK(key.error().kind() == ErrorKind::unsupported);
    }
    CHECK(PassphraseCost{}.is_accepted());
    CHECK(PassphraseCost{.memory_kib = 65'536, .passes = 1}.is_accepted());
    CHECK(PassphraseCost{.memory_kib = 1'048'576, .passes = 16}.is_accepted());
}

// A sanitizer needs more address space by itself than any limit that would be of use here.
#if defined(__has_feature)
#define SAOLUU_IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SAOLUU_IS_SANITIZED 1
#else
#define SAOLUU_IS_SANITIZED 0
#endif
#if !SAOLUU_IS_SANITIZED
TEST_CASE("too little memory is told with how much is needed") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
    const rlimit little{.rlim_cur = std::size_t{512} << 20, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_AS, &little) == 0);
    const auto key = key_of("x", {.memory_kib = 1'048'576, .passes = 1});
    REQUIRE(::setrlimit(RLIMIT_AS, &before) == 0);
    REQUIRE_FALSE(key);
    CHECK(key.error().kind() == ErrorKind::no_memory);
    CHECK(key.error().message().find("1024 MiB") != std::string::npos);
}
#endif
