# SPDX-License-Identifier: Apache-2.0
# Run by cpack on the tree that becomes the package: brings in what belongs to Debian's way of doing things,
# and gives everything the time of the sources, so that the same build makes the same bytes.

set(root "${CPACK_TEMPORARY_DIRECTORY}")
set(packaging "${CPACK_SAOLUU_SOURCES}/packaging")
set(doc "${root}/usr/share/doc/saoluu")
if(NOT EXISTS "${root}/usr/bin/saoluu")
    message(FATAL_ERROR "finish_package.cmake: ${root} is not what cpack has installed")
endif()

function(bring source target) # a file that everybody may read
    get_filename_component(folder "${root}/${target}" DIRECTORY)
    get_filename_component(name "${target}" NAME)
    file(MAKE_DIRECTORY "${folder}")
    configure_file("${source}" "${root}/${target}" COPYONLY)
endfunction()

function(must_run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

bring("${packaging}/systemd/saoluu.service" usr/lib/systemd/system/saoluu.service)
bring("${packaging}/systemd/sysusers.conf" usr/lib/sysusers.d/saoluu.conf)
bring("${packaging}/systemd/tmpfiles.conf" usr/lib/tmpfiles.d/saoluu.conf)
bring("${packaging}/apparmor/saoluu-daemon" etc/apparmor.d/saoluu-daemon)
bring("${packaging}/debian/copyright" usr/share/doc/saoluu/copyright)
bring("${packaging}/debian/lintian-overrides" usr/share/lintian/overrides/saoluu)
bring("${CPACK_SAOLUU_SOURCES}/README.md" usr/share/doc/saoluu/README.md)
bring("${CPACK_SAOLUU_SOURCES}/THREATS.md" usr/share/doc/saoluu/THREATS.md)
bring("${CPACK_SAOLUU_SOURCES}/src/format/FORMAT.md" usr/share/doc/saoluu/FORMAT.md)
bring("${CPACK_SAOLUU_SOURCES}/CHANGELOG.md" usr/share/doc/saoluu/changelog)
set(ENV{SOURCE_DATE_EPOCH} "${CPACK_SAOLUU_EPOCH}") # of what is written below, and of the archive itself
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${doc}/changelog.Debian"
    "saoluu (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) stable; urgency=medium\n\n"
    "  * See changelog.gz.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
file(GLOB examples "${CPACK_SAOLUU_SOURCES}/configs/*")
foreach(example IN LISTS examples)
    get_filename_component(name "${example}" NAME)
    bring("${example}" "usr/share/doc/saoluu/examples/${name}")
endforeach()
execute_process(
    COMMAND /usr/bin/python3 "${packaging}/sbom.py" "${root}/usr/bin/saoluu" "${CPACK_PACKAGE_VERSION}"
        "${CPACK_SAOLUU_EPOCH}"
    OUTPUT_FILE "${doc}/saoluu.cdx.json" COMMAND_ERROR_IS_FATAL ANY)

# -n: no name and time of its own in it
file(GLOB_RECURSE pages "${root}/usr/share/man/*.[15]")
must_run(gzip -9nf ${pages} "${doc}/changelog" "${doc}/changelog.Debian" "${doc}/FORMAT.md" "${doc}/THREATS.md" "${doc}/README.md")

# Whatever umask this was built under.
must_run(chmod -R u=rwX,go=rX "${root}")
must_run(find "${root}" -type f -not -path "*/usr/bin/*" -exec chmod a-x {} +)
must_run(find "${root}" -exec touch --no-dereference --date=@${CPACK_SAOLUU_EPOCH} {} +)
