/* dice CHART.png
 *
 * How likely is each sum of 100 dice? The distribution of a sum of dice is the convolution of the
 * distributions of its parts. The rarest sum, all sixes, has the probability 6^-100 = 1.5e-78.
 *
 * By default, long convolutions are computed with FFTs. Their errors are small beside the largest
 * outputs, so outputs that are far smaller are lost. MLX_ACCURACY_COMPONENTWISE keeps each output
 * to a bound of its own. The program computes the distribution both ways, compares the sums near
 * all sixes with their exact probabilities, and draws both distributions in CHART.png.
 */
#include "chart.h"
#include "check.h"

#include <math.h>
#include <string.h>

enum { DICE = 100, SIDES = 6, SUMS = DICE * (SIDES - 1) + 1 };

/* p[i] is the probability of the sum `dice` + i, of this many values. */
static size_t sums(int dice) { return (size_t)dice * (SIDES - 1) + 1; }

/* The distribution of the sum of two throws: of `a_dice` dice, and of `v_dice` dice. */
static bool add(const double *a, int a_dice, const double *v, int v_dice, mlx_accuracy accuracy,
                double *out) {
  mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
  options.accuracy = accuracy;
  return succeeded(mlx_convolve_into_with(a, sums(a_dice), v, sums(v_dice), MLX_FLOAT64, &options,
                                          out, sums(a_dice + v_dice)),
                   "mlx_convolve_into_with");
}

/* The distribution of `dice` dice: of half as many, added to itself, and of one more for an odd number. */
static bool throw_dice(int dice, mlx_accuracy accuracy, double *p) {
  static const double one[SIDES] = {1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0};
  if (dice == 1) {
    memcpy(p, one, sizeof one);
    return true;
  }
  const int half = dice / 2, even = 2 * half;
  double part[SUMS], twice[SUMS];
  if (!throw_dice(half, accuracy, part) || !add(part, half, part, half, accuracy, twice)) {
    return false;
  }
  if (even < dice) {
    return add(twice, even, one, 1, accuracy, p);
  }
  memcpy(p, twice, sums(dice) * sizeof *p);
  return true;
}

/* How the last step is computed, as the library explains it. */
static bool print_method(const char *name, mlx_accuracy accuracy) {
  mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
  options.accuracy = accuracy;
  mlx_string text = mlx_string_new();
  const size_t len = sums(DICE / 2);
  const bool ok = succeeded(mlx_convolve_explain_with(len, len, MLX_FLOAT64, &options, &text),
                            "mlx_convolve_explain_with");
  const char *method = ok ? strstr(mlx_string_data(text), "method: ") : NULL;
  if (method != NULL) {
    printf("  %-14s %.*s\n", name, (int)strcspn(method, "\n"), method);
  }
  mlx_string_free(text);
  return ok;
}

/* For sums near all sixes: with `missing` points less, each way to lose them is one of 6^100 throws. */
static void print_tail(const double *by_default, const double *componentwise) {
  printf("  sum        exact   componentwise / exact   by default / exact\n");
  double ways = 1;
  for (int missing = 0; missing < SIDES; missing++) {
    const int i = SUMS - 1 - missing;
    const double exact = ways * pow(SIDES, -DICE);
    printf("  %d  %.5e   %21.14f   %18.4g\n", DICE + i, exact, componentwise[i] / exact,
           by_default[i] / exact);
    ways = ways * (DICE + missing) / (missing + 1);
  }
  int zeros = 0;
  for (int i = 0; i < SUMS; i++) {
    zeros += by_default[i] == 0;
  }
  printf("  by default, %d of %d sums have the probability 0\n", zeros, SUMS);
}

/* A logarithmic axis has no place for 0: marks at its foot stand for it. */
static bool write_png(const double *by_default, const double *componentwise, const char *path) {
  char title[80];
  snprintf(title, sizeof title, "The sum of %d dice: how likely is each sum?", DICE);
  FILE *chart = open_chart(path, title);
  if (chart == NULL) {
    return false;
  }
  fprintf(chart, "$sums << END\n");
  for (int i = 0; i < SUMS; i++) {
    fprintf(chart, "%d %.17g %.17g\n", DICE + i, componentwise[i], by_default[i]);
  }
  fprintf(chart,
          "END\n"
          "set xlabel 'sum'\n"
          "set ylabel 'probability'\n"
          "set logscale y\n"
          "set format y '10^{%%L}'\n"
          "set xrange [%d:%d]\n"
          "set yrange [1e-85:1]\n"
          "set ytics 1e-80, 1e20\n"
          "unset mytics\n"
          "set key center bottom reverse Left samplen 2\n"
          "plot $sums using 1:2 with lines lw 4 lc rgb '#56b4e9' title 'componentwise accuracy',"
          " $sums using 1:($3 > 0 ? $3 : NaN) with points pt 7 ps 0.5 lc rgb '#a03c00'"
          " title 'by default, with FFTs',"
          " $sums using 1:($3 > 0 ? NaN : 1e-83) with points pt 2 ps 0.7 lc rgb '#a03c00'"
          " title 'by default, where the result is 0'\n",
          DICE, DICE * SIDES);
  return close_chart(chart, path);
}

int main(int argc, char **argv) {
  double by_default[SUMS], componentwise[SUMS];
  if (argc != 2) {
    fprintf(stderr, "usage: dice CHART.png\n");
    return 2;
  }
  printf("  %d dice, as %d and %d:\n", DICE, DICE / 2, DICE / 2);
  if (!print_method("by default", MLX_ACCURACY_NORMWISE) ||
      !print_method("componentwise", MLX_ACCURACY_COMPONENTWISE) ||
      !throw_dice(DICE, MLX_ACCURACY_NORMWISE, by_default) ||
      !throw_dice(DICE, MLX_ACCURACY_COMPONENTWISE, componentwise)) {
    return 1;
  }
  print_tail(by_default, componentwise);
  return write_png(by_default, componentwise, argv[1]) ? 0 : 1;
}
