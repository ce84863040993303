# Compiler settings that every target of the tree gets.
add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wnull-dereference
  -Wimplicit-fallthrough -Wswitch-enum -Wcast-qual -Werror
  -fno-common -fvisibility=hidden -fno-omit-frame-pointer)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wlogical-op -Wduplicated-cond)
endif()
add_compile_definitions(_GNU_SOURCE SAM_VERSION="${PROJECT_VERSION}")
include_directories(${CMAKE_SOURCE_DIR})

if(SAM_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
  # GCC's flow analysis sees the sanitizer's own branches as null dereferences.
  add_compile_options(-Wno-null-dereference)
endif()

if(SAM_FAILPOINTS)
  add_compile_definitions(SAM_FAILPOINTS) # common/base/failpoint.h; never in what is shipped
endif()

if(SAM_FUZZ)
  # Coverage feedback in everything; tests/fuzz links libFuzzer's own main. The warnings that count
  # are gcc's: a new one of clang's must not stop the fuzzers.
  add_compile_options(-fsanitize=fuzzer-no-link -Wno-error)
endif()

if(SAM_HARDEN)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
    -fstack-clash-protection -fcf-protection)
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

# sam_library(NAME LIBS...): the static library of the current folder, all its .c files.
function(sam_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARGN})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC ${ARGN})
endfunction()

# sam_program(NAME LIBS...): the program of the current folder, from its main.c.
function(sam_program name)
  add_executable(${name} ${CMAKE_CURRENT_SOURCE_DIR}/main.c)
  target_link_libraries(${name} PRIVATE ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()
