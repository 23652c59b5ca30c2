// SPDX-License-Identifier: Apache-2.0
#include "store/sftp_naming.hpp"

#include "crypto/secret.hpp"
#include "store/sftp_calls.hpp"
#include "util/file.hpp"

#include <array>
#include <utility>

namespace saoluu::store::sftp {
namespace {

Result<void> rename(Channel& channel, const std::string& from, const std::string& to) {
    Request request(Type::rename);
    request.string(from).string(to);
    return call_ok(channel, std::move(request), to);
}

Result<void> link(Channel& channel, const std::string& from, const std::string& to) {
    Request request(Type::extended);
    request.string(kHardlink).string(from).string(to);
    return call_ok(channel, std::move(request), to);
}

Result<bool> is_there(Channel& channel, const std::string& path) {
    const Result<Attributes> found = attributes_of(channel, path, Links::keep);
    if (!found && found.error().kind() != ErrorKind::not_found)
        return Failure(found.error());
    return found.has_value();
}

Result<Put> give_name_once(Channel& channel, Naming naming, const std::string& from,
                           const std::string& to) {
    if (naming == Naming::look && TRY(is_there(channel, to))) {
        remove_later(channel, from);
        return Put::exists;
    }
    Result<void> done =
        naming == Naming::link ? link(channel, from, to) : rename(channel, from, to);
    if (done) {
        if (naming == Naming::link)
            remove_later(channel, from);
        return Put::created;
    }
    if (!channel.is_good() || done.error().kind() == ErrorKind::not_found)
        return Failure(std::move(done).error());
    // Version 3 has no word for "is there already", so it is looked for.
    if (TRY(is_there(channel, to))) {
        remove_later(channel, from);
        return Put::exists;
    }
    return Failure(explain_failure(channel, to, std::move(done).error()));
}

} // namespace

void remove_later(Channel& channel, const std::string& path) {
    Request request(Type::remove);
    request.string(path);
    channel.send_and_forget(std::move(request));
}

Result<Put> give_name(Channel& channel, const std::string& root, Naming naming,
                      std::string_view from, std::string_view to) {
    const std::string from_path = util::join(root, from);
    const std::string to_path = util::join(root, to);
    Result<Put> put = give_name_once(channel, naming, from_path, to_path);
    const std::size_t slash = to.rfind('/');
    if (put || put.error().kind() != ErrorKind::not_found || slash == std::string_view::npos)
        return put;
    TRY(make_folders(channel, root, to.substr(0, slash)));
    return give_name_once(channel, naming, from_path, to_path);
}

Result<Naming> find_naming(Channel& channel, const std::string& root) {
    std::array<std::byte, 16> random{};
    crypto::random_bytes(random);
    const std::string first = util::join(root, "tmp/naming-" + util::to_hex(random));
    const std::string second = first + "-taken";
    const MemorySource nothing({});
    TRY(make_folders(channel, root, "tmp"));
    TRY(write_file(channel, first, nothing));
    TRY(write_file(channel, second, nothing));
    const auto find = [&]() -> Result<Naming> {
        const Result<void> renamed = rename(channel, first, second);
        if (!channel.is_good())
            return Failure(renamed.error());
        if (!renamed)
            return Naming::rename;
        // Only the second is left.
        if (!channel.has(kHardlink))
            return Naming::look;
        const Result<void> linked = link(channel, second, first);
        if (linked) {
            const Result<void> again = link(channel, second, first);
            if (!channel.is_good())
                return Failure(again.error());
            if (!again)
                return Naming::link;
        } else if (!channel.is_good()) {
            return Failure(linked.error());
        }
        return Naming::look;
    };
    Result<Naming> naming = find();
    if (channel.is_good()) {
        remove_later(channel, first);
        remove_later(channel, second);
    }
    return naming;
}

} // namespace saoluu::store::sftp
