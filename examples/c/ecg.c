/* ecg DATA.csv CHART.png
 *
 * Cleans a recorded electrocardiogram with two convolutions, and draws it before and after with gnuplot
 * in CHART.png.
 *
 * - The baseline wanders, because the patient breathes and moves. A long smooth filter follows the
 *   wander and not the heartbeats; the program subtracts what this filter gives.
 * - Noise from muscles and from the mains lies over the signal. A short low-pass filter removes it.
 *
 * With MLX_MODE_SAME and filters of odd length, output i belongs to sample i: nothing is delayed. With
 * MLX_BOUNDARY_SYMMETRIC the signal goes on mirrored beyond its ends, so the baseline has no jump there.
 *
 * The beats are counted to show what the cleaning is good for. This is no medical program.
 */
#include "chart.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

enum {
  RATE = 360, /* samples a second */
  MAX_SAMPLES = 60 * RATE,
  AVERAGE = 217,              /* samples of a moving average: 0.6 seconds */
  SMOOTH = 2 * AVERAGE - 1,   /* samples that an average of these averages covers */
  LOWPASS = 31,               /* taps of the low-pass filter */
  PAUSE = RATE / 4,           /* two beats are further apart than these samples */
  MAX_BEATS = MAX_SAMPLES / PAUSE + 1
};

static const double pi = 3.14159265358979323846;

/* Reads a sample a line, in steps of 1/200 millivolt with the zero at 1024; comments begin with #. */
static size_t read_ecg(const char *path, float *millivolts) {
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    return 0;
  }
  char line[256];
  size_t count = 0;
  while (count < MAX_SAMPLES && fgets(line, sizeof line, file) != NULL) {
    int sample;
    if (sscanf(line, "%d", &sample) == 1) {
      millivolts[count++] = (float)(sample - 1024) / 200.0f;
    }
  }
  fclose(file);
  if (count == 0) {
    fprintf(stderr, "%s: no samples could be read\n", path);
  }
  return count;
}

/* A moving average of a moving average, as one filter: a triangle. */
static bool make_smooth(float *taps) {
  float average[AVERAGE];
  for (int i = 0; i < AVERAGE; i++) {
    average[i] = 1.0f / AVERAGE;
  }
  return succeeded(mlx_convolve_into(average, AVERAGE, average, AVERAGE, MLX_FLOAT32, MLX_MODE_FULL,
                                     taps, SMOOTH),
                   "mlx_convolve_into");
}

/* A sinc in a Hann window, whose taps add up to 1: it keeps what is below some 35 Hz. */
static void make_lowpass(float *taps) {
  const double cutoff = 35.0 / RATE;
  double sum = 0;
  for (int i = 0; i < LOWPASS; i++) {
    const double t = i - (LOWPASS - 1) / 2;
    const double sinc = t == 0 ? 2 * cutoff : sin(2 * pi * cutoff * t) / (pi * t);
    taps[i] = (float)(sinc * (0.5 + 0.5 * cos(2 * pi * t / (LOWPASS + 1))));
    sum += taps[i];
  }
  for (int i = 0; i < LOWPASS; i++) {
    taps[i] /= (float)sum;
  }
}

/* One output for each sample, the signal mirrored beyond its ends. */
static bool filter(const float *x, size_t count, const float *taps, size_t tap_count, float *out) {
  mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
  options.mode = MLX_MODE_SAME;
  options.boundary = MLX_BOUNDARY_SYMMETRIC;
  return succeeded(
      mlx_convolve_into_with(x, count, taps, tap_count, MLX_FLOAT32, &options, out, count),
      "mlx_convolve_into_with");
}

/* wander, noise: the two parts that are removed from `raw`; what is left goes to `clean`. */
static bool denoise(const float *raw, size_t count, float *wander, float *noise, float *clean) {
  static float level[MAX_SAMPLES];
  float smooth[SMOOTH], lowpass[LOWPASS];
  make_lowpass(lowpass);
  if (!make_smooth(smooth) || !filter(raw, count, smooth, SMOOTH, wander)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    level[i] = raw[i] - wander[i];
  }
  if (!filter(level, count, lowpass, LOWPASS, clean)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    noise[i] = level[i] - clean[i];
  }
  return true;
}

