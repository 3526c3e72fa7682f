/* Charts as PNG files: data and drawing commands go to gnuplot through a pipe. */
#ifndef EXAMPLES_CHART_H
#define EXAMPLES_CHART_H

#include <stdbool.h>
#include <stdio.h>

#ifdef _WIN32
#define popen _popen
#define pclose _pclose
#endif

/* A string as gnuplot reads it: in single quotes, those inside doubled. */
static inline void put_quoted(FILE *chart, const char *text) {
  putc('\'', chart);
  for (; *text != '\0'; text++) {
    if (*text == '\'') {
      putc('\'', chart);
    }
    putc(*text, chart);
  }
  putc('\'', chart);
}

/* Starts gnuplot with the size and the style of all charts; NULL on failure, which is reported. */
static inline FILE *open_chart(const char *path, const char *title) {
  FILE *chart = popen("gnuplot", "w");
  if (chart == NULL) {
    perror("gnuplot");
    return NULL;
  }
  fprintf(chart, "set terminal pngcairo size 1000,420 font 'sans,12'\n"
                 "set output ");
  put_quoted(chart, path);
  fprintf(chart, "\nset title ");
  put_quoted(chart, title);
  fprintf(chart, " font ',15'\n"
                 "set grid lc rgb '#dddddd' lt 1\n"
                 "set border 3\n"
                 "set tics nomirror\n");
  return chart;
}

/* Lets gnuplot finish. */
static inline bool close_chart(FILE *chart, const char *path) {
  if (pclose(chart) != 0) {
    fprintf(stderr, "%s: gnuplot failed\n", path);
    return false;
  }
  return true;
}

#endif
