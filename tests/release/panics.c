/* Survives the panics that panics.sh has planted into the library. */
#include <mlx_convolve.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, mlx_last_error());       \
      exit(1);                                                                            \
    }                                                                                     \
  } while (0)

/* So long that the stream's worker computes it. */
enum { LENGTH = 1 << 21 };
static float signal[LENGTH];

static pthread_t caller;
static int by_workers; /* how many convolutions */
static int is_done;    /* atomic */

/* Runs on the thread that has computed what reads the signal, unless the caller frees it later. */
static void done(void *data) {
  (void)data;
  by_workers += !pthread_equal(pthread_self(), caller);
  __atomic_store_n(&is_done, 1, __ATOMIC_RELEASE);
}

/* A convolution of the signal, computed by the stream's worker before the function returns. */
static mlx_array computed(mlx_stream stream) {
  const float taps[] = {1, 10};
  const int length = LENGTH, width = 2;
  mlx_array a = mlx_array_new_data_managed(signal, &length, 1, MLX_FLOAT32, done);
  mlx_array v = mlx_array_new_data(taps, &width, 1, MLX_FLOAT32);
  mlx_array out = mlx_array_new();
  __atomic_store_n(&is_done, 0, __ATOMIC_RELEASE);
  CHECK(mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out) == MLX_STATUS_SUCCESS);
  mlx_array_free(a);
  mlx_array_free(v);
  /* A thread that waits for the array might compute it itself. */
  while (!__atomic_load_n(&is_done, __ATOMIC_ACQUIRE)) usleep(1000);
  return out;
}

int main(void) {
  bool metal;
  caller = pthread_self();
  signal[LENGTH - 1] = 3;
  mlx_stream stream = mlx_default_stream_new();
  for (int i = 0; i < 5; i++) {
    CHECK(mlx_metal_is_available(&metal) == MLX_STATUS_INTERNAL);
    CHECK(strstr(mlx_last_error(), "planted here") != NULL);

    setenv("PANIC", "1", 1);
    mlx_array bad = computed(stream);
    unsetenv("PANIC");
    CHECK(mlx_array_eval(bad) == MLX_STATUS_INTERNAL);
    CHECK(strstr(mlx_last_error(), "planted in a task") != NULL);
    CHECK(mlx_array_free(bad) == MLX_STATUS_SUCCESS);
    CHECK(mlx_synchronize(stream) == MLX_STATUS_INTERNAL);

    mlx_array good = computed(stream);
    const float *out = mlx_array_data_float32(good);
    CHECK(out != NULL && out[0] == 0 && out[LENGTH - 1] == 3 && out[LENGTH] == 30);
    CHECK(mlx_array_free(good) == MLX_STATUS_SUCCESS);
    CHECK(mlx_synchronize(stream) == MLX_STATUS_SUCCESS);
  }
  CHECK(by_workers > 0);
  return mlx_stream_free(stream);
}
