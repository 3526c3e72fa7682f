# The targets MlxConvolve::{shared,static,MlxConvolve}, for the build tree and for an installation.
#
#   mlx_convolve_add_targets(SHARED file IMPLIB file SONAME name STATIC file STATIC_LIBS list INCLUDE_DIR dir)
#
# A kind whose file is empty is left out.

function(mlx_convolve_add_targets)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SHARED;IMPLIB;SONAME;STATIC;STATIC_LIBS;INCLUDE_DIR" "")

  if(arg_SHARED)
    add_library(MlxConvolve::shared SHARED IMPORTED GLOBAL)
    set_target_properties(MlxConvolve::shared PROPERTIES
      IMPORTED_LOCATION "${arg_SHARED}"
      INTERFACE_INCLUDE_DIRECTORIES "${arg_INCLUDE_DIR}")
    if(arg_SONAME AND APPLE)
      set_target_properties(MlxConvolve::shared PROPERTIES IMPORTED_SONAME "@rpath/${arg_SONAME}")
    elseif(arg_SONAME)
      set_target_properties(MlxConvolve::shared PROPERTIES IMPORTED_SONAME "${arg_SONAME}")
    endif()
    if(arg_IMPLIB)
      set_target_properties(MlxConvolve::shared PROPERTIES IMPORTED_IMPLIB "${arg_IMPLIB}")
    endif()
  endif()

  if(arg_STATIC)
    add_library(MlxConvolve::static STATIC IMPORTED GLOBAL)
    set_target_properties(MlxConvolve::static PROPERTIES
      IMPORTED_LOCATION "${arg_STATIC}"
      INTERFACE_INCLUDE_DIRECTORIES "${arg_INCLUDE_DIR}"
      INTERFACE_LINK_LIBRARIES "${arg_STATIC_LIBS}")
  endif()

  # Shared where both exist: one copy of the library and its threads per process.
  set(prefer_shared ON)
  if(DEFINED BUILD_SHARED_LIBS)
    set(prefer_shared "${BUILD_SHARED_LIBS}")
  endif()
  if(TARGET MlxConvolve::shared AND (prefer_shared OR NOT TARGET MlxConvolve::static))
    set(kind shared)
  else()
    set(kind static)
  endif()
  add_library(MlxConvolve::MlxConvolve INTERFACE IMPORTED GLOBAL)
  set_target_properties(MlxConvolve::MlxConvolve PROPERTIES
    INTERFACE_LINK_LIBRARIES MlxConvolve::${kind})
endfunction()
