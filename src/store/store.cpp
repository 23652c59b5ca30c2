// SPDX-License-Identifier: Apache-2.0
#include "store/store.hpp"

#include "crypto/secret.hpp"
#include "util/text.hpp"

#include <array>
#include <utility>

namespace saoluu::store {
namespace {

// Far above every name of the format (FORMAT.md, section 3), within what S3 and file systems allow.
constexpr std::size_t kMostNameBytes = 1024;
constexpr std::size_t kMostPartBytes = 255;

bool is_good_part(std::string_view part) {
    return !part.empty() && part.size() <= kMostPartBytes && part != "." && part != "..";
}

bool is_good_name(std::string_view name) {
    if (name.size() > kMostNameBytes || name.find('\0') != std::string_view::npos)
        return false;
    for (;;) {
        const std::size_t slash = name.find('/');
        if (!is_good_part(name.substr(0, slash)))
            return false;
        if (slash == std::string_view::npos)
            return true;
        name.remove_prefix(slash + 1);
    }
}

} // namespace

Result<void> check_name(std::string_view name) {
    if (!is_good_name(name))
        return fail(ErrorKind::usage, util::message(util::tr("\"{}\" can't be an object's name"),
                                                    util::printable(name.substr(0, 100))));
    return {};
}

Result<std::vector<ObjectInfo>> list_all(Store& store, std::string_view prefix) {
    std::vector<ObjectInfo> all;
    TRY(store.list(prefix, {}, [&](const ObjectInfo& object) {
        all.push_back(object);
        return true;
    }));
    return all;
}

Result<bool> is_listed(Store& store, std::string_view name) {
    bool is_there = false;
    TRY(store.list(name, "", [&](const ObjectInfo& info) {
        is_there = info.name == name; // what begins with it comes behind it
        return false;
    }));
    return is_there;
}

Result<bool> has_exclusive_create(Store& store) {
    std::array<std::byte, 16> random{};
    crypto::random_bytes(random);
    const std::string name = "tmp/probe-" + util::to_hex(random);
    const auto first = util::as_bytes("first");
    TRY(store.put(name, first));
    const Result<Put> again = store.put(name, util::as_bytes("other"));
    const Result<util::Bytes> kept = store.get(name, 64);
    TRY(store.remove(name));
    if (!again)
        return Failure(again.error());
    if (!kept)
        return Failure(kept.error());
    // A store may say "exists" and overwrite nevertheless: what it kept decides.
    return *again == Put::exists && util::equal(*kept, first);
}

} // namespace saoluu::store
