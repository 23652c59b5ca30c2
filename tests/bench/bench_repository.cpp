// SPDX-License-Identifier: Apache-2.0
#include "bench_repository.hpp"

namespace saoluu::bench {

void BenchRepository::make() const {
    const std::string text = "mot cum mat khau chi de do";
    Complaints complaints;
    must(init_repository({.location = location(),
                          .holder = "Nguyễn Văn Đo",
                          .unit = "",
                          .kdf_mib = 64,
                          .kdf_passes = 1,
                          .passphrase = must(Passphrase::from_text(text)),
                          .backup_key_file = key_file(kBackup),
                          .folders = folders()}));
    Repository founder = must(
        Repository::open({.location = location(),
                          .credential = {.secret = must(Passphrase::from_text(text)), .slot = ""},
                          .folders = folders()},
                         complaints));
    must(issue_key(founder, {.role = Role::restore,
                             .holder = "Trần Thị Đọc",
                             .unit = "",
                             .domain = "",
                             .expires = {},
                             .secret = Credential::KeyFile{key_file(kReader)}}));
}

repo::Access BenchRepository::access(std::string_view key) const {
    Complaints complaints;
    return must(
        repo::open_access({.location = location(),
                           .credential = {.secret = Credential::KeyFile{key_file(key)}, .slot = ""},
                           .folders = folders()},
                          complaints));
}

} // namespace saoluu::bench
