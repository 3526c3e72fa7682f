#include "walk.h"

#include <limits.h>

static void walk_strings(void) {
    CANNOT_BE_INVALID(mlx_string_new, );
    NO_HANDLE("str", mlx_string_new_data, NULL);
    REFUSED_DESTINATIONS("str", mlx_string, STRING, mlx_string_set, string);
    ACCEPTED(mlx_string_free, mlx_string_new());
    for_bad_contexts(ctx, STRING) {
        mlx_string bad = {ctx};
        if (ctx != NULL) {
            REFUSED("str", mlx_string_free, bad);
        }
        REFUSED("src", mlx_string_set, &kept_string, bad);
        NO_POINTER("str", mlx_string_data, bad);
    }
}

static void walk_memory(void) {
    REFUSED("res", mlx_get_active_memory, NULL);
    REFUSED("res", mlx_get_peak_memory, NULL);
    REFUSED("res", mlx_get_cache_memory, NULL);
    size_t limit, again;
    ACCEPTED(mlx_set_cache_limit, &limit, 1000);
    REFUSED("res", mlx_set_cache_limit, NULL, 2000);
    ACCEPTED(mlx_set_cache_limit, &again, limit);
    check_context(again == 1000, "mlx_set_cache_limit");
    CANNOT_BE_INVALID(mlx_reset_peak_memory, );
    CANNOT_BE_INVALID(mlx_clear_cache, );
}

void walk_the_rest(void) {
    walk_strings();
    walk_memory();
    for (size_t i = 0; i < WRONG_VALUES; i++) {
        ZERO("dtype", mlx_dtype_size, wrong_values[i]);
        CANNOT_BE_INVALID(mlx_status_string, wrong_values[i]);
    }
    REFUSED("n", mlx_set_num_threads, -1);
    REFUSED("n", mlx_set_num_threads, INT_MIN);
    CANNOT_BE_INVALID(mlx_last_error, );
    CANNOT_BE_INVALID(mlx_convolve_version, );
    before_call("mlx_set_error_handler");
    mlx_set_error_handler(NULL, NULL, NULL);
}
