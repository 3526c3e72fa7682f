# Debian's MinGW-w64 for Windows, and wine to run what it makes.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR wine)
set(MLX_CONVOLVE_RUST_TARGET x86_64-pc-windows-gnu CACHE STRING "")
