"""The recipe of Conan 2, which builds with CMake. cargo and rustc must be in PATH: Conan Center has no package of them.

    conan create . --build=missing -o "&:shared=True"

To compile for another system than Conan's own, tell Rust's target as well:

    -c "tools.cmake.cmaketoolchain:extra_variables={'MLX_CONVOLVE_RUST_TARGET': 'aarch64-unknown-linux-gnu'}"
"""

import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.4"


class MlxConvolveRecipe(ConanFile):
    name = "mlx-convolve"
    description = "1-D convolution in every MLX dtype, from C"
    # The GPU core also brings crates that are under Apache-2.0 alone, Zlib and ISC: README names them.
    license = "MIT OR Apache-2.0"
    topics = ("convolution", "fir", "dsp", "mlx")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    languages = "C"
    # No fPIC: Rust's code is position-independent in the static library, too.
    options = {"shared": [True, False], "gpu": [True, False]}
    default_options = {"shared": False, "gpu": False}
    exports_sources = ("CMakeLists.txt", "Cargo.toml", "Cargo.lock", "build.rs", "LICENSE-*", "cmake/*", "include/*",
                       "mlxc/*", "src/*")
    test_package_folder = "tests/consumers/source/conan/test_package"

    def set_version(self):
        cargo_toml = load(self, os.path.join(self.recipe_folder, "Cargo.toml"))
        self.version = re.search(r'^version = "(.+)"', cargo_toml, re.MULTILINE).group(1)

    def layout(self):
        cmake_layout(self)

    def package_id(self):
        # Always cargo's release profile.
        del self.info.settings.build_type

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["MLX_CONVOLVE_SHARED"] = bool(self.options.shared)
        toolchain.cache_variables["MLX_CONVOLVE_STATIC"] = not self.options.shared
        toolchain.cache_variables["MLX_CONVOLVE_GPU"] = bool(self.options.gpu)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE-*", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # find_package finds the library's own CMake package, with its targets and MlxConvolve_GPU.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.set_property("cmake_file_name", "MlxConvolve")
        self.cpp_info.set_property("cmake_target_name", "MlxConvolve::MlxConvolve")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "MlxConvolve")]
        # For all others. The pkg-config file names the system's libraries that rustc asked for.
        self.cpp_info.set_property("pkg_config_name", "mlx_convolve")
        self.cpp_info.libs = ["mlx_convolve"]
        if not self.options.shared:
            pkg_config = load(self, os.path.join(self.package_folder, "lib", "pkgconfig", "mlx_convolve.pc"))
            private = re.search(r"^Libs\.private:(.*)$", pkg_config, re.MULTILINE).group(1)
            self.cpp_info.system_libs = re.findall(r"(?<!\S)-l(\S+)", private)
            self.cpp_info.frameworks = re.findall(r"-framework (\S+)", private)
