# For every source: all functions of the C library, and 64 bits for offsets and times also where long has 32.
set(feature_macros _GNU_SOURCE _FILE_OFFSET_BITS=64 _TIME_BITS=64)
add_compile_definitions(${feature_macros})
list(TRANSFORM feature_macros PREPEND -D OUTPUT_VARIABLE CMAKE_REQUIRED_DEFINITIONS)

# Warnings, sanitizers and hardening, on a target of their own so that nothing leaks into what links core.
add_library(inotap_flags INTERFACE)

target_compile_options(inotap_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wvla)
if(INOTAP_WERROR)
  target_compile_options(inotap_flags INTERFACE -Werror)
endif()

# What Debian's dpkg-buildflags turns on with hardening=+all.
target_compile_options(inotap_flags INTERFACE -fstack-protector-strong)
target_link_options(inotap_flags INTERFACE -Wl,-z,relro -Wl,-z,now)
if(CMAKE_BUILD_TYPE MATCHES "Rel" AND NOT INOTAP_SANITIZE AND NOT INOTAP_FAULTS)
  target_compile_options(inotap_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

if(INOTAP_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_compile_options(${sanitizers})
  add_link_options(${sanitizers})
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_link_options(-static-libasan -static-libubsan) # starts in a third less time
  endif()
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT INOTAP_SANITIZE AND NOT INOTAP_FAULTS)
  check_ipo_supported(RESULT has_ipo OUTPUT ipo_output LANGUAGES C)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${has_ipo})
  # Optimising each of thirty unit tests anew as it is linked costs more than the rest of the build. So the objects hold
  # machine code as well, which those programs take.
  if(has_ipo AND BUILD_TESTING AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(INOTAP_FAT_OBJECTS ON)
  endif()
endif()
string(REPLACE "-O3" "-O2" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
