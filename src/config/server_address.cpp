// SPDX-License-Identifier: Apache-2.0
#include "config/server_address.hpp"

#include <algorithm>

namespace saoluu::config {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_host_name(std::string_view host) {
    constexpr std::size_t kMost = 253; // of a name in the DNS
    return !host.empty() && host.size() <= kMost && is_letter_or_digit(host.front()) &&
           std::ranges::all_of(
               host, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

bool is_ipv6(std::string_view host) {
    constexpr std::size_t kMost = 47;
    return host.size() > 4 && host.size() <= kMost && host.front() == '[' && host.back() == ']' &&
           std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
                      c == '.';
           });
}

bool is_port(std::string_view port) {
    constexpr int kMost = 65535;
    int number = 0;
    for (const char c : port) {
        if (!is_digit(c) || number > kMost)
            return false;
        number = number * 10 + (c - '0');
    }
    return number >= 1 && number <= kMost;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

} // namespace

bool ServerAddress::is_loopback() const {
    const bool is_number =
        std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; }) &&
        std::ranges::count(host, '.') == 3;
    return lower(host) == "localhost" || host == "[::1]" || (is_number && host.starts_with("127."));
}

std::optional<ServerAddress> parse_server(std::string_view text) {
    const std::size_t scheme_end = text.find("://");
    const bool is_plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
    if (scheme_end == std::string_view::npos || !is_plain)
        return {};
    ServerAddress address;
    address.scheme = lower(text.substr(0, scheme_end));
    text.remove_prefix(scheme_end + 3);
    const std::size_t host_end = std::min(text.find_first_of("/?#"), text.size());
    address.rest = text.substr(host_end);
    text = text.substr(0, host_end);
    const std::size_t name_end = text.starts_with('[')
                                     ? std::min(text.find(']'), text.size() - 1) + 1
                                     : std::min(text.find(':'), text.size());
    address.host = text.substr(0, name_end);
    text.remove_prefix(name_end);
    if (!is_host_name(address.host) && !is_ipv6(address.host))
        return {};
    if (text.starts_with(':')) {
        address.port = text.substr(1);
        text = {};
        if (!is_port(address.port))
            return {};
    }
    if (!text.empty())
        return {};
    return address;
}

bool is_mail_address(std::string_view text) {
    constexpr std::size_t kMost = 254; // RFC 5321, 4.5.3.1.3
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || text.size() > kMost)
        return false;
    const std::string_view name = text.substr(0, at);
    // What RFC 5322 lets stand without quotes.
    constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~.";
    return is_host_name(text.substr(at + 1)) && name.front() != '-' &&
           std::ranges::all_of(name, [&](char c) {
               return is_letter_or_digit(c) || kMarks.find(c) != std::string_view::npos;
           });
}

} // namespace saoluu::config
