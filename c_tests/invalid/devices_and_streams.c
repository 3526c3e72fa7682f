#include "walk.h"

#include <limits.h>

static void walk_devices(void) {
    CANNOT_BE_INVALID(mlx_device_new, );
    for (size_t i = 0; i < WRONG_VALUES; i++) {
        NO_HANDLE("type", mlx_device_new_type, wrong_values[i], 0);
        REFUSED("type", mlx_device_count, &result.integer, wrong_values[i]);
    }
    NO_HANDLE("index -1", mlx_device_new_type, MLX_CPU, -1);
    NO_HANDLE("index", mlx_device_new_type, MLX_GPU, INT_MIN);
    REFUSED("count", mlx_device_count, NULL, MLX_CPU);
    REFUSED("index", mlx_device_get_index, NULL, device);
    REFUSED("type", mlx_device_get_type, NULL, device);
    REFUSED("avail", mlx_device_is_available, NULL, device);
    REFUSED_DESTINATIONS("dev", mlx_device, DEVICE, mlx_device_set, device);
    REFUSED_DESTINATIONS("str", mlx_string, STRING, mlx_device_tostring, device);
    REFUSED("dev", mlx_get_default_device, NULL);
    for_foreign_contexts(ctx, DEVICE) {
        mlx_device out = {ctx};
        REFUSED("dev", mlx_get_default_device, &out);
        check_context(out.ctx == ctx, "mlx_get_default_device");
    }
    ACCEPTED(mlx_device_free, mlx_device_new());
    for_bad_contexts(ctx, DEVICE) {
        mlx_device bad = {ctx};
        if (ctx != NULL) {
            REFUSED("dev", mlx_device_free, bad);
        }
        REFUSED("src", mlx_device_set, &kept_device, bad);
        REFUSED("dev", mlx_device_tostring, &kept_string, bad);
        REFUSED("dev", mlx_device_get_index, &result.integer, bad);
        REFUSED("dev", mlx_device_get_type, &result.integer, bad);
        REFUSED("dev", mlx_device_is_available, &result.truth, bad);
        REFUSED("dev", mlx_set_default_device, bad);
        ZERO("lhs", mlx_device_equal, bad, device);
        ZERO("rhs", mlx_device_equal, device, bad);
        NO_HANDLE("dev", mlx_stream_new_device, bad);
        REFUSED("dev", mlx_get_default_stream, &kept_stream, bad);
    }
    REFUSED("res", mlx_metal_is_available, NULL);
}

static void walk_streams(void) {
    CANNOT_BE_INVALID(mlx_stream_new, );
    before_call("mlx_default_stream_new");
    ACCEPTED(mlx_stream_free, mlx_default_stream_new());
    before_call("mlx_default_cpu_stream_new");
    ACCEPTED(mlx_stream_free, mlx_default_cpu_stream_new());
    before_call("mlx_default_gpu_stream_new"); /* empty where there is no GPU */
    ACCEPTED(mlx_stream_free, mlx_default_gpu_stream_new());
    ACCEPTED(mlx_stream_free, mlx_stream_new());
    REFUSED("index", mlx_stream_get_index, NULL, stream);
    REFUSED_DESTINATIONS("stream", mlx_stream, STREAM, mlx_stream_set, stream);
    REFUSED_DESTINATIONS("str", mlx_string, STRING, mlx_stream_tostring, stream);
    REFUSED_DESTINATIONS("dev", mlx_device, DEVICE, mlx_stream_get_device, stream);
    REFUSED_DESTINATIONS("stream", mlx_stream, STREAM, mlx_get_default_stream, device);
    for_bad_contexts(ctx, STREAM) {
        mlx_stream bad = {ctx};
        if (ctx != NULL) {
            REFUSED("stream", mlx_stream_free, bad);
        }
        REFUSED("src", mlx_stream_set, &kept_stream, bad);
        REFUSED("stream", mlx_stream_tostring, &kept_string, bad);
        REFUSED("stream", mlx_stream_get_device, &kept_device, bad);
        REFUSED("stream", mlx_stream_get_index, &result.integer, bad);
        REFUSED("stream", mlx_synchronize, bad);
        REFUSED("stream", mlx_set_default_stream, bad);
        ZERO("lhs", mlx_stream_equal, bad, stream);
        ZERO("rhs", mlx_stream_equal, stream, bad);
    }
}

void walk_devices_and_streams(void) {
    walk_devices();
    walk_streams();
}
