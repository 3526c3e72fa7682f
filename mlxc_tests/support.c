#include "support.h"

#include <pthread.h>

mlx_stream stream;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int messages;
static char last[500];

static void hear(const char *message, void *data) {
    (void)data;
    pthread_mutex_lock(&lock);
    messages++;
    snprintf(last, sizeof last, "%s", message);
    pthread_mutex_unlock(&lock);
}

int begin(void **state) {
    (void)state;
    mlx_set_error_handler(hear, NULL, NULL);
    stream = mlx_default_cpu_stream_new();
    return stream.ctx == NULL;
}

int end(void **state) {
    (void)state;
    return mlx_stream_free(stream);
}

void assert_ok_(int status, const char *call, const char *file, int line) {
    if (status != 0 || messages != 0) {
        print_error("%s: status %d, \"%s\"\n", call, status, last);
        messages = 0;
        _fail(file, line);
    }
}

void assert_refused_(int status, const char *words, const char *call, const char *file, int line) {
    char beginning[200];
    snprintf(beginning, sizeof beginning, "[convolve] %s", words);
    if (status != 1 || messages != 1 || strncmp(last, beginning, strlen(beginning)) != 0) {
        print_error("%s: status %d, %d messages, \"%s\"\n", call, status, messages, last);
        messages = 0;
        _fail(file, line);
    }
    messages = 0;
}

mlx_stream new_stream(void) {
    mlx_device cpu = mlx_device_new_type(MLX_CPU, 0);
    mlx_stream made = mlx_stream_new_device(cpu);
    mlx_device_free(cpu);
    return made;
}

mlx_array ramp(int len, float at, float step) {
    float *values = malloc((size_t)len * sizeof *values);
    assert_non_null(values);
    for (int i = 0; i < len; i++) {
        values[i] = at + (float)i * step;
    }
    mlx_array array = mlx_array_new_data(values, &len, 1, MLX_FLOAT32);
    free(values);
    return array;
}

mlx_array noise(int len, unsigned seed) {
    float *values = malloc((size_t)len * sizeof *values);
    assert_non_null(values);
    uint64_t x = seed + 1;
    for (int i = 0; i < len; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's MMIX */
        values[i] = (float)(int32_t)(x >> 32) / 2147483648.0f;
    }
    mlx_array array = mlx_array_new_data(values, &len, 1, MLX_FLOAT32);
    free(values);
    return array;
}

float at(mlx_array array, size_t i) { return mlx_array_data_float32(array)[i]; }

bool available(mlx_array array) {
    bool is;
    assert_ok(_mlx_array_is_available(&is, array));
    return is;
}

void assert_convolution(mlx_array got, mlx_array a, mlx_array v, mlx_mode mode) {
    if (mlx_array_size(a) < mlx_array_size(v)) {
        mlx_array longer = v;
        v = a;
        a = longer;
    }
    long count = (long)mlx_array_size(a), taps = (long)mlx_array_size(v);
    const float *values = mlx_array_data_float32(a), *filter = mlx_array_data_float32(v);
    const long first[] = {0, taps - 1, (taps - 1) / 2}, len[] = {count + taps - 1, count - taps + 1, count};
    assert_int_equal(mlx_array_ndim(got), 1);
    assert_int_equal(mlx_array_size(got), len[mode]);
    for (long i = 0; i < len[mode]; i++) {
        double sum = 0, size = 0;
        for (long k = 0; k < taps; k++) {
            long n = first[mode] + i - k;
            double product = n < 0 || n >= count ? 0 : (double)values[n] * (double)filter[k];
            sum += product;
            size += fabs(product);
        }
        /* The values are in [-1, 1), or few. */
        if (!(fabs((double)at(got, (size_t)i) - sum) <= 1e-5 * (1 + size))) {
            fail_msg("output %ld is %.9g, not %.9g", i, (double)at(got, (size_t)i), sum);
        }
    }
}

size_t active_memory(void) {
    size_t bytes = 0;
    assert_ok(mlx_get_active_memory(&bytes));
    return bytes;
}
