/* A plugin whose constructor and destructor compute. The loader's lock is held at both times, so no thread of the
 * library may need this lock. This file is the plugin; compiled with HOST, it is the program that loads it. */
#include <stdio.h>

#if defined(HOST)
#include <dlfcn.h>
#include <unistd.h>

int main(void) {
    alarm(60); /* what hangs fails */
    for (int round = 0; round < 3; round++) {
        void *plugin = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
        const int *good = plugin != NULL ? dlsym(plugin, "is_good") : NULL;
        if (good == NULL || !*good) {
            const char *error = dlerror();
            fprintf(stderr, "round %d: %s\n", round, error != NULL ? error : "a wrong value");
            return 1;
        }
        dlclose(plugin);
    }
    return 0;
}
#else
#include <stdlib.h>
#include <unistd.h>

#include "mlx_convolve.h"

int is_good;

/* Long enough for the stream's thread and for threads that help it. */
static void compute(void) {
    const int len = 1 << 20, taps = 3000;
    float *values = calloc((size_t)len, sizeof *values);
    if (values == NULL) {
        return;
    }
    values[7] = 1;
    mlx_set_num_threads(2);
    mlx_device cpu = mlx_device_new_type(MLX_CPU, 0);
    mlx_stream stream = mlx_stream_new_device(cpu);
    mlx_array a = mlx_array_new_data(values, &len, 1, MLX_FLOAT32);
    mlx_array v = mlx_array_new_data(values, &taps, 1, MLX_FLOAT32), out = mlx_array_new();
    is_good = 0;
    if (mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out) == MLX_STATUS_SUCCESS) {
        usleep(20000); /* the stream's thread begins, and not this one */
        const float *y = mlx_array_data_float32(out);
        is_good = y != NULL && y[14] > 0.999f && y[14] < 1.001f;
    }
    mlx_array_free(a), mlx_array_free(v), mlx_array_free(out);
    mlx_stream_free(stream), mlx_device_free(cpu);
    free(values);
}

__attribute__((constructor)) static void begin(void) { compute(); }
__attribute__((destructor)) static void end(void) { compute(); }
#endif
