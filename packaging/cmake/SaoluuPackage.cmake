# SPDX-License-Identifier: Apache-2.0
# The Debian package, by `cpack` in a build folder. What is in it beside what `cmake --install` installs
# (the unit, the examples, the list of parts), and in which form, is finish_package.cmake's work.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME saoluu)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_VENDOR saoluu)
set(CPACK_PACKAGE_CONTACT "The saoluu authors <authors@saoluu.example.org>" CACHE STRING "Who maintains the package")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "encrypted, deduplicating backups for small offices")
set(CPACK_PACKAGE_DESCRIPTION
    "saoluu backs the documents of an office up into folders, SFTP accounts and
S3-compatible services, on a schedule. The computer that backs up holds a
key that can only write: who steals or infects it can neither read nor
change earlier backups with it. A person with a passphrase checks, lists
and restores, and every byte is verified on the way back. Messages are in
English and Vietnamese.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# systemd: the scripts make the user and the folders. tzdata: schedules have a time zone. procps: `systemctl
# reload` is /bin/kill.
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles, procps, tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, openssh-client")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "apparmor, cifs-utils, nfs-common")
foreach(script postinst prerm postrm)
    list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/${script}")
endforeach()
list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/conffiles")

set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/packaging/cmake/finish_package.cmake")
set(CPACK_SAOLUU_SOURCES "${PROJECT_SOURCE_DIR}")
set(CPACK_SAOLUU_EPOCH "${SAOLUU_EPOCH}")

include(CPack)
