/* chain cpu|gpu
 *
 * A sound goes through a chain of filters: an equaliser, the first echoes of a room, its reverb, and a
 * filter that takes the highest notes out. Each result is the next one's input, and stays where it was
 * computed: on a GPU, only the last result comes back.
 *
 * The program names a device in one place, where it makes it the default device. All else is the same
 * on both. If there is no GPU, the program says so, and has nothing to do.
 */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RATE = 48000, CHANNELS = 2, FRAMES = 5 * RATE, FILTERS = 4, MOST_TAPS = 4000, RUNS = 3 };

static const double PI = 3.14159265358979323846;

/* A filter: one for both channels, or one for each. */
typedef struct {
  const char *name;
  mlx_mode mode; /* SAME for filters around a middle tap; FULL for echoes, which only come later */
  int channels, taps;
  float values[CHANNELS * MOST_TAPS];
} filter;

static filter filters[FILTERS] = {{"equaliser", MLX_MODE_SAME, 1, 255, {0}},
                                  {"first echoes", MLX_MODE_FULL, CHANNELS, 1500, {0}},
                                  {"reverb", MLX_MODE_FULL, CHANNELS, MOST_TAPS, {0}},
                                  {"low-pass", MLX_MODE_SAME, 1, 63, {0}}};
static float sound[CHANNELS * FRAMES];

