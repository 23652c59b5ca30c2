// SPDX-License-Identifier: Apache-2.0
#include "repo/kept_objects.hpp"

#include "crypto/secret.hpp"
#include "util/file.hpp"

#include <array>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

namespace saoluu::repo {

std::string KeptObjects::path_of(const crypto::Hash& hash) const {
    return util::join(folder_, hash.hex());
}

std::optional<util::Bytes> KeptObjects::find(const crypto::Hash& hash, std::uint64_t most) const {
    Result<util::Bytes> bytes = util::read_file(path_of(hash), static_cast<std::size_t>(most));
    if (!bytes || crypto::hash(*bytes) != hash)
        return std::nullopt;
    return *std::move(bytes);
}

void KeptObjects::keep(const crypto::Hash& hash, util::BytesView bytes) const {
    if (crypto::hash(bytes) != hash || !util::make_folders(folder_, 0700))
        return;
    // Whole or not at all for other processes; after a crash its hash tells, so nothing is synced.
    std::array<std::byte, 8> random{};
    crypto::random_bytes(random);
    const std::string temporary = path_of(hash) + "." + util::to_hex(random);
    Result<util::Fd> file =
        util::open_path(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!file)
        return;
    if (!util::write_all(file->get(), bytes, temporary) || !file->close(temporary) ||
        std::rename(temporary.c_str(), path_of(hash).c_str()) != 0)
        ::unlink(temporary.c_str());
}

} // namespace saoluu::repo
