# SPDX-License-Identifier: Apache-2.0
# Compiler and linker flags, kept on one interface target that everything of ours links.

add_library(saoluu_base INTERFACE)
add_library(saoluu::base ALIAS saoluu_base)

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

target_compile_features(saoluu_base INTERFACE cxx_std_20)
target_include_directories(saoluu_base INTERFACE
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
target_compile_definitions(saoluu_base INTERFACE
    _FILE_OFFSET_BITS=64
    SAOLUU_VERSION="${PROJECT_VERSION}"
    SAOLUU_LOCALE_DIR="${CMAKE_INSTALL_FULL_LOCALEDIR}")
target_link_libraries(saoluu_base INTERFACE fmt::fmt tl::expected Threads::Threads)

target_compile_options(saoluu_base INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Wnull-dereference)
if(SAOLUU_WERROR)
    target_compile_options(saoluu_base INTERFACE -Werror)
endif()

if(SAOLUU_SANITIZE)
    set(sanitize -fsanitize=${SAOLUU_SANITIZE} -fno-omit-frame-pointer)
    if(SAOLUU_SANITIZE MATCHES "undefined")
        # A found fault must fail the test, not only print a line.
        list(APPEND sanitize -fno-sanitize-recover=all)
    endif()
    if(SAOLUU_FUZZ)
        list(APPEND sanitize -fsanitize=fuzzer-no-link)
    endif()
    target_compile_options(saoluu_base INTERFACE ${sanitize})
    target_link_options(saoluu_base INTERFACE ${sanitize})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # GCC's own instrumentation makes it see paths that the source does not have.
        target_compile_options(saoluu_base INTERFACE
            -Wno-null-dereference -Wno-maybe-uninitialized)
    endif()
endif()

if(SAOLUU_COVERAGE)
    target_compile_options(saoluu_base INTERFACE --coverage)
    target_link_options(saoluu_base INTERFACE --coverage)
endif()

if(SAOLUU_HARDEN)
    # By processor, not by trying: clang takes the other one's flag and warns in every file.
    set(control_flow "")
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
        set(control_flow -fcf-protection=full)
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
        set(control_flow -mbranch-protection=standard)
    endif()
    target_compile_definitions(saoluu_base INTERFACE _GLIBCXX_ASSERTIONS)
    target_compile_options(saoluu_base INTERFACE
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
        -fstack-protector-strong -fstack-clash-protection ${control_flow})
    target_link_options(saoluu_base INTERFACE
        -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
endif()

if(SAOLUU_LTO)
    include(CheckIPOSupported)
    check_ipo_supported(LANGUAGES CXX)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        # GNU ld has no plugin for clang's bitcode unless one is installed; lld reads it itself.
        target_link_options(saoluu_base INTERFACE -fuse-ld=lld)
    endif()
endif()

if(SAOLUU_TIDY)
    find_program(SAOLUU_CLANG_TIDY NAMES clang-tidy-14 clang-tidy REQUIRED)
    set(SAOLUU_TIDY_COMMAND "${SAOLUU_CLANG_TIDY};--quiet")
endif()
