// SPDX-License-Identifier: Apache-2.0
#include "store/s3_answers.hpp"

#include "store/http.hpp"
#include "store/http_faults.hpp"
#include "util/text.hpp"

#include <chrono>
#include <string_view>

#include <pugixml.hpp>

namespace saoluu::store {
namespace {

using util::tr;

/// Elements' texts and the five entities of XML; no document types, whose entities grow.
constexpr unsigned kParse =
    pugi::parse_minimal | pugi::parse_escapes | pugi::parse_cdata | pugi::parse_eol;

Failure malformed() {
    return fail(ErrorKind::corrupt, tr("the service's answer is not what S3 answers"));
}

/// The outermost element, if it is of that name.
Result<pugi::xml_node> root_of(pugi::xml_document& document, util::BytesView xml,
                               const char* name) {
    if (xml.size() > kMostS3Answer ||
        !document.load_buffer(xml.data(), xml.size(), kParse, pugi::encoding_utf8))
        return malformed();
    const pugi::xml_node root = document.child(name);
    if (!root)
        return malformed();
    return root;
}

} // namespace

Result<S3Page> parse_s3_page(util::BytesView xml) {
    pugi::xml_document document;
    const pugi::xml_node root = TRY(root_of(document, xml, "ListBucketResult"));
    const bool is_encoded = std::string_view(root.child_value("EncodingType")) == "url";
    const std::string_view truncated = root.child_value("IsTruncated");
    if (truncated != "true" && truncated != "false")
        return malformed();
    S3Page page{.is_truncated = truncated == "true",
                .continuation = root.child_value("NextContinuationToken")};
    for (const pugi::xml_node object : root.children("Contents")) {
        const std::string_view key = object.child_value("Key");
        auto name = is_encoded ? url_decoded(key) : std::optional<std::string>(key);
        const auto size = parse_number(object.child_value("Size"));
        if (!name || name->empty() || !size)
            return malformed();
        page.objects.push_back({.name = *std::move(name), .size = *size});
    }
    return page;
}

S3Refusal parse_s3_refusal(util::BytesView xml) {
    pugi::xml_document document;
    const auto root = root_of(document, xml, "Error");
    if (!root)
        return {};
    return {.code = root->child_value("Code"),
            .message = root->child_value("Message"),
            .region = root->child_value("Region"),
            .endpoint = root->child_value("Endpoint")};
}

Result<Retention::Mode> parse_s3_retention_mode(util::BytesView xml) {
    pugi::xml_document document;
    const pugi::xml_node root = TRY(root_of(document, xml, "Retention"));
    const std::string_view mode = root.child_value("Mode");
    if (mode == "GOVERNANCE")
        return Retention::Mode::governance;
    if (mode == "COMPLIANCE")
        return Retention::Mode::compliance;
    return malformed();
}

Result<std::int64_t> parse_s3_retention_end(util::BytesView xml) {
    pugi::xml_document document;
    const pugi::xml_node root = TRY(root_of(document, xml, "Retention"));
    const auto end = parse_s3_time(root.child_value("RetainUntilDate"));
    if (!end)
        return malformed();
    return *end;
}

std::optional<std::int64_t> parse_s3_time(std::string_view text) {
    constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.size() <= kForm.size())
        return {};
    for (std::size_t i = 0; i < kForm.size(); ++i)
        if (kForm[i] == 'd' ? !is_digit(text[i]) : text[i] != kForm[i])
            return {};
    std::string_view rest = text.substr(kForm.size());
    if (rest.front() == '.') {
        const std::size_t end = rest.find_first_not_of("0123456789", 1);
        if (end == 1 || end == std::string_view::npos)
            return {};
        rest.remove_prefix(end);
    }
    if (rest != "Z" && rest != "+00:00")
        return {};
    const auto number = [&](std::size_t at, std::size_t digits) {
        return static_cast<int>(*parse_number(text.substr(at, digits)));
    };
    const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                          std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                          std::chrono::day(static_cast<unsigned>(number(8, 2))));
    const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if (!day.ok() || hour > 23 || minute > 59 || second > 60)
        return {};
    const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

Result<std::string> parse_s3_versioning(util::BytesView xml) {
    pugi::xml_document document;
    const pugi::xml_node root = TRY(root_of(document, xml, "VersioningConfiguration"));
    return std::string(root.child_value("Status"));
}

} // namespace saoluu::store
