/* smooth DATA.csv CHART.png
 *
 * Smooths a yearly series with a moving average of 11 years, the length of a solar cycle. Shows the
 * series and its average in the terminal, and draws both with gnuplot in CHART.png.
 *
 * MLX_MODE_SAME gives one output for each input. Near the ends, the window covers fewer years than
 * 11. A second convolution, of ones, counts the years that it covers.
 */
#include "chart.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 11, MAX_YEARS = 4096, CHART_COLUMNS = 72, CHART_ROWS = 16 };

typedef struct {
  int count;
  int year[MAX_YEARS];
  double raw[MAX_YEARS];
  double smooth[MAX_YEARS];
} series;

/* Reads lines of `year,value`; lines that begin otherwise (comments, the heading) are skipped. */
static bool read_csv(const char *path, series *s) {
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    return false;
  }
  char line[256];
  s->count = 0;
  while (s->count < MAX_YEARS && fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "%d,%lf", &s->year[s->count], &s->raw[s->count]) == 2) {
      s->count++;
    }
  }
  bool ok = !ferror(file) && s->count > 0;
  if (!ok) {
    fprintf(stderr, "%s: no `year,value` lines could be read\n", path);
  }
  fclose(file);
  return ok;
}

/* out[i] = sum over the window around i of x[i + j]: one array in, one array out. */
static bool sliding_sum(const double *x, int count, mlx_stream stream, double *out) {
  double ones[WINDOW];
  for (int i = 0; i < WINDOW; i++) {
    ones[i] = 1.0;
  }
  const int window = WINDOW;
  mlx_array a = mlx_array_new_data(x, &count, 1, MLX_FLOAT64);
  mlx_array v = mlx_array_new_data(ones, &window, 1, MLX_FLOAT64);
  mlx_array sum = mlx_array_new();

  bool ok = created(a.ctx, "series") && created(v.ctx, "window") &&
            succeeded(mlx_convolve(&a, &v, MLX_MODE_SAME, stream, &sum), "mlx_convolve") &&
            succeeded(mlx_array_eval(sum), "mlx_array_eval");
  if (ok) {
    memcpy(out, mlx_array_data_float64(sum), mlx_array_nbytes(sum));
  }
  mlx_array_free(sum);
  mlx_array_free(v);
  mlx_array_free(a);
  return ok;
}

static bool smooth(series *s) {
  mlx_stream stream = mlx_default_stream_new();
  double covered[MAX_YEARS], ones[MAX_YEARS];
  for (int i = 0; i < s->count; i++) {
    ones[i] = 1.0;
  }
  bool ok = created(stream.ctx, "stream") && sliding_sum(s->raw, s->count, stream, s->smooth) &&
            sliding_sum(ones, s->count, stream, covered);
  for (int i = 0; ok && i < s->count; i++) {
    s->smooth[i] /= covered[i];
  }
  mlx_stream_free(stream);
  return ok;
}

static double largest(const double *x, int count) {
  double top = x[0];
  for (int i = 1; i < count; i++) {
    top = fmax(top, x[i]);
  }
  return top;
}

/* One column covers several years: the range of the raw values as bars, the smoothed mean as #. */
static void draw_terminal(const series *s) {
  const double top = ceil(largest(s->raw, s->count) / 20.0) * 20.0;
  const int columns = s->count < CHART_COLUMNS ? s->count : CHART_COLUMNS;
  char chart[CHART_ROWS][CHART_COLUMNS + 1];
  memset(chart, ' ', sizeof chart);
  for (int c = 0; c < columns; c++) {
    const int begin = c * s->count / columns, end = (c + 1) * s->count / columns;
    double high = 0.0, mean = 0.0;
    for (int i = begin; i < end; i++) {
      high = fmax(high, s->raw[i]);
      mean += s->smooth[i] / (end - begin);
    }
    for (int r = 0; r < CHART_ROWS; r++) {
      /* Row r stands for the values around this level, from the top downwards. */
      const double level = top * (CHART_ROWS - 1 - r) / CHART_ROWS;
      if (mean >= level && mean < level + top / CHART_ROWS) {
        chart[r][c] = '#';
      } else if (high > level) {
        chart[r][c] = '.';
      }
    }
  }
  for (int r = 0; r < CHART_ROWS; r++) {
    chart[r][columns] = '\0';
    if (r % 4 == 0) {
      printf("%5.0f |%s\n", top * (CHART_ROWS - r) / CHART_ROWS, chart[r]);
    } else {
      printf("      |%s\n", chart[r]);
    }
  }
  printf("    0 +");
  for (int c = 0; c < columns; c++) {
    putchar('-');
  }
  printf("\n       %-*d%d\n", columns - 4, s->year[0], s->year[s->count - 1]);
  printf("       .  highest raw value of each %d years or so    #  smoothed\n",
         (s->count + columns / 2) / columns);
}

/* The series and its average as lines. */
static bool write_png(const series *s, const char *path) {
  char title[80];
  snprintf(title, sizeof title, "Yearly sunspot numbers and their %d-year moving average", WINDOW);
  FILE *chart = open_chart(path, title);
  if (chart == NULL) {
    return false;
  }
  fprintf(chart, "$series << END\n");
  for (int i = 0; i < s->count; i++) {
    fprintf(chart, "%d %.17g %.17g\n", s->year[i], s->raw[i], s->smooth[i]);
  }
  fprintf(chart,
          "END\n"
          "set xlabel 'year'\n"
          "set ylabel 'sunspot number'\n"
          "set xrange [%d:%d]\n"
          "set yrange [0:*]\n"
          "set key top left reverse Left\n"
          "plot $series using 1:2 with lines lw 1.2 lc rgb '#9aa7b5' title 'raw',"
          " $series using 1:3 with lines lw 3 lc rgb '#c2410c' title 'smoothed'\n",
          s->year[0], s->year[s->count - 1]);
  return close_chart(chart, path);
}

int main(int argc, char **argv) {
  static series s;
  if (argc != 3) {
    fprintf(stderr, "usage: smooth DATA.csv CHART.png\n");
    return 2;
  }
  if (!read_csv(argv[1], &s) || !smooth(&s)) {
    return 1;
  }
  printf("%d yearly values, %d-%d, smoothed over %d years\n\n", s.count, s.year[0],
         s.year[s.count - 1], WINDOW);
  printf("  year     raw  smoothed\n");
  for (int i = 0; i < s.count; i += 25) {
    printf("  %d  %6.1f    %6.2f\n", s.year[i], s.raw[i], s.smooth[i]);
  }
  printf("\n");
  draw_terminal(&s);
  return write_png(&s, argv[2]) ? 0 : 1;
}
