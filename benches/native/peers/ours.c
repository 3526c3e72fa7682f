/* The library itself, through plain pointers. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

void put_method(const char *text, char label[LABEL]) {
    const char *at_method = strstr(text, "method: "), *at_block = strstr(text, "block: ");
    char method[LABEL - 16] = "", block[12] = "";
    if (at_method == NULL || sscanf(at_method, "method: %47[^;\n]", method) != 1) {
        fail("no method in \"%s\"", text);
    }
    if (at_block != NULL) {
        sscanf(at_block, "block: %11[0-9]", block);
    }
    snprintf(label, LABEL, "%s%s%s", method, block[0] ? " " : "", block);
}

static void *prepare(const job *job, int way, char label[LABEL]) {
    (void)way;
    mlx_string text = mlx_string_new();
    if (mlx_convolve_explain(job->a_len, job->v_len, job->dtype->number, job->mode, &text) == MLX_STATUS_SUCCESS) {
        put_method(mlx_string_data(text), label);
    }
    mlx_string_free(text);
    return (void *)job;
}

static const void *run(void *plan) {
    const job *job = plan;
    mlx_status status = mlx_convolve_into(job->a, job->a_len, job->v, job->v_len, job->dtype->number, job->mode,
                                          job->out, job->out_len);
    return status == MLX_STATUS_SUCCESS ? job->out : NULL;
}

static void release(void *plan) { (void)plan; }

static const char *version(const char *isa) {
    /* It reads MLX_CONVOLVE_ISA. */
    (void)isa;
    return mlx_convolve_version();
}

const peer ours = {"ours", 1, SAME_BITS, prepare, run, release, version};
