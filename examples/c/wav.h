/* WAV files without a library: samples of 16 bits are read, and floats are written. For machines that
 * store the low byte of a number first, as the files do. */
#ifndef EXAMPLES_WAV_H
#define EXAMPLES_WAV_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  unsigned char *file;    /* the whole file */
  const int16_t *samples; /* in it: frame by frame, the channels of a frame side by side */
  size_t frames;
  uint32_t hertz;
  uint16_t channels;
} wav;

static inline uint32_t number_at(const unsigned char *bytes, int count) {
  uint32_t number = 0;
  while (count-- > 0) {
    number = number << 8 | bytes[count];
  }
  return number;
}

static inline void append(unsigned char **to, const char *name, uint32_t number, int count) {
  const size_t len = strlen(name);
  memcpy(*to, name, len);
  *to += len;
  for (; count-- > 0; number >>= 8) {
    *(*to)++ = (unsigned char)number;
  }
}

/* All bytes of a file; NULL on failure, which is reported. */
static inline unsigned char *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  unsigned char *bytes = NULL;
  if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
    const long end = ftell(file);
    rewind(file);
    bytes = end > 0 ? malloc((size_t)end) : NULL;
    *size = bytes == NULL ? 0 : fread(bytes, 1, (size_t)end, file);
  }
  if (bytes == NULL) {
    perror(path);
  }
  if (file != NULL) {
    fclose(file);
  }
  return bytes;
}

/* Finds the samples among the chunks of the file: a name of 4 bytes, a size of 4 bytes, the contents. */
static inline bool read_wav(const char *path, wav *sound) {
  size_t size = 0;
  sound->file = read_file(path, &size);
  if (sound->file == NULL) {
    return false;
  }
  const unsigned char *bytes = sound->file;
  bool is_pcm16 = false;
  size_t at = 12;
  if (size >= at && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WAVE", 4) == 0) {
    while (size - at >= 8) {
      const unsigned char *name = bytes + at, *contents = name + 8;
      const size_t left = size - at - 8, wanted = number_at(name + 4, 4);
      const size_t len = wanted < left ? wanted : left;
      if (memcmp(name, "fmt ", 4) == 0 && len >= 16) {
        sound->channels = (uint16_t)number_at(contents + 2, 2);
        sound->hertz = number_at(contents + 4, 4);
        is_pcm16 = number_at(contents, 2) == 1 && number_at(contents + 14, 2) == 16;
      } else if (memcmp(name, "data", 4) == 0 && is_pcm16 && sound->channels > 0) {
        sound->frames = len / 2 / sound->channels;
        sound->samples = (const int16_t *)(const void *)contents; /* chunks begin at even places */
        break;
      }
      at += 8 + (len == left ? left : len + len % 2);
    }
  }
  if (sound->frames == 0) {
    fprintf(stderr, "%s: no WAV file with samples of 16 bits\n", path);
  }
  return sound->frames > 0;
}

/* Writes samples that lie as those of `like`. */
static inline bool write_wav_floats(const char *path, const wav *like, const float *samples) {
  const size_t count = like->frames * like->channels, bytes = count * sizeof *samples;
  if (bytes > INT32_MAX) {
    fprintf(stderr, "%s: too long for a WAV file\n", path);
    return false;
  }
  unsigned char header[58], *end = header;
  append(&end, "RIFF", (uint32_t)(sizeof header - 8 + bytes), 4);
  append(&end, "WAVEfmt ", 18, 4);
  append(&end, "", 3, 2); /* floats */
  append(&end, "", like->channels, 2);
  append(&end, "", like->hertz, 4);
  append(&end, "", like->hertz * like->channels * 4, 4);
  append(&end, "", like->channels * 4u, 2);
  append(&end, "", 32, 2);
  append(&end, "", 0, 2);
  append(&end, "fact", 4, 4);
  append(&end, "", (uint32_t)like->frames, 4);
  append(&end, "data", (uint32_t)bytes, 4);
  FILE *file = fopen(path, "wb");
  bool ok = file != NULL && fwrite(header, 1, sizeof header, file) == sizeof header &&
            fwrite(samples, sizeof *samples, count, file) == count;
  ok = (file == NULL || fclose(file) == 0) && ok;
  if (!ok) {
    perror(path);
  }
  return ok;
}

#endif
