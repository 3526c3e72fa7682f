# What `cmake --install` puts under the prefix. Nothing in it holds an absolute path, so the prefix
# may be moved afterwards (unless CMAKE_INSTALL_LIBDIR or _INCLUDEDIR is itself absolute).

include(CMakePackageConfigHelpers)

install(
  FILES include/mlx_convolve.h include/mlx_convolve.hpp include/mlx_convolve_types.h mlxc/mlx_convolve_mlxc.h
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
# What a program that uses mlx-c compiles itself, but for the header.
set(mlxc_dir "${CMAKE_INSTALL_DATADIR}/mlx_convolve/mlxc")
install(DIRECTORY mlxc/ DESTINATION "${mlxc_dir}"
  FILES_MATCHING PATTERN "*.c" PATTERN "*.h" PATTERN "*.cmake" PATTERN CMakeLists.txt
  PATTERN mlx_convolve_mlxc.h EXCLUDE)
if(MLX_CONVOLVE_SHARED)
  if(WIN32)
    install(FILES "${MLX_CONVOLVE_SHARED_FILE}" DESTINATION "${CMAKE_INSTALL_BINDIR}")
    install(FILES "${MLX_CONVOLVE_IMPLIB_FILE}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    set(shared_dir "${CMAKE_INSTALL_BINDIR}")
  else()
    install(PROGRAMS "${MLX_CONVOLVE_SHARED_FILE}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(FILES ${MLX_CONVOLVE_LINKS} DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    set(shared_dir "${CMAKE_INSTALL_LIBDIR}")
  endif()
endif()
if(MLX_CONVOLVE_STATIC)
  install(FILES "${MLX_CONVOLVE_STATIC_FILE}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()

# The CMake package. Paths in the config file are relative to where it lies.
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/MlxConvolve")
foreach(kind SHARED IMPLIB STATIC)
  set(INSTALLED_${kind} "")
  if(MLX_CONVOLVE_${kind}_FILE)
    get_filename_component(INSTALLED_${kind} "${MLX_CONVOLVE_${kind}_FILE}" NAME)
  endif()
endforeach()
set(INSTALLED_SHARED_DIR "${shared_dir}")
set(INSTALLED_MLXC_DIR "${mlxc_dir}")
configure_package_config_file(
  cmake/MlxConvolveConfig.cmake.in MlxConvolveConfig.cmake
  INSTALL_DESTINATION "${package_dir}"
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR INSTALLED_SHARED_DIR INSTALLED_MLXC_DIR)
# The package's version promises what the soname does.
write_basic_package_version_file(
  MlxConvolveConfigVersion.cmake COMPATIBILITY ${MLX_CONVOLVE_COMPATIBILITY})
install(
  FILES "${PROJECT_BINARY_DIR}/MlxConvolveConfig.cmake"
        "${PROJECT_BINARY_DIR}/MlxConvolveConfigVersion.cmake"
        cmake/MlxConvolveTargets.cmake
  DESTINATION "${package_dir}")

# The pkg-config file: its prefix is found from where it lies.
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH up "/prefix/${pkgconfig_dir}" "/prefix")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(PC_PREFIX "\${pcfiledir}/${up}")
endif()
foreach(dir LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
    set(PC_${dir} "${CMAKE_INSTALL_${dir}}")
  else()
    set(PC_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()
string(REPLACE ";" " " PC_LIBS_PRIVATE "${MLX_CONVOLVE_STATIC_LIBS}")
configure_file(cmake/mlx_convolve.pc.in mlx_convolve.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/mlx_convolve.pc" DESTINATION "${pkgconfig_dir}")
