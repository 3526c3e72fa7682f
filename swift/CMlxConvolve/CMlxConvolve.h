/* The installed header, which pkg-config finds. A module map knows only headers beside itself. */
#include <mlx_convolve.h>
