# Builds the libraries with cargo inside the build tree and lays them out as an installation does.
#
# Adds the target mlx_convolve_cargo. Sets MLX_CONVOLVE_{SHARED,IMPLIB,STATIC}_FILE, the files with
# their final names, and MLX_CONVOLVE_SONAME; what does not exist here is empty. NativeLibs.cmake uses the command cargo_rustc.
# On ELF systems, StaticNames.cmake makes the static library of cargo's, MLX_CONVOLVE_STATIC_AS_BUILT.

# How cargo names what it builds, and how the files are named where they are used.
set(MLX_CONVOLVE_SONAME "")
set(cargo_implib "")
# Arguments for rustc, which reach only the library itself, not its dependencies.
set(rustc_args)
if(WIN32)
  # Without a version: a program brings its DLL in its own folder, and the import library that cargo has
  # the linker write names the DLL as cargo does.
  set(cargo_shared mlx_convolve.dll)
  set(shared_name mlx_convolve.dll)
  if(MSVC)
    set(cargo_implib mlx_convolve.dll.lib)
    set(cargo_static mlx_convolve.lib)
  else()
    set(cargo_implib libmlx_convolve.dll.a)
    set(cargo_static libmlx_convolve.a)
  endif()
elseif(APPLE)
  set(cargo_shared libmlx_convolve.dylib)
  set(cargo_static libmlx_convolve.a)
  set(shared_name libmlx_convolve.${PROJECT_VERSION}.dylib)
  set(MLX_CONVOLVE_SONAME libmlx_convolve.${MLX_CONVOLVE_ABI}.dylib)
  set(rustc_args
    -C "link-arg=-Wl,-install_name,@rpath/${MLX_CONVOLVE_SONAME}"
    -C "link-arg=-Wl,-compatibility_version,${MLX_CONVOLVE_ABI}"
    -C "link-arg=-Wl,-current_version,${PROJECT_VERSION}")
else()
  set(cargo_shared libmlx_convolve.so)
  set(cargo_static libmlx_convolve.a)
  set(shared_name libmlx_convolve.so.${PROJECT_VERSION})
  set(MLX_CONVOLVE_SONAME libmlx_convolve.so.${MLX_CONVOLVE_ABI})
  set(rustc_args -C "link-arg=-Wl,-soname,${MLX_CONVOLVE_SONAME}")
endif()

set(cargo_dir "${PROJECT_BINARY_DIR}/cargo")
set(artifact_dir "${cargo_dir}/release")
set(lib_dir "${PROJECT_BINARY_DIR}/lib")
set(environment)
set(target_arg)
if(MLX_CONVOLVE_RUST_TARGET)
  set(target_arg --target "${MLX_CONVOLVE_RUST_TARGET}")
  set(artifact_dir "${cargo_dir}/${MLX_CONVOLVE_RUST_TARGET}/release")
  if(NOT MSVC AND NOT MLX_CONVOLVE_GLIBC) # else the linker is zig
    string(TOUPPER "${MLX_CONVOLVE_RUST_TARGET}" triple)
    string(REPLACE "-" "_" triple "${triple}")
    list(APPEND environment "CARGO_TARGET_${triple}_LINKER=${CMAKE_C_COMPILER}")
  endif()
endif()
if(CMAKE_OSX_DEPLOYMENT_TARGET)
  list(APPEND environment "MACOSX_DEPLOYMENT_TARGET=${CMAKE_OSX_DEPLOYMENT_TARGET}")
endif()
set(features_arg)
if(MLX_CONVOLVE_GPU)
  set(features_arg --features gpu)
endif()
# cargo-zigbuild calls cargo, with zig as the linker, and takes the version of glibc behind the target.
set(cargo "${MLX_CONVOLVE_CARGO}")
set(cargo_target_arg ${target_arg})
if(MLX_CONVOLVE_GLIBC)
  if(NOT MLX_CONVOLVE_RUST_TARGET)
    message(FATAL_ERROR "MLX_CONVOLVE_GLIBC needs MLX_CONVOLVE_RUST_TARGET, such as x86_64-unknown-linux-gnu")
  endif()
  find_program(MLX_CONVOLVE_ZIGBUILD cargo-zigbuild REQUIRED)
  mark_as_advanced(MLX_CONVOLVE_ZIGBUILD)
  set(cargo "${MLX_CONVOLVE_ZIGBUILD}")
  string(APPEND cargo_target_arg ".${MLX_CONVOLVE_GLIBC}")
