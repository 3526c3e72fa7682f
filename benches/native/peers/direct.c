/*
 * The library held to direct sums. MLX_CONVOLVE_METHOD speaks to the whole library, which reads it once. So
 * a second copy of the library, under another name, is loaded while the variable is set.
 */
#include "bench.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static struct {
    mlx_status (*convolve_into)(const void *a, size_t a_len, const void *v, size_t v_len, mlx_dtype dtype,
                                mlx_mode mode, void *out, size_t out_len);
    mlx_status (*explain)(size_t a_len, size_t v_len, mlx_dtype dtype, mlx_mode mode, mlx_string *out);
    mlx_string (*string_new)(void);
    const char *(*string_data)(mlx_string text);
    mlx_status (*string_free)(mlx_string text);
} copy_of;

/* `function` is the address of a pointer to a function. */
static void find(void *library, const char *name, void *function) {
    void *found = dlsym(library, name);
    if (found == NULL) {
        fail("no %s in %s", name, DIRECT_LIBRARY);
    }
    memcpy(function, &found, sizeof found);
}

static void load_copy(void) {
    void *library = dlopen(DIRECT_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fail("%s", dlerror());
    }
    find(library, "mlx_convolve_into", &copy_of.convolve_into);
    find(library, "mlx_convolve_explain", &copy_of.explain);
    find(library, "mlx_convolve_string_new", &copy_of.string_new);
    find(library, "mlx_convolve_string_data", &copy_of.string_data);
    find(library, "mlx_convolve_string_free", &copy_of.string_free);
}

static void *prepare(const job *job, int way, char label[LABEL]) {
    (void)way;
    if ((double)job->out_len * (double)job->v_len > DIRECT_LIMIT) {
        return NULL;
    }
    if (copy_of.convolve_into == NULL) {
        load_copy();
    }
    setenv("MLX_CONVOLVE_METHOD", "direct", 1);
    mlx_string text = copy_of.string_new();
    if (copy_of.explain(job->a_len, job->v_len, job->dtype->number, job->mode, &text) == MLX_STATUS_SUCCESS) {
        put_method(copy_of.string_data(text), label);
    }
    copy_of.string_free(text);
    unsetenv("MLX_CONVOLVE_METHOD");
    if (strncmp(label, "direct", strlen("direct")) != 0) {
        fail("MLX_CONVOLVE_METHOD=direct gives the method \"%s\"", label);
    }
    return (void *)job;
}

static const void *run(void *plan) {
    const job *job = plan;
    mlx_status status = copy_of.convolve_into(job->a, job->a_len, job->v, job->v_len, job->dtype->number, job->mode,
                                              job->out, job->out_len);
    return status == MLX_STATUS_SUCCESS ? job->out : NULL;
}

static void release(void *plan) { (void)plan; }

const peer direct = {"direct", 1, SAME_VALUES, prepare, run, release, NULL};
