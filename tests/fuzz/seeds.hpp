// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/session_objects.hpp"
#include "fuzz.hpp"

#include <string>
#include <string_view>

/// How make_seeds.cpp and its parts write seeds.
namespace saoluu::fuzz {

/// choice: what the target takes off the front of its input
void put(const std::string& target, const std::string& name, BytesView bytes,
         std::string_view choice = "");
inline void put(const std::string& target, const std::string& name, std::string_view text,
                std::string_view choice = "") {
    put(target, name, util::as_bytes(text), choice);
}
constexpr std::string_view choose(std::size_t number) {
    constexpr std::string_view numbers("\0\1\2\3\4\5\6\7", 8);
    return numbers.substr(number, 1);
}

template <class T>
T must(Result<T> result) {
    demand(result.has_value(), "a seed can be made");
    return std::move(*result);
}

inline format::Authorship by() {
    return {.repository = world().repository,
            .epoch = world().epoch,
            .suite = format::Suite::xchacha20,
            .signer = world().actor,
            .roster = world().roster,
            .pair = world().signer};
}

void seed_catalog();
void seed_packs();
void seed_index();
void seed_sessions();
void seed_roster();
void seed_refused();

} // namespace saoluu::fuzz
