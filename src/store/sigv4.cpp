// SPDX-License-Identifier: Apache-2.0
#include "store/sigv4.hpp"

#include "crypto/secret.hpp"
#include "crypto/sha256.hpp"
#include "util/bytes.hpp"
#include "util/text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace saoluu::store {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

/// Without space at its ends, and with one for several within.
std::string trimmed(std::string_view value) {
    std::string out;
    for (const char c : value) {
        const bool is_space = c == ' ' || c == '\t';
        if (!is_space)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    while (out.ends_with(' '))
        out.pop_back();
    return out;
}

/// Lower-case names and the values they have, in order.
std::map<std::string, std::string> canonical(const HttpHeaders& headers) {
    std::map<std::string, std::string> all;
    for (const auto& [name, value] : headers) {
        std::string lower = name;
        std::ranges::transform(lower, lower.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        const auto [at, is_new] = all.try_emplace(std::move(lower), trimmed(value));
        if (!is_new)
            at->second += "," + trimmed(value);
    }
    return all;
}

crypto::Sha256 key_of_day(const SigningKey& key, std::string_view day) {
    constexpr std::string_view kPrefix = "AWS4";
    const std::string_view secret = key.secret_key.reveal();
    crypto::SecretBytes first(kPrefix.size() + secret.size());
    const auto rest = std::ranges::copy(util::as_bytes(kPrefix), first.writable().begin()).out;
    std::ranges::copy(util::as_bytes(secret), rest);
    crypto::Sha256 derived = crypto::hmac_sha256(first.view(), util::as_bytes(day));
    for (const std::string_view part : {std::string_view(key.region), std::string_view(key.service),
                                        std::string_view("aws4_request")})
        derived = crypto::hmac_sha256(derived, util::as_bytes(part));
    return derived;
}

} // namespace

std::string to_text(const Query& query) {
    std::string text;
    for (const auto& [name, value] : query)
        text += fmt::format("{}{}={}", text.empty() ? "" : "&", url_encoded(name, Slashes::encode),
                            url_encoded(value, Slashes::encode));
    return text;
}

std::string amz_date(std::int64_t seconds) {
    std::string text = util::utc_time(seconds);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

std::string authorization(const SigningKey& key, const UnsignedRequest& request,
                          const std::string& date) {
    std::string lines, names;
    for (const auto& [name, value] : canonical(request.headers)) {
        lines += fmt::format("{}:{}\n", name, value);
        names += fmt::format("{}{}", names.empty() ? "" : ";", name);
    }
    const std::string canonical_request =
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path, request.query, lines,
                    names, request.payload_sha256);
    const std::string day = date.substr(0, 8);
    const std::string scope = fmt::format("{}/{}/{}/aws4_request", day, key.region, key.service);
    const std::string to_sign =
        fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, scope,
                    util::to_hex(crypto::sha256(util::as_bytes(canonical_request))));
    crypto::Sha256 derived = key_of_day(key, day);
    const crypto::Sha256 signature = crypto::hmac_sha256(derived, util::as_bytes(to_sign));
    crypto::wipe(derived);
    return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                       key.access_key, scope, names, util::to_hex(signature));
}

} // namespace saoluu::store
