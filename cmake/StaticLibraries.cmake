# A program that runs for two milliseconds must not spend four on loading shared libraries. Targets with the property
# SIMCLUSTER_STATIC take everything but the C library from Debian's archives; tests and the daemon, which wants the
# distribution's security updates, link the shared ones. Without the archives everything is shared.

# simcluster_external(NAME SHARED target ARCHIVES file...): NAME is the one or the other.
set(SIMCLUSTER_MISSING_ARCHIVES "")
function(simcluster_external name)
  cmake_parse_arguments(EXTERNAL "" "SHARED" "ARCHIVES" ${ARGN})
  set(found "")
  foreach(archive IN LISTS EXTERNAL_ARCHIVES)
    find_library(SIMCLUSTER_ARCHIVE_${archive} NAMES ${archive})
    mark_as_advanced(SIMCLUSTER_ARCHIVE_${archive})
    if(SIMCLUSTER_ARCHIVE_${archive})
      list(APPEND found "${SIMCLUSTER_ARCHIVE_${archive}}")
    else()
      list(APPEND SIMCLUSTER_MISSING_ARCHIVES ${archive})
    endif()
  endforeach()
  set(SIMCLUSTER_MISSING_ARCHIVES "${SIMCLUSTER_MISSING_ARCHIVES}" PARENT_SCOPE)
  simcluster_external_target(${name} ${EXTERNAL_SHARED} "${found}")
endfunction()

function(simcluster_external_target name shared archives)
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE
    "$<IF:$<BOOL:$<TARGET_PROPERTY:SIMCLUSTER_STATIC>>,${archives},${shared}>")
endfunction()

simcluster_external(external_xml SHARED LibXml2::LibXml2 ARCHIVES libxml2.a libicuuc.a libicudata.a liblzma.a libz.a)
simcluster_external(external_crypto SHARED OpenSSL::Crypto ARCHIVES libcrypto.a)
simcluster_external(external_bzip2 SHARED BZip2::BZip2 ARCHIVES libbz2.a)
simcluster_external(external_lzma SHARED LibLZMA::LibLZMA ARCHIVES liblzma.a)
simcluster_external(external_zlib SHARED ZLIB::ZLIB ARCHIVES libz.a)
simcluster_external(external_yaml SHARED yaml-cpp ARCHIVES libyaml-cpp.a)
simcluster_external(external_sqlite SHARED SQLite::SQLite3 ARCHIVES libsqlite3.a)
simcluster_external(external_program_options SHARED Boost::program_options ARCHIVES libboost_program_options.a)

# Debian has {fmt} 9 as a shared library only, with the sources of it as a header.
add_library(fmt_archive STATIC EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/fmt_archive.cpp")
simcluster_external_target(external_fmt fmt::fmt fmt_archive)

# simcluster_static_program(TARGET): from archives where they are.
function(simcluster_static_program target)
  if(SIMCLUSTER_MISSING_ARCHIVES OR NOT fmt_VERSION MATCHES "^9\\." OR SIMCLUSTER_SANITIZE OR SIMCLUSTER_FUZZ)
    message(STATUS "${target} is linked to shared libraries (archives missing: ${SIMCLUSTER_MISSING_ARCHIVES})")
    return()
  endif()
  set_target_properties(${target} PROPERTIES SIMCLUSTER_STATIC ON)
  target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc -no-pie)
endfunction()
