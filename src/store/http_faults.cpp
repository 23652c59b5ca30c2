// SPDX-License-Identifier: Apache-2.0
#include "store/http_faults.hpp"

#include "store/http.hpp"
#include "util/text.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <string>

namespace saoluu::store {
namespace {

using util::message;
using util::printable;
using util::tr;

// OpenSSL's x509_vfy.h; its headers belong to the room crypto.
constexpr long kNotYetValid = 9;
constexpr long kHasExpired = 10;
constexpr std::array<long, 5> kUnknownIssuer = {2, 18, 19, 20, 21};

Error of_certificate(const std::string& host, const HttpFaultDetails& details) {
    if (details.verify_result == kHasExpired)
        return {ErrorKind::denied,
                message(tr("{}: its certificate has expired: ask who runs the service to renew it; "
                           "or the clock of this computer is wrong"),
                        host)};
    if (details.verify_result == kNotYetValid)
        return {ErrorKind::denied,
                message(tr("{}: its certificate is not valid yet: the clock of this computer is "
                           "probably wrong"),
                        host)};
    for (const long unknown : kUnknownIssuer)
        if (details.verify_result == unknown)
            return {ErrorKind::denied,
                    message(tr("{}: its certificate is signed by nobody that this computer trusts: "
                               "if the service has a CA of its own, name its file (ca_file, or "
                               "AWS_CA_BUNDLE)"),
                            host)};
    return {
        ErrorKind::denied,
        message(tr("{}: its certificate can't be trusted ({}): check that the address is right"),
                host, printable(details.detail))};
}

} // namespace

Error http_error(HttpFault fault, const HttpFaultDetails& details) {
    const std::string host = printable(util::url_origin(details.url));
    const auto retry = [&](std::string text) {
        return Error(ErrorKind::io, std::move(text), details.system_code).with_retry();
    };
    switch (fault) {
    case HttpFault::unknown_host:
        return retry(message(tr("{}: no address is known for this name: check how it is written, "
                                "and the network of this computer"),
                             host));
    case HttpFault::no_connection:
        if (details.system_code == ECONNREFUSED)
            return retry(message(tr("{}: nothing answers there: check the address and the port, "
                                    "and whether the service runs"),
                                 host));
        return retry(message(tr("{}: can't be reached ({}): check the network of this computer"),
                             host, printable(details.detail)));
    case HttpFault::stalled:
        return retry(message(tr("{}: the connection stood still and was given up ({})"), host,
                             printable(details.detail)));
    case HttpFault::bad_certificate:
        return of_certificate(host, details);
    case HttpFault::bad_ca_file:
        return {ErrorKind::usage,
                message(tr("{}: certificates to trust can't be read from this file"),
                        printable(details.ca_file))};
    case HttpFault::no_tls:
        return retry(message(tr("{}: no secure connection came about ({}): the service must speak "
                                "TLS 1.2 or newer at this port"),
                             host, printable(details.detail)));
    case HttpFault::bad_url:
        return {ErrorKind::usage, message(tr("{}: not an address of a web service"), host)};
    case HttpFault::no_memory:
        return {ErrorKind::no_memory, tr("not enough memory")};
    case HttpFault::broken_off:
        break;
    }
    return retry(message(tr("{}: the connection broke off ({})"), host, printable(details.detail)));
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
    std::uint64_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [at, code] = std::from_chars(digits.data(), end, value);
    if (digits.empty() || code != std::errc() || at != end)
        return std::nullopt;
    return value;
}

std::string_view HttpAnswer::header(std::string_view name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? std::string_view() : std::string_view(at->second);
}

std::string url_encoded(std::string_view bytes, Slashes slashes) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : bytes) {
        const bool stands = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                            c == '~' || (c == '/' && slashes == Slashes::keep);
        if (stands) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
    return out;
}

std::optional<std::string> url_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        unsigned byte = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto [at, code] =
            std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() != 2 || code != std::errc() || at != digits.data() + 2)
            return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

} // namespace saoluu::store
