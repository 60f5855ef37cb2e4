# cpack: a .deb, and with CPackSourceConfig.cmake a source tarball.
set(CPACK_PACKAGE_NAME inotap)
set(CPACK_PACKAGE_VENDOR "inotap")
set(CPACK_PACKAGE_CONTACT "the inotap authors <authors@inotap.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "stream file-system events, one record a line")
set(CPACK_PACKAGE_DESCRIPTION
  "inotap watches files and directories by inotify and prints every event, decoded,
as text, JSON Lines, CSV or by a template, made to be read by scripts.")
set(CPACK_RESOURCE_FILE_LICENSE "${CMAKE_CURRENT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME "inotap-${PROJECT_VERSION}")
set(CPACK_SOURCE_IGNORE_FILES "/\\\\.git(/|$)" "${CMAKE_CURRENT_SOURCE_DIR}/build/" "/CMakeUserPresets\\\\.json$")
include(CPack)
