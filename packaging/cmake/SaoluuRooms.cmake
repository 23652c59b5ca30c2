# SPDX-License-Identifier: Apache-2.0

# Every room, bottom to top. A room exists once it has src/<room>/CMakeLists.txt.
set(SAOLUU_ROOMS util crypto data format store repo engine policy config report service cli)

# saoluu_room(<room> SOURCES <file>... [USES <room>...] [LIBS <target>...] [PUBLIC_LIBS <target>...]
#             [HEADERS <header>...] [UNITY] [HOT])
#
# Makes the static library saoluu_<room>, alias saoluu::<room>.
# USES:        rooms below it, whose headers it includes
# LIBS:        third-party targets that only its .cpp files include
# PUBLIC_LIBS: third-party targets that its headers expose; rare
# HEADERS:     what many of its files include beside the common ones, to be precompiled where that is on
# UNITY:       SAOLUU_UNITY compiles its files in groups: no name in two files' anonymous namespaces
# HOT:         its loops are most of what tests compute: never with SAOLUU_ROOM_OPTIONS
function(saoluu_room room)
    cmake_parse_arguments(PARSE_ARGV 1 arg "UNITY;HOT" "" "SOURCES;USES;LIBS;PUBLIC_LIBS;HEADERS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR "saoluu_room(${room}): SOURCES, or unknown ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT room IN_LIST SAOLUU_ROOMS)
        message(FATAL_ERROR "saoluu_room(${room}): no such room; see SAOLUU_ROOMS")
    endif()
    add_library(saoluu_${room} STATIC ${arg_SOURCES})
    add_library(saoluu::${room} ALIAS saoluu_${room})
    list(TRANSFORM arg_USES PREPEND saoluu::)
    target_link_libraries(saoluu_${room}
        PUBLIC saoluu::base ${arg_USES} ${arg_PUBLIC_LIBS}
        PRIVATE ${arg_LIBS})
    if(SAOLUU_UNITY AND arg_UNITY)
        set_target_properties(saoluu_${room} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
    endif()
    if(NOT arg_HOT)
        target_compile_options(saoluu_${room} PRIVATE ${SAOLUU_ROOM_OPTIONS})
    endif()
    if(NOT arg_HOT OR NOT SAOLUU_ROOM_OPTIONS) # shared headers are compiled by the same options
        saoluu_common_headers(saoluu_${room} ${arg_HEADERS})
    endif()
    saoluu_lint(saoluu_${room})
endfunction()

# saoluu_program(<target> SOURCES <file>... [USES <room>...] [LIBS <target>...])
#
# Makes the executable <target> in the top of the build folder. What is shipped is installed by
# its own CMakeLists.txt.
function(saoluu_program target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LIBS")
    add_executable(${target} ${arg_SOURCES})
    list(TRANSFORM arg_USES PREPEND saoluu::)
    target_link_libraries(${target} PRIVATE saoluu::base ${arg_USES} ${arg_LIBS})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
    target_compile_options(${target} PRIVATE ${SAOLUU_LIGHT_OPTIONS})
    saoluu_lint(${target})
endfunction()

function(saoluu_lint target)
    if(SAOLUU_TIDY)
        set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "${SAOLUU_TIDY_COMMAND}")
    endif()
endfunction()
