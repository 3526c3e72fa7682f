/* sunspots DATA.csv
 *
 * A program of mlx-c that convolves. It smooths the yearly sunspot numbers over 11 years, the length of a solar cycle.
 * Then it learns to predict a year from the 11 years before: the prediction is a convolution, too, and gradient descent
 * finds its taps, along the gradient that mlx_value_and_grad takes through mlx_convolve.
 *
 * No status is checked: mlx-c's own error handler prints the message and exits. A program with its own handler checks.
 */
#include "mlx/c/mlx.h"

#include "mlx_convolve_mlxc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WINDOW = 11, MAX_YEARS = 4096, STEPS = 3000 };

typedef struct {
  int count;
  int year[MAX_YEARS];
  float spots[MAX_YEARS]; /* in hundreds, because gradient descent needs numbers near 1 */
} series;

/* Reads lines of `year,value`; lines that begin otherwise are skipped. */
static bool read_csv(const char *path, series *s) {
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    return false;
  }
  char line[256];
  while (s->count < MAX_YEARS && fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "%d,%f", &s->year[s->count], &s->spots[s->count]) == 2) {
      s->spots[s->count++] /= 100;
    }
  }
  fclose(file);
  if (s->count <= 2 * WINDOW) {
    fprintf(stderr, "%s: %d years are too few\n", path, s->count);
    return false;
  }
  return true;
}

static mlx_array row(const float *values, int count) {
  return mlx_array_new_data(values, &count, 1, MLX_FLOAT32);
}

static void smooth(const series *s, mlx_stream stream) {
  float window[WINDOW];
  for (int i = 0; i < WINDOW; i++) {
    window[i] = 1.0f / WINDOW;
  }
  mlx_array spots = row(s->spots, s->count), taps = row(window, WINDOW), smoothed = mlx_array_new();
  mlx_convolve(&spots, &taps, MLX_MODE_SAME, stream, &smoothed);
  mlx_array_eval(smoothed); /* computes: the call before only described the work */
  const float *values = mlx_array_data_float32(smoothed);
  printf("year     raw  smoothed\n");
  for (int i = 25; i + 25 < s->count; i += 50) {
    printf("%d  %6.1f    %6.1f\n", s->year[i], 100 * s->spots[i], 100 * values[i]);
  }
  mlx_array_free(smoothed);
  mlx_array_free(taps);
  mlx_array_free(spots);
}

/* The data that the closure reads, beside the taps. */
typedef struct {
  mlx_array before, after; /* all years but the last; all years but the first WINDOW */
  mlx_stream stream;
} years;

/* The mean square error of the prediction by the taps. */
static int loss(mlx_vector_array *results, const mlx_vector_array arguments, void *payload) {
  const years *y = payload;
  mlx_array taps = mlx_array_new(), value = mlx_array_new();
  int status = mlx_vector_array_get(&taps, arguments, 0) ||
               mlx_convolve(&y->before, &taps, MLX_MODE_VALID, y->stream, &value) ||
               mlx_subtract(&value, value, y->after, y->stream) || mlx_square(&value, value, y->stream) ||
               mlx_mean(&value, value, false, y->stream) || mlx_vector_array_set_value(results, value);
  mlx_array_free(value);
  mlx_array_free(taps);
  return status;
}

/* Returns the loss, and writes its gradient. */
static float step(mlx_closure_value_and_grad of_loss, const float *taps, float *gradient) {
  mlx_array point = row(taps, WINDOW), value = mlx_array_new(), slope = mlx_array_new();
  mlx_vector_array arguments = mlx_vector_array_new_value(point);
  mlx_vector_array values = mlx_vector_array_new(), slopes = mlx_vector_array_new();
  mlx_closure_value_and_grad_apply(&values, &slopes, of_loss, arguments);
  mlx_vector_array_get(&value, values, 0);
  mlx_vector_array_get(&slope, slopes, 0);
  mlx_array_eval(slope);
  for (int i = 0; i < WINDOW; i++) {
    gradient[i] = mlx_array_data_float32(slope)[i];
  }
  float result = 0;
  mlx_array_item_float32(&result, value);
  mlx_vector_array_free(slopes);
  mlx_vector_array_free(values);
  mlx_vector_array_free(arguments);
  mlx_array_free(slope);
  mlx_array_free(value);
  mlx_array_free(point);
  return result;
}

static void predict(const series *s, mlx_stream stream) {
  years y = {row(s->spots, s->count - 1), row(s->spots + WINDOW, s->count - WINDOW), stream};
  mlx_closure closure = mlx_closure_new_func_payload(loss, &y, NULL);
  mlx_closure_value_and_grad of_loss = mlx_closure_value_and_grad_new();
  const int first_argument = 0;
  mlx_value_and_grad(&of_loss, closure, &first_argument, 1);

  float taps[WINDOW] = {1}, velocity[WINDOW] = {0}, gradient[WINDOW]; /* at first, predicts the year before again */
  for (int n = 0; n <= STEPS; n++) {
    float square = step(of_loss, taps, gradient);
    if (n % (STEPS / 3) == 0) {
      printf("after %4d steps, off by %4.1f spots\n", n, 100 * sqrtf(square));
    }
    for (int i = 0; i < WINDOW; i++) {
      velocity[i] = 0.9f * velocity[i] - 0.05f * gradient[i];
      taps[i] += velocity[i];
    }
  }

  mlx_closure_value_and_grad_free(of_loss);
  mlx_closure_free(closure);
  mlx_array_free(y.after);
  mlx_array_free(y.before);
}

int main(int argc, char **argv) {
  static series s;
  if (argc != 2) {
    fprintf(stderr, "usage: sunspots DATA.csv\n");
    return 2;
  }
  if (!read_csv(argv[1], &s)) {
    return 1;
  }
  mlx_stream stream = mlx_default_cpu_stream_new();
  smooth(&s, stream);
  printf("\nA year from the %d years before:\n", WINDOW);
  predict(&s, stream);
  mlx_stream_free(stream);
  return 0;
}
