# On ELF systems, makes of cargo's static library one that keeps its names to itself.
#
# cargo's archive defines global names of Rust's own. Some are the same in every Rust library (rust_eh_personality,
# std::panicking::EMPTY_PANIC), so two such archives do not link into one program; and a plug-in that links the archive
# exports them all. The archive made here has one object file. Its only global names are the header's functions, and these
# are hidden: other files of a program or a plug-in call them, but the plug-in does not export them, unless
# MLX_CONVOLVE_STATIC_EXPORTS is on.
#
# Three steps, with the binutils of the compiler, in GNU's version or LLVM's:
#
# 1. `ld -r` binds all calls inside the library while their names are still global. Renaming the few names that collide
#    would be one step, but would leave the others global, and each version of Rust may add some. static_names.c.in says
#    which functions are wanted, and hides them: GNU's objcopy cannot.
# 2. `objcopy` makes all other names local. Without their groups (.group), sections that each Rust library brings under the
#    same name are no longer taken for copies of one another, of which a linker keeps any; that needs no option of the
#    linker's, such as --force-group-allocation, which LLVM's has only since version 19. LLVM's intermediate code (.llvmbc)
#    is of use to nobody, as no linker reads it there.
# 3. `ar` makes an archive of it, the form in which build systems expect a static library.
#
# The tools are CMAKE_LINKER, CMAKE_OBJCOPY and CMAKE_AR. CMake finds them by the compiler's name and prefix; toolchain files
# and -D choose others. GNU's for one machine read object files for this machine alone; LLVM's read all. zig, as a
# compiler, has no such objcopy: there, name the tools of a cross compiler or of LLVM.
#
# Programs have the same size as with cargo's archive, with and without --gc-sections.
#
# Elsewhere the archive is as cargo makes it: Apple's and Windows' linkers have other means, which were not tried.
#
# Adds the target mlx_convolve_static, which makes MLX_CONVOLVE_STATIC_FILE of cargo's MLX_CONVOLVE_STATIC_AS_BUILT.

if("${MLX_CONVOLVE_STATIC_AS_BUILT}" STREQUAL "${MLX_CONVOLVE_STATIC_FILE}") # or there is none
  return()
endif()

foreach(tool LINKER OBJCOPY AR)
  if(NOT CMAKE_${tool})
    message(FATAL_ERROR "CMAKE_${tool} is not set, and MlxConvolve makes its static library with it:"
      " install binutils or LLVM's, name the tool, or turn MLX_CONVOLVE_STATIC off")
  endif()
endforeach()

# The functions, which the header declares at the beginning of a line.
set(header "${PROJECT_SOURCE_DIR}/include/mlx_convolve.h")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
file(STRINGS "${header}" declarations REGEX "^[a-z][a-z0-9_ ]*[ *]mlx_[a-z0-9_]+\\(")
set(references "")
foreach(declaration IN LISTS declarations)
  string(REGEX MATCH "mlx_[a-z0-9_]+\\(" name "${declaration}")
  string(REPLACE "(" "" name "${name}")
  string(APPEND references "    (function)${name},\n")
endforeach()
configure_file(cmake/static_names.c.in "${static_dir}/static_names.c" @ONLY)

add_library(mlx_convolve_names OBJECT "${static_dir}/static_names.c")
target_include_directories(mlx_convolve_names PRIVATE "${PROJECT_SOURCE_DIR}/include")
# Machine code of these few lines and no more, whatever the project around it compiles with.
set_target_properties(mlx_convolve_names PROPERTIES C_STANDARD 99 INTERPROCEDURAL_OPTIMIZATION OFF)
target_compile_options(mlx_convolve_names PRIVATE -fno-lto -fno-sanitize=all -g0 -w)
if(MLX_CONVOLVE_STATIC_EXPORTS)
  target_compile_definitions(mlx_convolve_names PRIVATE MLX_CONVOLVE_STATIC_EXPORTS)
endif()

set(all "${static_dir}/all.o")
set(object "${static_dir}/mlx_convolve.o")
add_custom_command(
  OUTPUT "${MLX_CONVOLVE_STATIC_FILE}"
  COMMAND "${CMAKE_LINKER}" -r -o "${all}" $<TARGET_OBJECTS:mlx_convolve_names> "${MLX_CONVOLVE_STATIC_AS_BUILT}"
  COMMAND "${CMAKE_OBJCOPY}" --wildcard "--keep-global-symbol=mlx_convolve*"
          -R .group -R .mlx_convolve.names -R .llvmbc -R .llvmcmd "${all}" "${object}"
  COMMAND "${CMAKE_COMMAND}" -E rm -f "${MLX_CONVOLVE_STATIC_FILE}"
  COMMAND "${CMAKE_AR}" crs "${MLX_CONVOLVE_STATIC_FILE}" "${object}"
  COMMAND "${CMAKE_COMMAND}" -E rm -f "${all}" "${object}"
  DEPENDS "${MLX_CONVOLVE_STATIC_AS_BUILT}" $<TARGET_OBJECTS:mlx_convolve_names>
  COMMENT "The static library's names"
  COMMAND_EXPAND_LISTS
  VERBATIM)
add_custom_target(mlx_convolve_static ALL DEPENDS "${MLX_CONVOLVE_STATIC_FILE}")
add_dependencies(mlx_convolve_static mlx_convolve_cargo mlx_convolve_names)
