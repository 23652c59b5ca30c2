// SPDX-License-Identifier: Apache-2.0
#include "store/s3_settings.hpp"

#include "store/http_faults.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

namespace saoluu::store {
namespace {

using util::message;
using util::printable;
using util::tr;

constexpr const char* kUsualRegion = "us-east-1";

std::string from_environment(std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
            return value;
    return {};
}

std::string given_or(const std::string& given, std::initializer_list<const char*> names) {
    return given.empty() ? from_environment(names) : given;
}

SecretText secret_given_or(const SecretText& given, const char* name) {
    if (!given.empty())
        return given;
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? SecretText() : SecretText::copy_of(value);
}

/// What goes into a header, where a line's end would begin another one.
Result<void> check_word(const std::string& store, const char* name, std::string_view value) {
    if (std::ranges::all_of(value, [](char c) { return c > ' ' && c <= '~'; }))
        return {};
    return fail(ErrorKind::usage,
                message(tr("{}: {} has characters that no key, token or region has: check that it "
                           "was copied rightly"),
                        printable(store), name));
}

struct Endpoint {
    std::string scheme;
    std::string host; ///< as in a URL, brackets of an IPv6 address included
    std::string port; ///< empty: the usual one
};

Failure malformed(std::string_view endpoint) {
    return fail(ErrorKind::usage, message(tr("endpoint {}: an S3 service is named "
                                             "https://host or https://host:port"),
                                          printable(endpoint)));
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    std::string_view rest = text;
    // A password in it would be sent and shown; nothing may stand behind the host, as no service
    // has its buckets below a path.
    if (rest.find('@') != std::string_view::npos)
        return malformed(rest.substr(rest.rfind('@') + 1));
    Endpoint endpoint;
    for (const std::string_view scheme : {"https", "http"})
        if (rest.starts_with(scheme) && rest.substr(scheme.size()).starts_with("://")) {
            endpoint.scheme = scheme;
            rest.remove_prefix(scheme.size() + 3);
            break;
        }
    while (rest.ends_with('/'))
        rest.remove_suffix(1);
    const std::size_t colon = rest.find(':', rest.starts_with('[') ? rest.find(']') : 0);
    endpoint.host = rest.substr(0, colon);
    if (colon != std::string_view::npos)
        endpoint.port = rest.substr(colon + 1);
    const bool is_host = !endpoint.host.empty() && std::ranges::all_of(endpoint.host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_' || c == '[' || c == ']' || c == ':';
    });
    const auto port = parse_number(endpoint.port);
    if (endpoint.scheme.empty() || !is_host ||
        (colon != std::string_view::npos && (!port || *port == 0 || *port > 65535)))
        return malformed(text);
    if (endpoint.port == (endpoint.scheme == "https" ? "443" : "80"))
        endpoint.port.clear();
    return endpoint;
}

bool is_loopback_host(std::string_view host) {
    return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") ||
           host == "[::1]";
}

} // namespace

Result<S3Settings> s3_settings(const S3Location& location, const S3Reach& reach) {
    const std::string name = to_text(Location(location));
    const std::string address =
        given_or(reach.endpoint, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
    if (address.empty())
        return fail(ErrorKind::usage,
                    message(tr("{}: which service is it at? Set endpoint in its [[store]], or "
                               "AWS_ENDPOINT_URL_S3, to an address such as https://s3.example.vn"),
                            printable(name)));
    const Endpoint endpoint = TRY(parse_endpoint(address));
    S3Settings settings{
        .bucket = location.bucket,
        .scheme = endpoint.scheme,
        .host = endpoint.host,
        .root = "/",
        .is_loopback = is_loopback_host(endpoint.host),
        .ca_file = given_or(reach.ca_file, {"AWS_CA_BUNDLE"}),
        .key = {.access_key = given_or(reach.access_key, {"AWS_ACCESS_KEY_ID"}),
                .secret_key = secret_given_or(reach.secret_key, "AWS_SECRET_ACCESS_KEY"),
                .region = given_or(reach.region, {"AWS_REGION"})},
        .session_token = reach.session_token};
    if (settings.scheme == "http" && !settings.is_loopback && !reach.plain_http)
        return fail(ErrorKind::usage,
                    message(tr("{}: http:// lets everyone on the way see what is stored and when: "
                               "use https://, or allow it with allow_http = true in its [[store]]"),
                            printable(address)));
    if (settings.key.access_key.empty() || settings.key.secret_key.empty())
        return fail(ErrorKind::usage,
                    message(tr("{}: no access key: set access_key_id and secret_access_key in its "
                               "[[store]], or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
                            printable(name)));
    // A token belongs to its key: one of the environment goes with a key of the environment only.
    if (settings.session_token.empty() && reach.access_key.empty())
        settings.session_token = secret_given_or({}, "AWS_SESSION_TOKEN");
    if (settings.key.region.empty())
        settings.key.region = kUsualRegion;
    TRY(check_word(name, "access_key", settings.key.access_key));
    TRY(check_word(name, "region", settings.key.region));
    TRY(check_word(name, "session_token", settings.session_token.reveal()));
    if (reach.path_style)
        settings.root += location.bucket + "/";
    else
        settings.host = location.bucket + "." + settings.host;
    if (!endpoint.port.empty())
        settings.host += ":" + endpoint.port;
    return settings;
}

} // namespace saoluu::store
