/* Two libraries in one process, in plain C: mlx-c with mlx_convolve of mlxc/, and the library of this project. Their
 * headers declare the same names, so that each has a file of its own. */
#ifndef TOGETHER_H
#define TOGETHER_H

/* Arrays are the pointers in their handles. */
typedef struct {
    /* An array of float32 that reads the memory where it lies, if the library can; `dtor` is called with `values`, once
     * they are not needed any more. */
    void *(*borrow)(float *values, int len, void (*dtor)(void *));
    /* A new array with its values, or NULL. */
    void *(*convolve)(void *a, void *v);
    const float *(*values)(void *array);
    int (*len)(void *array);
    void (*free)(void *array);
    /* Provokes an error; returns how often this library's error handler was called so far. */
    int (*provoke)(void);
} library;

extern const library mlx, ours;

#endif
