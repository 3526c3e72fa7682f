"""Builds a program with the package in both ways, by CMake and by pkg-config's flags, and runs it."""

import os
import shlex

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class TestPackage(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "PkgConfigDeps"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["WANTED_GPU"] = bool(self.dependencies["mlx-convolve"].options.gpu)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()
        program = os.path.join(self.build_folder, "by_pkg_config")
        source = os.path.join(self.source_folder, "..", "..", "..", "..", "package", "consumer.c")
        flags = "$(PKG_CONFIG_PATH={} pkg-config --cflags --libs mlx_convolve)".format(shlex.quote(self.generators_folder))
        self.run(f"cc {shlex.quote(source)} -o {shlex.quote(program)} {flags}")

    def test(self):
        if can_run(self):
            for program in ("by_cmake", "by_pkg_config"):
                self.run(shlex.quote(os.path.join(self.build_folder, program)), env="conanrun")
