// SPDX-License-Identifier: Apache-2.0
#include "store/s3_list.hpp"

#include "util/text.hpp"

#include <algorithm>

namespace saoluu::store {
namespace {

using util::message;
using util::tr;

/// A service may answer a page without a key where many were removed, but not for ever.
constexpr int kMostEmptyPages = 1000;

} // namespace

Result<void> list_s3(S3Client& client, const S3Range& range,
                     const std::function<bool(const ObjectInfo&)>& each) {
    const auto lies = [&] {
        return Failure(
            Error(ErrorKind::io, message(tr("{}: the service's listing is not in order: names are "
                                            "repeated, missing or from elsewhere"),
                                         range.what))
                .with_retry());
    };
    const std::string prefix = std::string(range.base) + std::string(range.prefix);
    std::string last =
        range.after.empty() ? std::string() : std::string(range.base) + std::string(range.after);
    std::string continuation;
    int empty_pages = 0;
    for (;;) {
        S3Request request{.query = {{"list-type", "2"}, {"encoding-type", "url"}}};
        if (!prefix.empty())
            request.query["prefix"] = prefix;
        if (!continuation.empty())
            request.query["continuation-token"] = continuation;
        else if (!last.empty())
            request.query["start-after"] = last;
        const HttpAnswer answer = TRY(client.send(request));
        if (!answer.is_good())
            return Failure(client.error(answer, range.what));
        if (answer.is_too_large)
            return lies();
        S3Page page = TRY(parse_s3_page(answer.body).within(range.what));
        for (ObjectInfo& object : page.objects) {
            if (!object.name.starts_with(prefix) || object.name <= last)
                return lies();
            last = object.name;
            object.name.erase(0, range.base.size());
            if (!each(object))
                return {};
        }
        if (!page.is_truncated)
            return {};
        empty_pages = page.objects.empty() ? empty_pages + 1 : 0;
        // Without a token the next page is asked for by the last name of this one.
        const bool stands_still = page.objects.empty() && page.continuation == continuation;
        if (stands_still || empty_pages > kMostEmptyPages)
            return lies();
        continuation = std::move(page.continuation);
    }
}

} // namespace saoluu::store