static float largest(const float *x, size_t count) {
  float top = x[0];
  for (size_t i = 1; i < count; i++) {
    top = fmaxf(top, x[i]);
  }
  return top;
}

static float span(const float *x, size_t count) {
  float bottom = x[0];
  for (size_t i = 1; i < count; i++) {
    bottom = fminf(bottom, x[i]);
  }
  return largest(x, count) - bottom;
}

static double root_mean_square(const float *x, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    sum += (double)x[i] * x[i];
  }
  return sqrt(sum / (double)count);
}

/* A beat begins where the signal rises above half of its largest value. */
static int find_beats(const float *x, size_t count, size_t *beats) {
  const float threshold = largest(x, count) / 2;
  int found = 0;
  for (size_t i = 1; i < count; i++) {
    const bool rises = x[i - 1] < threshold && x[i] >= threshold;
    if (rises && (found == 0 || i - beats[found - 1] > PAUSE)) {
      beats[found++] = i;
    }
  }
  return found;
}

/* Beats a minute, from the first beat to the last. */
static double heart_rate(const size_t *beats, int found) {
  return found < 2 ? 0 : 60.0 * RATE * (found - 1) / (double)(beats[found - 1] - beats[0]);
}

static bool write_png(const float *raw, const float *wander, const float *clean, size_t count,
                      const char *path) {
  FILE *chart = open_chart(path, "");
  if (chart == NULL) {
    return false;
  }
  fprintf(chart, "$ecg << END\n");
  for (size_t i = 0; i < count; i++) {
    fprintf(chart, "%.5f %.5f %.5f %.5f\n", (double)i / RATE, raw[i], wander[i], clean[i]);
  }
  fprintf(chart,
          "END\n"
          "set multiplot layout 2,1 margins 0.06,0.985,0.115,0.9 spacing 0,0.06\n"
          "set title 'An electrocardiogram, as recorded and cleaned' font ',15' offset 0,-0.3\n"
          "set xrange [0:%.5f]\n"
          "set yrange [-1.4:2.9]\n"
          "set ytics 1\n"
          "set xtics 1 format ''\n"
          "set ylabel 'mV' offset 1,0\n"
          "set key top right horizontal samplen 2 width 1\n"
          "plot $ecg using 1:2 with lines lw 1.2 lc rgb '#7a8896' title 'recorded',"
          " $ecg using 1:3 with lines lw 2.5 lc rgb '#0072b2' title 'its baseline'\n"
          "unset title\n"
          "set xtics 1 format '%%g'\n"
          "set xlabel 'seconds' offset 0,0.6\n"
          "plot $ecg using 1:4 with lines lw 1.4 lc rgb '#c2410c' title 'cleaned'\n"
          "unset multiplot\n",
          (double)(count - 1) / RATE);
  return close_chart(chart, path);
}

int main(int argc, char **argv) {
  static float raw[MAX_SAMPLES], wander[MAX_SAMPLES], noise[MAX_SAMPLES], clean[MAX_SAMPLES];
  static float left[MAX_SAMPLES];
  size_t beats[MAX_BEATS];
  float smooth[SMOOTH];
  if (argc != 3) {
    fprintf(stderr, "usage: ecg DATA.csv CHART.png\n");
    return 2;
  }
  const size_t count = read_ecg(argv[1], raw);
  if (count == 0 || !denoise(raw, count, wander, noise, clean) || !make_smooth(smooth) ||
      !filter(clean, count, smooth, SMOOTH, left)) {
    return 1;
  }
  printf("  %.0f seconds, %zu samples\n", (double)count / RATE, count);
  printf("  the baseline wanders over %.2f mV; in the cleaned signal, over %.2f mV\n",
         span(wander, count), span(left, count));
  printf("  noise removed: %.3f mV (root mean square)\n", root_mean_square(noise, count));
  const int before = find_beats(raw, count, beats);
  const int after = find_beats(clean, count, beats);
  printf("  beats above half of the largest value: %d as recorded, %d cleaned\n", before, after);
  printf("  heart rate: %.0f beats a minute\n", heart_rate(beats, after));
  return write_png(raw, wander, clean, count, argv[2]) ? 0 : 1;
}
