/* The linked library has the version of the header. */
#include "support.h"

static void library_and_header_agree(void **state) {
    (void)state;
    char want[64];
    snprintf(want, sizeof want, "%d.%d.%d", MLX_CONVOLVE_VERSION_MAJOR, MLX_CONVOLVE_VERSION_MINOR,
             MLX_CONVOLVE_VERSION_PATCH);
    assert_string_equal(mlx_convolve_version(), want);
    assert_ptr_equal(mlx_convolve_version(), mlx_convolve_version());
#ifdef PACKAGE_VERSION
    assert_string_equal(PACKAGE_VERSION, want); /* what find_package reported */
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(library_and_header_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
