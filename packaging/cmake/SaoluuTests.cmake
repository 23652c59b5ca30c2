# SPDX-License-Identifier: Apache-2.0

find_package(doctest REQUIRED)
include(doctest)

# saoluu_test_program(<target> SOURCES <file>... [USES <room>...] [LIBS <target>...]
#                     [PREFIX <text>] [TIMEOUT <seconds>] [LABELS <label>...])
#
# One doctest executable; ctest lists each of its cases as "<PREFIX><case>".
# Keep ; and unpaired [ ] out of the names of cases: CMake would split or join them.
function(saoluu_test_program target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "PREFIX;TIMEOUT" "SOURCES;USES;LIBS;LABELS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR
            "saoluu_test_program(${target}): SOURCES, or unknown ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    add_executable(${target} ${arg_SOURCES})
    list(TRANSFORM arg_USES PREPEND saoluu::)
    target_link_libraries(${target} PRIVATE saoluu_test_main saoluu::base ${arg_USES} ${arg_LIBS})
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_compile_options(${target} PRIVATE ${SAOLUU_LIGHT_OPTIONS})
    if(SAOLUU_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # GCC 12 warns of copies in the standard library's strings and lists that can't happen.
        target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
    endif()
    saoluu_test_headers(${target})
    set(properties TIMEOUT ${arg_TIMEOUT}
        # A case that a renamed filter no longer finds must not count as passed.
        FAIL_REGULAR_EXPRESSION "test cases: +0 .")
    # Discovery writes its LABELS last and empty, so labels cannot be handed in as a property.
    doctest_discover_tests(${target}
        TEST_PREFIX "${arg_PREFIX}"
        WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
        PROPERTIES ${properties})
endfunction()

# saoluu_unit_tests(<room> SOURCES <file>... [USES <room>...] [LIBS <target>...])
#
# The unit tests of one room: the executable saoluu_<room>_test, cases "<room>/<case>".
# USES names rooms beside the tested one (which brings those it uses along).
function(saoluu_unit_tests room)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LIBS")
    saoluu_test_program(saoluu_${room}_test
        SOURCES ${arg_SOURCES} USES ${room} ${arg_USES} LIBS ${arg_LIBS} PREFIX "${room}/")
endfunction()

# saoluu_fuzz_target(<name> SOURCE <file> [USES <room>...] [LIBS <target>...])
#
# A parser of outside bytes: <file> defines LLVMFuzzerTestOneInput. With the preset `fuzz` it is the
# libFuzzer program saoluu_fuzz_<name>; with every preset its corpus, the folder corpus/<name>
# beside it, is replayed by the test fuzz/<name>.
#   bash tests/fuzz/run.sh [seconds] [name...]
function(saoluu_fuzz_target name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE" "USES;LIBS")
    set(target saoluu_fuzz_${name})
    add_executable(${target} ${arg_SOURCE})
    list(TRANSFORM arg_USES PREPEND saoluu::)
    target_link_libraries(${target} PRIVATE saoluu::base ${arg_USES} ${arg_LIBS})
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support")
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_compile_options(${target} PRIVATE ${SAOLUU_LIGHT_OPTIONS})
    set(corpus "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
    if(SAOLUU_FUZZ)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
        add_test(NAME fuzz/${name} COMMAND ${target} -runs=0 "${corpus}")
    else()
        target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/fuzz_replay.cpp")
        add_test(NAME fuzz/${name} COMMAND ${target} "${corpus}")
    endif()
    set_tests_properties(fuzz/${name} PROPERTIES TIMEOUT 300)
endfunction()
