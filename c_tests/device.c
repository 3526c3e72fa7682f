/* Devices: the CPU is always present. A GPU may be present; if it is not, calls return a status. */
#include "support.h"

static void cpu(void **state) {
    (void)state;
    mlx_device device = mlx_device_new_type(MLX_CPU, 0);
    assert_non_null(device.ctx);
    int index = 7, count = 0;
    mlx_device_type type = MLX_GPU;
    bool available = false;
    assert_ok(mlx_device_get_index(&index, device));
    assert_ok(mlx_device_get_type(&type, device));
    assert_ok(mlx_device_is_available(&available, device));
    assert_ok(mlx_device_count(&count, MLX_CPU));
    assert_int_equal(index, 0);
    assert_int_equal(type, MLX_CPU);
    assert_true(available);
    assert_int_equal(count, 1);
    mlx_string text = mlx_string_new();
    assert_ok(mlx_device_tostring(&text, device));
    assert_string_equal(mlx_string_data(text), "Device(cpu, 0)"); /* MLX's form */
    assert_ok(mlx_string_free(text));
    assert_ok(mlx_device_free(device));
}

static void gpu_or_a_status(void **state) {
    (void)state;
    int count = -1;
    bool metal = true;
    assert_ok(mlx_device_count(&count, MLX_GPU));
    assert_true(count >= 0);
    assert_ok(mlx_metal_is_available(&metal));
    mlx_device device = mlx_device_new_type(MLX_GPU, 0);
    if (device.ctx != NULL) {
        bool available = count == 0;
        assert_ok(mlx_device_is_available(&available, device));
        assert_int_equal(available, count > 0);
    } else {
        assert_int_equal(count, 0);
    }
    if (count == 0) {
        assert_false(metal);
        assert_null(mlx_default_gpu_stream_new().ctx);
        assert_null(mlx_stream_new_device(device).ctx);
        if (device.ctx != NULL) {
            assert_fails(mlx_set_default_device(device), MLX_STATUS_DEVICE_UNAVAILABLE, "dev");
        }
    }
    assert_ok(mlx_device_free(device));
}

static void equality(void **state) {
    (void)state;
    mlx_device one = mlx_device_new_type(MLX_CPU, 0), other = mlx_device_new_type(MLX_CPU, 0), empty = mlx_device_new();
    assert_null(empty.ctx);
    assert_true(mlx_device_equal(one, other));
    assert_true(mlx_device_equal(one, one));
    assert_false(mlx_device_equal(one, empty));
    assert_false(mlx_device_equal(empty, one));
    assert_ok(mlx_device_free(one));
    assert_ok(mlx_device_free(other));
    assert_ok(mlx_device_free(empty));
}

static void set_and_default(void **state) {
    (void)state;
    mlx_device device = mlx_device_new(), source = mlx_device_new_type(MLX_CPU, 0), current = mlx_device_new();
    assert_ok(mlx_device_set(&device, source));
    assert_true(mlx_device_equal(device, source));
    mlx_device copy = device;
    assert_ok(mlx_device_set(&device, source));
    assert_ptr_equal(device.ctx, copy.ctx);
    assert_ok(mlx_set_default_device(device));
    assert_ok(mlx_get_default_device(&current));
    assert_true(mlx_device_equal(current, source));
    copy = current;
    assert_ok(mlx_get_default_device(&current));
    assert_ptr_equal(current.ctx, copy.ctx);
    assert_ok(mlx_device_free(device));
    assert_ok(mlx_device_free(source));
    assert_ok(mlx_device_free(current));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu),
        cmocka_unit_test(gpu_or_a_status),
        cmocka_unit_test(equality),
        cmocka_unit_test(set_and_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
