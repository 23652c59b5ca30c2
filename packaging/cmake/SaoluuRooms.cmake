# SPDX-License-Identifier: Apache-2.0

# Every room, bottom to top. A room exists once it has src/<room>/CMakeLists.txt.
set(SAOLUU_ROOMS util crypto data format store repo engine policy config report service cli)

# saoluu_room(<room> SOURCES <file>... [USES <room>...] [LIBS <target>...] [PUBLIC_LIBS <target>...])
#
# Makes the static library saoluu_<room>, alias saoluu::<room>.
# USES:        rooms below it, whose headers it includes
# LIBS:        third-party targets that only its .cpp files include
# PUBLIC_LIBS: third-party targets that its headers expose; rare
function(saoluu_room room)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LIBS;PUBLIC_LIBS")
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
    saoluu_common_headers(saoluu_${room})
    saoluu_lint(saoluu_${room})
endfunction()

# saoluu_program(<target> SOURCES <file>... [USES <room>...] [LIBS <target>...] [HEADERS <header>...])
#
# Makes the executable <target> in the top of the build folder and installs it. USES may name
# rooms that do not exist yet: the program links those that do, since the public headers it
# includes are defined by whatever rooms are there. HEADERS: what many of its files include, to be
# precompiled where that is on.
function(saoluu_program target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LIBS;HEADERS")
    add_executable(${target} ${arg_SOURCES})
    foreach(room IN LISTS arg_USES)
        if(TARGET saoluu_${room})
            target_link_libraries(${target} PRIVATE saoluu::${room})
        endif()
    endforeach()
    target_link_libraries(${target} PRIVATE saoluu::base ${arg_LIBS})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
    target_compile_options(${target} PRIVATE ${SAOLUU_LIGHT_OPTIONS})
    saoluu_common_headers(${target} ${arg_HEADERS})
    saoluu_lint(${target})
    install(TARGETS ${target} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endfunction()

function(saoluu_lint target)
    if(SAOLUU_TIDY)
        set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "${SAOLUU_TIDY_COMMAND}")
    endif()
endfunction()
