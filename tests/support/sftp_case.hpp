// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sftp.hpp"
#include "util/bytes.hpp"

#include "made_name.hpp"

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

/// The SFTP server that a test runs beside: tests/support/services/sftp.sh started it and says in
/// the environment where it is.
namespace saoluu::test {

inline bool has_sftp() {
    return std::getenv("SAOLUU_TEST_SFTP_HOST") != nullptr;
}

inline std::string sftp_setting(const std::string& name) {
    const char* const value = std::getenv(("SAOLUU_TEST_SFTP_" + name).c_str());
    if (value == nullptr)
        throw std::runtime_error("SAOLUU_TEST_SFTP_" + name + " is not set");
    return value;
}

inline store::SftpLocation sftp_location(const std::string& folder) {
    return {.user = sftp_setting("USER"),
            .host = sftp_setting("HOST"),
            .port = static_cast<std::uint16_t>(std::stoi(sftp_setting("PORT"))),
            .path = sftp_setting("PATH") + "/" + folder};
}

inline Reach sftp_reach() {
    Reach reach;
    reach.sftp.key_file = sftp_setting("KEY");
    reach.sftp.known_hosts = sftp_setting("KNOWN_HOSTS");
    return reach;
}

/// A name for a folder that no other test has.
inline std::string new_sftp_folder() {
    std::string name = sftp_setting("PATH") + "/store-XXXXXX";
    // The server is this machine, so the folder is made here.
    if (::mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("no folder can be made for the SFTP server");
    return name.substr(name.rfind('/') + 1);
}

/// A store in a new folder of the account.
inline std::unique_ptr<store::Store> new_sftp_store() {
    auto store = store::open_sftp_store(sftp_location(new_sftp_folder()), sftp_reach(),
                                        store::MissingFolder::create);
    if (!store)
        throw std::runtime_error(store.error().message());
    return *std::move(store);
}

} // namespace saoluu::test
