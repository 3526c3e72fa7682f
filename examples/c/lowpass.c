/* lowpass IN.wav OUT.wav
 *
 * Takes the high notes out of a sound of any number of channels. IN has samples of 16 bits; OUT gets
 * floats, so nothing is rounded or clipped.
 *
 * The samples stay as they lie in the files: the channels of a frame side by side. To
 * mlx_convolve_rows each channel is a row, whose elements are as many places apart as there are
 * channels. It converts the samples on the way, and all channels share the filter.
 */
#include "check.h"
#include "wav.h"

#include <math.h>

enum { TAPS = 401 };

static const double CUTOFF_HERTZ = 1500.0;

/* A windowed sinc: it lets pass what is below the cutoff, and changes no delay. */
static void make_taps(float *taps, double hertz) {
  const double pi = 3.14159265358979323846, cutoff = CUTOFF_HERTZ / hertz;
  double sum = 0;
  for (int i = 0; i < TAPS; i++) {
    const double t = i - (TAPS - 1) / 2, x = 2.0 * pi * cutoff * t;
    const double window = 0.5 + 0.5 * cos(2.0 * pi * t / (TAPS + 1));
    taps[i] = (float)(window * (t == 0 ? 1.0 : sin(x) / x));
    sum += taps[i];
  }
  for (int i = 0; i < TAPS; i++) {
    taps[i] = (float)(taps[i] / sum);
  }
}

/* Each channel of `in` into the same channel of `out`. At both ends the first and the last sample go
 * on, so there is no click. */
static bool filter(const wav *in, const float *taps, float *out) {
  mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
  options.mode = MLX_MODE_SAME;
  options.boundary = MLX_BOUNDARY_EDGE;
  const ptrdiff_t channels = in->channels;
  const mlx_rows samples = {in->samples, MLX_INT16, in->frames, channels, 1};
  const mlx_rows shared = {taps, MLX_FLOAT32, TAPS, 1, 0};
  const mlx_rows_out filtered = {out, MLX_FLOAT32, in->frames, channels, 1};
  return succeeded(mlx_convolve_rows(&samples, &shared, in->channels, &options, &filtered),
                   "mlx_convolve_rows");
}

/* How loud a channel is: the root of its mean square, in decibels below the loudest sample there is. */
static double decibels(double sum_of_squares, size_t frames) {
  return 10.0 * log10(sum_of_squares / (double)frames + 1e-12);
}

static void print_levels(const wav *in, const float *out) {
  for (size_t c = 0; c < in->channels; c++) {
    double before = 0, after = 0;
    for (size_t i = c; i < in->frames * in->channels; i += in->channels) {
      before += (double)in->samples[i] * in->samples[i] / (32768.0 * 32768.0);
      after += (double)out[i] * out[i];
    }
    printf("  channel %zu: %6.1f dB before, %6.1f dB after\n", c, decibels(before, in->frames),
           decibels(after, in->frames));
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: lowpass IN.wav OUT.wav\n");
    return 2;
  }
  wav in = {0};
  float *out = NULL;
  bool ok = read_wav(argv[1], &in);
  if (ok) {
    float taps[TAPS];
    make_taps(taps, in.hertz);
    for (int i = 0; i < TAPS; i++) {
      taps[i] /= 32768.0f; /* samples from -1 to 1, as floats are in WAV files */
    }
    out = malloc(in.frames * in.channels * sizeof *out);
    if (out == NULL) {
      fprintf(stderr, "out of memory for the output\n");
    }
    ok = out != NULL && filter(&in, taps, out) && write_wav_floats(argv[2], &in, out);
  }
  if (ok) {
    printf("  %zu frames of %u channels at %u Hz, without the notes above %.0f Hz\n", in.frames,
           (unsigned)in.channels, (unsigned)in.hertz, CUTOFF_HERTZ);
    print_levels(&in, out);
  }
  free(out);
  free(in.file);
  return ok ? 0 : 1;
}
