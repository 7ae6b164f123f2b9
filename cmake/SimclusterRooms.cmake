# One static library and one test program per room. A room links only what it may know.

add_library(simcluster_options INTERFACE)
target_include_directories(simcluster_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_include_directories(simcluster_options SYSTEM INTERFACE "${XXHASH_INCLUDE_DIR}")
target_compile_options(simcluster_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -ffp-contract=off)
target_compile_definitions(simcluster_options INTERFACE SIMCLUSTER_VERSION="${PROJECT_VERSION}")

# Some tests and benchmarks look for their data below the source tree. Only those that name it know where it is: all
# other objects are the same for every checkout, and ccache shares them.
function(simcluster_tell_source_dir)
  foreach(source IN LISTS ARGN)
    get_filename_component(source "${source}" ABSOLUTE)
    file(STRINGS "${source}" uses REGEX SIMCLUSTER_SOURCE_DIR LIMIT_COUNT 1)
    if(uses)
      set_property(SOURCE "${source}" APPEND PROPERTY
        COMPILE_DEFINITIONS SIMCLUSTER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
      # Who begins or ceases to name it is noticed.
      set_property(DIRECTORY "${CMAKE_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
    endif()
  endforeach()
endfunction()
if(SIMCLUSTER_SANITIZE)
  target_compile_options(simcluster_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(simcluster_options INTERFACE -fsanitize=address,undefined)
endif()
if(SIMCLUSTER_FUZZ)
  # What gcc lets pass is not what this build is for.
  target_compile_options(simcluster_options INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-error)
  target_link_options(simcluster_options INTERFACE -fsanitize=address,undefined)
endif()

# For the few that do something else under sanitizers.
set(SIMCLUSTER_SANITIZED 0)
if(SIMCLUSTER_SANITIZE OR SIMCLUSTER_FUZZ)
  set(SIMCLUSTER_SANITIZED 1)
endif()
set_source_files_properties("${CMAKE_SOURCE_DIR}/engine/agents/frame_pool.cpp"
  "${CMAKE_SOURCE_DIR}/engine/scheduler/property_test.cpp"
  PROPERTIES COMPILE_DEFINITIONS SIMCLUSTER_SANITIZED=${SIMCLUSTER_SANITIZED})

# Code that need not be fast: -Og takes a quarter off the time that the compiler needs for it.
function(simcluster_quick_build)
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Og>)
  endforeach()
endfunction()

# simcluster_room(DIR [QUICK_BUILD] [ROOMS dir...] [LINK target...])
# engine/cib becomes library engine_cib; every *_test.cpp in it goes into engine_cib_test. QUICK_BUILD: nothing in it runs
# while a cluster does.
# testdata/ below a room is never compiled; other folders below it belong to the room.
function(simcluster_room dir)
  cmake_parse_arguments(ROOM "QUICK_BUILD" "" "ROOMS;LINK" ${ARGN})
  string(REPLACE "/" "_" name "${dir}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${dir}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/testdata/")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  set(links "")
  foreach(room IN LISTS ROOM_ROOMS)
    string(REPLACE "/" "_" room_name "${room}")
    list(APPEND links "${room_name}")
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC simcluster_options ${links} ${ROOM_LINK})
    if(ROOM_QUICK_BUILD)
      simcluster_quick_build(${name})
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE simcluster_options ${links} ${ROOM_LINK})
  endif()
  if(tests)
    simcluster_test(${name}_test SOURCES ${tests} LINK ${name})
  endif()
endfunction()

# simcluster_test(NAME SOURCES file... LINK target...): a GoogleTest program whose cases ctest lists one by one.
function(simcluster_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_LINK} simcluster_options GTest::gtest_main GTest::gmock)
  simcluster_tell_source_dir(${TEST_SOURCES})
  # A third of the build is tests: their own code need not be fast, what they test is.
  simcluster_quick_build(${name})
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" TIMEOUT 280
    SKIP_REGULAR_EXPRESSION "all tests skipped")
endfunction()

# simcluster_bench(NAME LINK target...): bench/NAME.cpp as a Google Benchmark program. Never run as a test.
function(simcluster_bench name)
  cmake_parse_arguments(BENCH "" "" "LINK" ${ARGN})
  add_executable(${name} ${CMAKE_SOURCE_DIR}/bench/${name}.cpp)
  target_link_libraries(${name} PRIVATE ${BENCH_LINK} simcluster_options benchmark::benchmark_main)
  simcluster_tell_source_dir(${CMAKE_SOURCE_DIR}/bench/${name}.cpp)
endfunction()
