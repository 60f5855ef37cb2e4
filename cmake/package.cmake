# cpack: a .deb, and with CPackSourceConfig.cmake a source tarball.
set(CPACK_PACKAGE_NAME inotap)
set(CPACK_PACKAGE_VENDOR "inotap")
# The authors have neither a mail address nor a web page that the project could name: a domain below .invalid belongs to
# nobody (RFC 2606), and a package says nothing of a home page. Whoever publishes packages sets both.
set(CPACK_PACKAGE_CONTACT "${INOTAP_MAINTAINER}")
set(CPACK_PACKAGE_HOMEPAGE_URL "${INOTAP_HOMEPAGE}")
# Without an article or a capital, as Debian wants a synopsis.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "stream file-system events, one record a line")
set(CPACK_PACKAGE_DESCRIPTION
"inotap watches files, directories and whole trees by inotify(7), and prints
every event, decoded, as text, JSON Lines, CSV or by a template, made to be
read by scripts. On a terminal it shows them in columns, or counts them live.

A tree is watched whole, however fast it grows, and the paths of its records
stay true when directories are renamed. A loss of events is never silent.

With /usr/libexec/inotap in PATH it answers to the names inotifywait and
inotifywatch, with the options and the output of those programs.")
set(CPACK_RESOURCE_FILE_LICENSE "${CMAKE_CURRENT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME "inotap-${PROJECT_VERSION}")
set(CPACK_SOURCE_IGNORE_FILES "/\\\\.git(/|$)" "${CMAKE_CURRENT_SOURCE_DIR}/build/" "/CMakeUserPresets\\\\.json$")

# The component `debian` is what a Debian package has in place of `local` (CMakeLists.txt), made only when one is packed. Its
# program has no library in it, so that it gets the distribution's updates of them, as Debian's policy (4.13) asks for:
# a start takes a quarter longer for that (Debian 12). With INOTAP_STATIC it is the static one, as whoever said that wants it.
if(INOTAP_STATIC)
  add_custom_target(inotap-packed DEPENDS inotap)
else()
  add_executable(inotap-packed EXCLUDE_FROM_ALL ${PROGRAM_SOURCES})
  target_link_libraries(inotap-packed PRIVATE core inotap_flags)
  target_link_options(inotap-packed PRIVATE -s) # cpack strips only what is always built
  set_target_properties(inotap-packed PROPERTIES
    INOTAP_SHARED_LIBRARIES ON
    OUTPUT_NAME inotap
    RUNTIME_OUTPUT_DIRECTORY packed)
endif()
set(documents ${CMAKE_CURRENT_BINARY_DIR}/packed/documents)
add_custom_target(debian-package-files
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian-documents
    ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_VERSION} ${INOTAP_MAINTAINER} ${documents}
  VERBATIM)
add_dependencies(debian-package-files inotap-packed)
install(CODE "
  execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${CMAKE_CURRENT_BINARY_DIR}\" --target debian-package-files
      --config \"\${CMAKE_INSTALL_CONFIG_NAME}\"
    OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR \"\${said}\")
  endif()" COMPONENT debian EXCLUDE_FROM_ALL)
if(INOTAP_STATIC)
  install(TARGETS inotap RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT debian EXCLUDE_FROM_ALL)
else()
  install(PROGRAMS $<TARGET_FILE:inotap-packed> DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT debian EXCLUDE_FROM_ALL)
endif()
install(FILES ${documents}/changelog.gz ${documents}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR}
  COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${documents}/inotap.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT debian EXCLUDE_FROM_ALL)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian.cmake)
include(CPack)
