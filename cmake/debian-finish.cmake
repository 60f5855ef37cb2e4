# Run by cpack when it has made a Debian package.
execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/debian-finish ${CPACK_PACKAGE_FILES} COMMAND_ERROR_IS_FATAL ANY)
