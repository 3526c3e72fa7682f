/* Checks of a status for all examples: print the failed call and the reason, and let the caller clean up. */
#ifndef EXAMPLES_CHECK_H
#define EXAMPLES_CHECK_H

#include <mlx_convolve.h>
#include <stdbool.h>
#include <stdio.h>

/* True for MLX_STATUS_SUCCESS; otherwise reports on stderr and returns false. */
static inline bool succeeded(mlx_status status, const char *what) {
  if (status == MLX_STATUS_SUCCESS) {
    return true;
  }
  fprintf(stderr, "%s: %s (%s)\n", what, mlx_last_error(), mlx_status_string(status));
  return false;
}

/* A constructor that fails returns an empty handle. */
static inline bool created(const void *ctx, const char *what) {
  if (ctx != NULL) {
    return true;
  }
  fprintf(stderr, "%s: %s\n", what, mlx_last_error());
  return false;
}

#endif
