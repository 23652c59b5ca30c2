# SPDX-License-Identifier: Apache-2.0
# When these sources were made, for whatever is written from them: so the same sources give the same
# bytes. SAOLUU_EPOCH in seconds, SAOLUU_DATE as yyyy-mm-dd.

# By SOURCE_DATE_EPOCH, as reproducible-builds.org has it; else of the commit: git's archive writes its
# time into packaging/source-date, a checkout is asked.
file(READ "${PROJECT_SOURCE_DIR}/packaging/source-date" SAOLUU_EPOCH)
string(STRIP "${SAOLUU_EPOCH}" SAOLUU_EPOCH)
if(DEFINED ENV{SOURCE_DATE_EPOCH})
    set(SAOLUU_EPOCH "$ENV{SOURCE_DATE_EPOCH}")
elseif(NOT SAOLUU_EPOCH MATCHES "^[0-9]+$")
    execute_process(COMMAND git -C "${PROJECT_SOURCE_DIR}" log -1 --format=%ct
        OUTPUT_VARIABLE SAOLUU_EPOCH OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT SAOLUU_EPOCH MATCHES "^[0-9]+$")
    set(SAOLUU_EPOCH 0) # no git, no archive of git's: no date is better than today's
endif()
set(was "$ENV{SOURCE_DATE_EPOCH}")
set(ENV{SOURCE_DATE_EPOCH} "${SAOLUU_EPOCH}") # the way to have CMake write another time than now
string(TIMESTAMP SAOLUU_DATE "%Y-%m-%d" UTC)
if(was)
    set(ENV{SOURCE_DATE_EPOCH} "${was}")
else()
    unset(ENV{SOURCE_DATE_EPOCH})
endif()