static double seconds_now(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Numbers in -1 to 1, the same ones each time. */
static float noise(void) {
  static uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return (float)(state >> 8) / (float)(1 << 23) - 1.0f;
}

/* A windowed sinc, `gain` times what is below `hertz`, added to the taps. */
static void add_low_pass(float *taps, int count, double hertz, double gain) {
  for (int i = 0; i < count; i++) {
    const double t = i - (count - 1) / 2, x = 2.0 * PI * hertz / RATE * t;
    const double window = 0.5 + 0.5 * cos(2.0 * PI * t / (count + 1));
    taps[i] += (float)(gain * window * 2.0 * hertz / RATE * (t == 0 ? 1.0 : sin(x) / x));
  }
}

static void make_filters(void) {
  filter *equaliser = &filters[0], *echoes = &filters[1], *reverb = &filters[2];
  /* Twice what is below 300 Hz, and half of what is above 3000 Hz. */
  add_low_pass(equaliser->values, equaliser->taps, 300, 1.0);
  add_low_pass(equaliser->values, equaliser->taps, 3000, 0.5);
  equaliser->values[(equaliser->taps - 1) / 2] += 0.5f;
  for (int c = 0; c < CHANNELS; c++) {
    float *first = echoes->values + c * echoes->taps, *room = reverb->values + c * reverb->taps;
    first[0] = 1.0f;
    for (int i = 150 + 40 * c; i < echoes->taps; i += 200 + 30 * c) {
      first[i] = 0.3f * noise();
    }
    room[0] = 1.0f;
    for (int i = 1; i < reverb->taps; i++) {
      room[i] = 0.05f * noise() * expf(-6.9f * (float)i / (float)reverb->taps);
    }
  }
  add_low_pass(filters[3].values, filters[3].taps, 12000, 1.0);
}

/* Plucked strings, five in a second, from left to right and back. */
static void make_sound(void) {
  for (int i = 0; i < FRAMES; i++) {
    const int note = i / (RATE / 5);
    const double t = (double)(i % (RATE / 5)) / RATE, hertz = 110.0 * pow(2.0, note * 7 % 24 / 12.0);
    const double left = 0.5 + 0.4 * sin(note);
    double value = 0;
    for (int partial = 1; partial <= 6; partial++) {
      value += sin(2.0 * PI * hertz * partial * t) * exp(-8.0 * partial * t) / partial;
    }
    sound[i] = (float)(left * value);
    sound[FRAMES + i] = (float)((1.0 - left) * value);
  }
}

/* An array over values, borrowed: they outlive it. The channels are the rows. */
static mlx_array borrow(float *values, int channels, int count) {
  const int shape[] = {channels, count};
  return mlx_array_new_data_managed(values, shape, 2, MLX_FLOAT32, NULL);
}

/* The whole chain, computed in `dtype`. The calls queue the work and return. */
static bool run_chain(mlx_array dry, const mlx_array *taps, mlx_dtype dtype, mlx_stream stream,
                      mlx_array *wet) {
  bool ok = succeeded(mlx_array_set(wet, dry), "mlx_array_set");
  for (int i = 0; ok && i < FILTERS; i++) {
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.mode = filters[i].mode;
    options.count = FRAMES; /* without the tail of the echoes */
    options.dtype = dtype;
    ok = succeeded(mlx_convolve_with(wet, &taps[i], &options, stream, wet), filters[i].name);
  }
  return ok;
}

/* The line of an explanation that begins with `key`, if it has one. */
static void print_line(const char *before, mlx_string text, const char *key) {
  const char *line = strstr(mlx_string_data(text), key);
  if (line != NULL) {
    printf("%s%.*s\n", before, (int)strcspn(line, "\n"), line);
  }
}

/* How the default device computes each filter. */
static bool print_methods(void) {
  mlx_string text = mlx_string_new();
  bool ok = true;
  for (int i = 0; ok && i < FILTERS; i++) {
    ok = succeeded(mlx_convolve_explain(FRAMES, (size_t)filters[i].taps, MLX_FLOAT32,
                                        filters[i].mode, &text),
                   "mlx_convolve_explain");
    if (ok && i == 0) {
      print_line("  ", text, "device: ");
    }
    if (ok) {
      printf("  %-12s %4d taps", filters[i].name, filters[i].taps);
      print_line(", ", text, "method: ");
    }
  }
  mlx_string_free(text);
  return ok;
}

/* The largest difference from the same chain in float64 on the CPU, in decibels below the loudest sample. */
static bool compare(const float *wet, mlx_array dry, const mlx_array *taps) {
  mlx_stream on_cpu = mlx_default_cpu_stream_new();
  mlx_array exact = mlx_array_new();
  bool ok = created(on_cpu.ctx, "stream of the CPU") &&
            run_chain(dry, taps, MLX_FLOAT64, on_cpu, &exact) &&
            succeeded(mlx_array_eval(exact), "mlx_array_eval");
  if (ok) {
    const double *want = mlx_array_data_float64(exact);
    double loudest = 0, error = 0;
    for (size_t i = 0; i < mlx_array_size(exact); i++) {
      loudest = fmax(loudest, fabs(want[i]));
      error = fmax(error, fabs(wet[i] - want[i]));
    }
    const double decibels = 20.0 * log10(error / loudest);
    printf("  compared with float64 on the CPU: the largest difference is %.0f dB\n", decibels);
    if (!(decibels < -100.0)) {
      fprintf(stderr, "the results differ\n");
      ok = false;
    }
  }
  mlx_array_free(exact);
  mlx_stream_free(on_cpu);
  return ok;
}

static bool run(void) {
  mlx_stream stream = mlx_default_stream_new(); /* of the default device */
  mlx_array dry = borrow(sound, CHANNELS, FRAMES), wet = mlx_array_new(), taps[FILTERS];
  bool ok = created(stream.ctx, "stream") && created(dry.ctx, "sound") && print_methods();
  for (int i = 0; i < FILTERS; i++) {
    taps[i] = borrow(filters[i].values, filters[i].channels, filters[i].taps);
    ok = ok && created(taps[i].ctx, filters[i].name);
  }

  double first = 0, best = INFINITY;
  for (int i = 0; ok && i <= RUNS; i++) {
    const double start = seconds_now();
    ok = run_chain(dry, taps, MLX_FLOAT32, stream, &wet) &&
         succeeded(mlx_synchronize(stream), "mlx_synchronize");
    const double elapsed = seconds_now() - start;
    if (i == 0) {
      first = elapsed;
    } else {
      best = fmin(best, elapsed);
    }
  }
  const double start = seconds_now();
  const float *values = ok ? mlx_array_data_float32(wet) : NULL; /* from a GPU, this is a copy */
  const double copied = seconds_now() - start;
  ok = ok && created(values, "values");
  if (ok) {
    printf("  first run %.1f ms, later runs %.1f ms, access to the values %.1f ms\n", 1e3 * first,
           1e3 * best, 1e3 * copied);
    ok = compare(values, dry, taps);
  }

  for (int i = 0; i < FILTERS; i++) {
    mlx_array_free(taps[i]);
  }
  mlx_array_free(wet);
  mlx_array_free(dry);
  mlx_stream_free(stream);
  return ok;
}

int main(int argc, char **argv) {
  const bool on_gpu = argc == 2 && strcmp(argv[1], "gpu") == 0;
  if (!on_gpu && !(argc == 2 && strcmp(argv[1], "cpu") == 0)) {
    fprintf(stderr, "usage: chain cpu|gpu\n");
    return 2;
  }
  mlx_device device = mlx_device_new_type(on_gpu ? MLX_GPU : MLX_CPU, 0);
  const mlx_status status = mlx_set_default_device(device);
  mlx_device_free(device);
  if (status == MLX_STATUS_DEVICE_UNAVAILABLE) {
    printf("  no GPU: %s\n", mlx_last_error());
    return 0;
  }
  make_filters();
  make_sound();
  return succeeded(status, "mlx_set_default_device") && run() ? 0 : 1;
}
