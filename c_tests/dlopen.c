/* A program that is not linked to the library uses it like a plugin: it loads the library, queues work and closes the
 * library, again and again. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlx_convolve.h"

enum { STREAMS = 3, QUEUED = 4 };

static int rounds, len, failures;
static float *signal_values;

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    failures++;
}

/* The functions that are used, by their names in the library: the header's macros are expanded on the way. */
static struct {
    __typeof__(mlx_device_new_type) *device_new_type;
    __typeof__(mlx_device_free) *device_free;
    __typeof__(mlx_stream_new_device) *stream_new_device;
    __typeof__(mlx_default_stream_new) *default_stream_new;
    __typeof__(mlx_stream_free) *stream_free;
    __typeof__(mlx_array_new_data) *array_new_data;
    __typeof__(mlx_array_free) *array_free;
    __typeof__(mlx_array_data_float32) *array_data_float32;
    __typeof__(mlx_convolve) *convolve;
    __typeof__(mlx_convolve_into) *convolve_into;
} lib;

static void *library;

static void find(const char *name, void *function) {
    void *address = dlsym(library, name);
    if (address == NULL) {
        fail(dlerror());
        exit(1);
    }
    memcpy(function, &address, sizeof address);
}

#define NAME_(name) #name
#define NAME(name) NAME_(name)

static void load(void) {
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fail(dlerror());
        exit(1);
    }
    find(NAME(mlx_device_new_type), &lib.device_new_type);
    find(NAME(mlx_device_free), &lib.device_free);
    find(NAME(mlx_stream_new_device), &lib.stream_new_device);
    find(NAME(mlx_default_stream_new), &lib.default_stream_new);
    find(NAME(mlx_stream_free), &lib.stream_free);
    find(NAME(mlx_array_new_data), &lib.array_new_data);
    find(NAME(mlx_array_free), &lib.array_free);
    find(NAME(mlx_array_data_float32), &lib.array_data_float32);
    find(NAME(mlx_convolve), &lib.convolve);
    find(NAME(mlx_convolve_into), &lib.convolve_into);
}

/* Loads, leaves work on several streams, closes. The values are read by whoever waits, later. */
static void *load_queue_and_close(void *out) {
    mlx_array *outs = out;
    load();
    mlx_device cpu = lib.device_new_type(MLX_CPU, 0);
    mlx_array signal = lib.array_new_data(signal_values, &len, 1, MLX_FLOAT32);
    for (int s = 0; s < STREAMS; s++) {
        mlx_stream stream = s == 0 ? lib.default_stream_new() : lib.stream_new_device(cpu);
        for (int q = 0; q < QUEUED; q++) {
            if (lib.convolve(&signal, &signal, MLX_MODE_SAME, stream, &outs[s]) != MLX_STATUS_SUCCESS) {
                fail("a convolution failed");
            }
        }
        lib.stream_free(stream);
    }
    lib.array_free(signal);
    lib.device_free(cpu);
    if (dlclose(library) != 0) {
        fail(dlerror());
    }
    return NULL;
}

static void check(mlx_array *outs, const float *want) {
    for (int s = 0; s < STREAMS; s++) {
        const float *values = lib.array_data_float32(outs[s]);
        if (values == NULL || memcmp(values, want, (size_t)len * sizeof *want) != 0) {
            fail("a result is not right");
        }
        lib.array_free(outs[s]);
    }
}

int main(void) {
    alarm(120);
    rounds = getenv("C_TESTS_QUICK") != NULL ? 6 : 200;
    len = getenv("C_TESTS_QUICK") != NULL ? 500 : 20000;
    signal_values = malloc((size_t)len * sizeof *signal_values);
    float *want = malloc((size_t)len * sizeof *want);
    for (int i = 0; i < len; i++) {
        signal_values[i] = (float)(i * 7919 % 1001 - 500) / 500;
    }
    load();
    if (lib.convolve_into(signal_values, (size_t)len, signal_values, (size_t)len, MLX_FLOAT32, MLX_MODE_SAME, want,
                          (size_t)len) != MLX_STATUS_SUCCESS) {
        fail("the first convolution failed");
    }
    dlclose(library);
    for (int round = 0; round < rounds; round++) {
        mlx_array outs[STREAMS] = {{NULL}};
        if (round % 2 == 0) {
            load_queue_and_close(outs);
        } else { /* on a thread that ends */
            pthread_t thread;
            if (pthread_create(&thread, NULL, load_queue_and_close, outs) != 0 || pthread_join(thread, NULL) != 0) {
                fail("no thread");
            }
        }
        /* It is never unloaded: closed, it is still there, works on, and can be called. */
        void *still = dlopen(LIBRARY, RTLD_NOW | RTLD_NOLOAD);
        if (still == NULL) {
            fail("the library was unloaded");
            return 1;
        }
        dlclose(still);
        check(outs, want);
    }
    /* Queued when the process ends. */
    mlx_array outs[STREAMS] = {{NULL}};
    load_queue_and_close(outs);
    for (int s = 0; s < STREAMS; s++) {
        lib.array_free(outs[s]);
    }
    free(signal_values);
    free(want);
    return failures != 0;
}
