/* Several threads write rows of one buffer, whose outputs lie between each other's. ThreadSanitizer watches it. */
#include "support.h"

/* A channel each, in one buffer of interleaved outputs. A third one is written by this program meanwhile. */
enum { FRAMES = 3000, CHANNELS = 3, TAPS = 300 };
typedef struct {
    const float *samples, *taps;
    float *out;
    size_t channel;
    bool good;
} channel_work;

static void *filter_channel(void *argument) {
    channel_work *work = argument;
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.mode = MLX_MODE_SAME;
    const mlx_rows a = {work->samples + work->channel, MLX_FLOAT32, FRAMES, CHANNELS, 0};
    const mlx_rows v = {work->taps, MLX_FLOAT32, TAPS, 1, 0};
    const mlx_rows_out out = {work->out + work->channel, MLX_FLOAT32, FRAMES, CHANNELS, 0};
    work->good = true;
    for (int turn = 0; turn < 5; turn++) {
        if (work->channel == CHANNELS - 1) {
            for (size_t i = 0; i < FRAMES; i++) {
                work->out[i * CHANNELS + work->channel] = (float)i;
            }
        } else {
            work->good = work->good && mlx_convolve_rows(&a, &v, 1, &options, &out) == MLX_STATUS_SUCCESS;
        }
    }
    return NULL;
}

static void threads_write_channels_of_one_buffer(void **state) {
    (void)state;
    static float samples[FRAMES * CHANNELS], taps[TAPS], out[FRAMES * CHANNELS], want[FRAMES * CHANNELS];
    fill_random(&all_dtypes[MLX_FLOAT32], samples, FRAMES * CHANNELS, 1);
    fill_random(&all_dtypes[MLX_FLOAT32], taps, TAPS, 2);
    channel_work work[CHANNELS];
    for (size_t c = 0; c < CHANNELS; c++) {
        work[c] = (channel_work){samples, taps, want, c, false};
        filter_channel(&work[c]);
        work[c].out = out;
    }
    on_threads(CHANNELS, filter_channel, work, sizeof *work);
    for (size_t c = 0; c < CHANNELS; c++) {
        assert_true(work[c].good);
    }
    assert_memory_equal(out, want, sizeof out);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_write_channels_of_one_buffer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
