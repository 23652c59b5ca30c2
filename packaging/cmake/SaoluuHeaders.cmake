# SPDX-License-Identifier: Apache-2.0
# Parsing the standard library is half of what a compiler does here: with SAOLUU_PCH it parses what
# nearly every file includes once. A file must include what it uses all the same: the release preset
# builds the program without this.

set(SAOLUU_COMMON_HEADERS
    <algorithm> <array> <chrono> <cstddef> <cstdint> <cstring> <deque> <filesystem> <functional>
    <map> <memory> <mutex> <optional> <ranges> <set> <span> <string> <string_view> <thread>
    <unordered_map> <utility> <variant> <vector>
    <fmt/format.h> <tl/expected.hpp>)

# saoluu_common_headers(<target> [<header>...])
#
# Gives the library <target> the common headers precompiled. They are made once for all libraries; one
# that names more headers has a set of its own.
function(saoluu_common_headers target)
    if(NOT SAOLUU_PCH)
        return()
    elseif(ARGN)
        target_precompile_headers(${target} PRIVATE ${SAOLUU_COMMON_HEADERS} ${ARGN})
    else()
        saoluu_share_headers(${target} saoluu_library_headers)
    endif()
endfunction()

# saoluu_test_headers(<target>)
#
# The same for a doctest program, with doctest's own header.
function(saoluu_test_headers target)
    if(SAOLUU_PCH)
        saoluu_share_headers(${target} saoluu_test_headers)
    endif()
endfunction()

# The owner of a set is compiled as those that share it: libraries and programs differ in how their
# code may be moved, tests may have options of their own.
function(saoluu_share_headers target owner)
    if(NOT TARGET ${owner})
        set(file "${PROJECT_BINARY_DIR}/${owner}.cpp")
        file(CONFIGURE OUTPUT "${file}" CONTENT "")
        if(owner STREQUAL "saoluu_test_headers")
            add_executable(${owner} "${file}")
            target_link_libraries(${owner} PRIVATE saoluu_test_main)
            target_compile_options(${owner} PRIVATE ${SAOLUU_LIGHT_OPTIONS})
            target_precompile_headers(${owner} PRIVATE ${SAOLUU_COMMON_HEADERS} <doctest/doctest.h>)
        else()
            add_library(${owner} OBJECT "${file}")
            target_link_libraries(${owner} PRIVATE saoluu::base)
            target_compile_options(${owner} PRIVATE ${SAOLUU_ROOM_OPTIONS})
            target_precompile_headers(${owner} PRIVATE ${SAOLUU_COMMON_HEADERS})
        endif()
    endif()
    target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
