/* The allocation functions of this program, which the library also uses. They can be made to fail, and they count the
 * allocations that were not freed. Starting a thread counts as an allocation. */
#ifndef C_TESTS_ALLOCATIONS_H
#define C_TESTS_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Which allocations fail. */
typedef struct {
    long first;            /* the first that does: 1 is the next one */
    bool and_all_later;    /* or only that one */
    size_t smallest;       /* those of fewer bytes are given, and not counted */
    bool on_other_threads; /* those of the thread that says so are given, and not counted */
} shortage;

/* Whether the functions are in place: not where a sanitizer or another C library has its own. */
bool allocations_can_fail(void);

/* From now on allocations fail; until `end_shortage`, which returns how many have. */
void begin_shortage(shortage which);
long end_shortage(void);

/* How many have failed since `begin_shortage`. */
long refused_allocations(void);

/* Between the two the calling thread's allocations are given whatever the shortage. */
void begin_exemption(void);
void end_exemption(void);

/* From now on blocks and mappings are remembered until they are given back; what was remembered is forgotten. */
void watch_allocations(void);

/* Blocks taken from now on are remembered with `label`. */
void label_allocations(long label);

/* What is remembered: the number of blocks, one of them, the bytes mapped and not unmapped. */
size_t blocks_left(void);
typedef struct {
    size_t bytes;
    long label;
} block_left;
block_left one_block_left(size_t index);
long bytes_mapped(void);

#endif
