/* Long convolutions on two streams, which worker threads and helper threads compute. Exits with 0 if outputs
   across the results are the sums of their products. */
#include <mlx_convolve.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LENGTH = 300000, TAPS = 3000, STREAMS = 2 };

static int32_t x[LENGTH], taps[TAPS];

/* Integers are exact, whatever the method. */
static int32_t direct_sum(size_t n) {
  uint32_t sum = 0;
  for (size_t k = 0; k < TAPS && k <= n; k++) {
    if (n - k < LENGTH) sum += (uint32_t)taps[k] * (uint32_t)x[n - k];
  }
  return (int32_t)sum;
}

static int is_right(mlx_array out) {
  const int32_t *y = mlx_array_eval(out) == MLX_STATUS_SUCCESS ? mlx_array_data_int32(out) : NULL;
  if (y == NULL || mlx_array_size(out) != LENGTH + TAPS - 1) {
    fprintf(stderr, "no result: %s\n", mlx_last_error());
    return 0;
  }
  for (size_t n = 0; n < LENGTH + TAPS - 1; n += 997) {
    if (y[n] != direct_sum(n)) {
      fprintf(stderr, "output %u is %d, not %d\n", (unsigned)n, (int)y[n], (int)direct_sum(n));
      return 0;
    }
  }
  return 1;
}

int main(void) {
  const int length = LENGTH, width = TAPS;
  for (size_t i = 0; i < LENGTH; i++) x[i] = (int32_t)(i * 2654435761u);
  for (size_t k = 0; k < TAPS; k++) taps[k] = (int32_t)(k * 40503u + 1);
  mlx_array a = mlx_array_new_data(x, &length, 1, MLX_INT32);
  mlx_array v = mlx_array_new_data(taps, &width, 1, MLX_INT32);
  mlx_device cpu = mlx_device_new_type(MLX_CPU, 0);
  mlx_stream streams[STREAMS];
  mlx_array out[STREAMS];
  int wrong = 0;
  for (int s = 0; s < STREAMS; s++) {
    streams[s] = mlx_stream_new_device(cpu);
    out[s] = mlx_array_new();
    wrong |= mlx_convolve(&a, &v, MLX_MODE_FULL, streams[s], &out[s]) != MLX_STATUS_SUCCESS;
  }
  for (int s = 0; s < STREAMS; s++) {
    wrong |= !is_right(out[s]);
    wrong |= mlx_synchronize(streams[s]) != MLX_STATUS_SUCCESS;
    mlx_array_free(out[s]);
    mlx_stream_free(streams[s]);
  }
  mlx_device_free(cpu);
  mlx_array_free(v);
  mlx_array_free(a);
  return wrong;
}
