# SPDX-License-Identifier: Apache-2.0
# Every library the program needs, all from Debian 12. A room links only those it wraps.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(pugixml REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_path(TOMLPLUSPLUS_INCLUDE_DIR NAMES toml++/toml.h REQUIRED) # its headers are all of it
mark_as_advanced(TOMLPLUSPLUS_INCLUDE_DIR)
find_package(Gettext REQUIRED)

# cctz and libunistring come without a pkg-config or CMake file.
find_path(CCTZ_INCLUDE_DIR NAMES cctz/time_zone.h REQUIRED)
find_library(CCTZ_LIBRARY NAMES cctz REQUIRED)
mark_as_advanced(CCTZ_INCLUDE_DIR CCTZ_LIBRARY)
add_library(cctz::cctz UNKNOWN IMPORTED)
set_target_properties(cctz::cctz PROPERTIES
    IMPORTED_LOCATION "${CCTZ_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CCTZ_INCLUDE_DIR}")
find_path(UNISTRING_INCLUDE_DIR NAMES uninorm.h REQUIRED)
find_library(UNISTRING_LIBRARY NAMES unistring REQUIRED)
mark_as_advanced(UNISTRING_INCLUDE_DIR UNISTRING_LIBRARY)
add_library(unistring::unistring UNKNOWN IMPORTED)
set_target_properties(unistring::unistring PROPERTIES
    IMPORTED_LOCATION "${UNISTRING_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${UNISTRING_INCLUDE_DIR}")

# One name a library, so that a room's list reads the same whatever finds it.
add_library(sodium::sodium ALIAS PkgConfig::sodium)
add_library(zstd::zstd ALIAS PkgConfig::zstd)