endif()
# What every call of cargo has in common.
set(cargo_rustc "${CMAKE_COMMAND}" -E env "RUSTC=${MLX_CONVOLVE_RUSTC}" ${environment}
  "${cargo}" rustc --release --locked --lib ${features_arg}
  --manifest-path "${PROJECT_SOURCE_DIR}/Cargo.toml" --target-dir "${cargo_dir}" ${cargo_target_arg})

set(crate_types)
set(outputs)
set(layout)
if(MLX_CONVOLVE_SHARED)
  list(APPEND crate_types cdylib)
  set(MLX_CONVOLVE_SHARED_FILE "${lib_dir}/${shared_name}")
  list(APPEND outputs "${MLX_CONVOLVE_SHARED_FILE}")
  list(APPEND layout
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different
            "${artifact_dir}/${cargo_shared}" "${MLX_CONVOLVE_SHARED_FILE}")
  if(MLX_CONVOLVE_SONAME)
    set(MLX_CONVOLVE_LINKS "${lib_dir}/${MLX_CONVOLVE_SONAME}" "${lib_dir}/${cargo_shared}")
    list(APPEND layout
      COMMAND "${CMAKE_COMMAND}" -E create_symlink "${shared_name}" "${lib_dir}/${MLX_CONVOLVE_SONAME}"
      COMMAND "${CMAKE_COMMAND}" -E create_symlink "${MLX_CONVOLVE_SONAME}" "${lib_dir}/${cargo_shared}")
  endif()
  if(cargo_implib)
    set(MLX_CONVOLVE_IMPLIB_FILE "${lib_dir}/${cargo_implib}")
    list(APPEND outputs "${MLX_CONVOLVE_IMPLIB_FILE}")
    list(APPEND layout
      COMMAND "${CMAKE_COMMAND}" -E copy_if_different
              "${artifact_dir}/${cargo_implib}" "${MLX_CONVOLVE_IMPLIB_FILE}")
  endif()
endif()
# Functions begin with a cache line: else the place of a loop in its line, and so the speed of short calls by up to a third,
# changes with the length of whatever code comes before.
list(APPEND rustc_args -C llvm-args=-align-all-functions=6)

if(MLX_CONVOLVE_STATIC)
  list(APPEND crate_types staticlib)
  # The log shall show what NativeLibs.cmake found out, for tests/package/native_libs.sh.
  list(APPEND rustc_args --print native-static-libs)
  set(MLX_CONVOLVE_STATIC_FILE "${lib_dir}/${cargo_static}")
  set(MLX_CONVOLVE_STATIC_AS_BUILT "${MLX_CONVOLVE_STATIC_FILE}")
  if(NOT WIN32 AND NOT APPLE)
    set(static_dir "${PROJECT_BINARY_DIR}/static")
    set(MLX_CONVOLVE_STATIC_AS_BUILT "${static_dir}/${cargo_static}")
  endif()
  list(APPEND outputs "${MLX_CONVOLVE_STATIC_AS_BUILT}")
  list(APPEND layout
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different
            "${artifact_dir}/${cargo_static}" "${MLX_CONVOLVE_STATIC_AS_BUILT}")
endif()
string(REPLACE ";" "," crate_types "${crate_types}")

# cargo decides what is stale, so it is asked on every build; what did not change is not touched,
# and nothing that links to it is linked again. Naming the crate types keeps `lib`, whose presence
# would turn off link-time optimisation, out of this build.
add_custom_target(mlx_convolve_cargo ALL
  COMMAND ${cargo_rustc} --crate-type ${crate_types} -- ${rustc_args}
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${lib_dir}"
  ${layout}
  BYPRODUCTS ${outputs}
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  COMMENT "cargo: mlx_convolve (${crate_types})"
  USES_TERMINAL
  VERBATIM)
