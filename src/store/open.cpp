// SPDX-License-Identifier: Apache-2.0
#include "store/open.hpp"

#include "store/read_ahead.hpp"
#include "store/retry.hpp"
#include "store/s3.hpp"
#include "store/sftp.hpp"
#include "store/throttle.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <sys/vfs.h>

namespace saoluu::store {
namespace {

/// Whether what lies there is a mount whose server may be away: NFS, SMB, Ceph, AFS, 9P, FUSE (as
/// of sshfs). The numbers are the kernel's (statfs(2)).
bool is_network_mount(const std::string& folder) {
    constexpr std::array<std::uint32_t, 8> kTypes = {
        0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x00c36400, 0x5346414f, 0x01021997, 0x65735546};
    struct statfs there {};
    return ::statfs(folder.c_str(), &there) == 0 &&
           std::ranges::find(kTypes, static_cast<std::uint32_t>(there.f_type)) != kTypes.end();
}

Result<std::unique_ptr<Store>> open_bare(const Location& location, const Reach& reach,
                                         MissingFolder missing) {
    if (const auto* folder = std::get_if<FolderLocation>(&location))
        return open_local_store(folder->path, missing);
    if (const auto* bucket = std::get_if<S3Location>(&location))
        return open_s3_store(*bucket, reach, missing);
    return open_sftp_store(std::get<SftpLocation>(location), reach, missing);
}

} // namespace

Result<std::unique_ptr<Store>> open_store(const Location& location, const Reach& reach,
                                          MissingFolder missing) {
    // Innermost, so that what is sent again is paced again.
    const auto open = [&]() -> Result<std::unique_ptr<Store>> {
        std::unique_ptr<Store> store = TRY(open_bare(location, reach, missing));
        if (reach.upload_limit != 0 || reach.download_limit != 0 || !reach.windows.empty())
            store = make_throttled(std::move(store), reach);
        return store;
    };
    const auto* folder = std::get_if<FolderLocation>(&location);
    const bool may_be_away = folder == nullptr || is_network_mount(folder->path);
    std::unique_ptr<Store> store =
        TRY(may_be_away ? open_retrying(open, retry_policy(reach)) : open());
    // Outermost, so that what is fetched ahead is paced, and tried again.
    if (const Nature nature = store->nature(); nature.is_remote && nature.requests_at_once > 1)
        store = make_reading_ahead(std::move(store),
                                   std::min(nature.requests_at_once, kReadAheadThreads));
    return store;
}

} // namespace saoluu::store
