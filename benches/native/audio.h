/* Operands like those of a reverb: their values differ in size by many decibels. */
#ifndef BENCH_AUDIO_H
#define BENCH_AUDIO_H

#include "values.h"

/* A recording of 24 bits: noise through a low-pass filter, in seven bursts that fade by 60 dB each. */
void fill_recording(const dtype_info *dtype, void *values, size_t len, uint64_t seed);

/* The response of a room: noise that fades by 60 dB. */
void fill_response(const dtype_info *dtype, void *values, size_t len, uint64_t seed);

#endif
