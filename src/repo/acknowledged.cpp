// SPDX-License-Identifier: Apache-2.0
#include "repo/acknowledged.hpp"

#include "util/file.hpp"

namespace saoluu::repo {
namespace {

std::string folder_of_state(const Access& access) {
    return util::join(access.local.state_root(), access.id().hex());
}

std::string file_of(const Access& access) {
    return util::join(folder_of_state(access), "acknowledged-" + access.place.place.hex() + "-" +
                                                   access.keyring.actor().hex().substr(0, 32));
}

} // namespace

std::optional<format::EntryHash> last_acknowledged(const Access& access) {
    const Result<util::Bytes> bytes = util::read_file(file_of(access), 2 * format::EntryHash::size);
    const Result<util::BytesView> body =
        bytes ? format::without_self_check(*bytes) : Failure(bytes.error());
    if (!body || body->size() != format::EntryHash::size)
        return std::nullopt;
    return format::EntryHash::from(*body);
}

Result<void> acknowledge(const Access& access, const format::EntryHash& commit) {
    TRY(util::make_folders(folder_of_state(access), 0700));
    return util::write_file_durably(file_of(access),
                                    format::with_self_check(util::copy_of(commit.view())), 0600);
}

} // namespace saoluu::repo
