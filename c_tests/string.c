/* Strings: copies, rebinding, empty handles. */
#include "support.h"

static void copies_its_source(void **state) {
    (void)state;
    char text[] = "taps";
    mlx_string string = mlx_string_new_data(text);
    text[0] = 'm';
    assert_string_equal(mlx_string_data(string), "taps");
    assert_ok(mlx_string_free(string));
    mlx_string nothing = mlx_string_new_data("");
    assert_non_null(nothing.ctx);
    assert_string_equal(mlx_string_data(nothing), "");
    assert_ok(mlx_string_free(nothing));
}

/* Any bytes but 0 come back as they went in, UTF-8 or not. */
static void any_bytes(void **state) {
    (void)state;
    char bytes[256];
    for (int i = 0; i < 255; i++) {
        bytes[i] = (char)(i + 1);
    }
    bytes[255] = 0;
    mlx_string string = mlx_string_new_data(bytes);
    assert_string_equal(mlx_string_data(string), bytes);
    assert_ok(mlx_string_free(string));
}

static void empty_handle(void **state) {
    (void)state;
    mlx_string empty = mlx_string_new();
    assert_null(empty.ctx);
    assert_null(mlx_string_data(empty));
    assert_ok(mlx_string_free(empty));
}

static void set_rebinds_in_place(void **state) {
    (void)state;
    mlx_string destination = mlx_string_new(), source = mlx_string_new_data("first");
    assert_ok(mlx_string_set(&destination, source));
    mlx_string copy = destination;
    assert_ok(mlx_string_free(source));
    assert_string_equal(mlx_string_data(copy), "first");
    source = mlx_string_new_data("a longer second one");
    assert_ok(mlx_string_set(&destination, source));
    assert_ptr_equal(destination.ctx, copy.ctx);
    assert_string_equal(mlx_string_data(copy), "a longer second one");
    assert_string_equal(mlx_string_data(source), "a longer second one");
    assert_ok(mlx_string_set(&destination, destination));
    assert_string_equal(mlx_string_data(destination), "a longer second one");
    assert_ok(mlx_string_free(source));
    assert_ok(mlx_string_free(destination));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_its_source),
        cmocka_unit_test(any_bytes),
        cmocka_unit_test(empty_handle),
        cmocka_unit_test(set_rebinds_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
