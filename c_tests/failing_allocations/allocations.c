#define _GNU_SOURCE /* RTLD_NEXT */
#include "allocations.h"

#include <stdlib.h> /* says which C library this is */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ITS_OWN
#endif
#endif
#if !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__)
#define HAS_ITS_OWN
#endif

#if defined(HAS_ITS_OWN)

bool allocations_can_fail(void) { return false; }
void begin_shortage(shortage which) { (void)which; }
long end_shortage(void) { return 0; }
long refused_allocations(void) { return 0; }
void begin_exemption(void) {}
void end_exemption(void) {}
void watch_allocations(void) {}
void label_allocations(long label) { (void)label; }
size_t blocks_left(void) { return 0; }
block_left one_block_left(size_t index) { return (block_left){index, 0}; }
long bytes_mapped(void) { return 0; }

#else

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

bool allocations_can_fail(void) { return true; }

/* ---- Which fail ---- */

static struct {
    bool begun;
    shortage which;
    pthread_t beginner;
    long asked, refused;
} now;

static _Thread_local int exemptions;

void begin_shortage(shortage which) {
    now.which = which;
    now.beginner = pthread_self();
    __atomic_store_n(&now.asked, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&now.refused, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&now.begun, true, __ATOMIC_SEQ_CST);
}

long end_shortage(void) {
    __atomic_store_n(&now.begun, false, __ATOMIC_SEQ_CST);
    return refused_allocations();
}

long refused_allocations(void) { return __atomic_load_n(&now.refused, __ATOMIC_SEQ_CST); }

void begin_exemption(void) { exemptions++; }
void end_exemption(void) { exemptions--; }

/* Whether an allocation of `bytes` is to fail. */
static bool refuse(size_t bytes) {
    if (!__atomic_load_n(&now.begun, __ATOMIC_SEQ_CST) || exemptions > 0 || bytes < now.which.smallest ||
        (now.which.on_other_threads && pthread_equal(pthread_self(), now.beginner))) {
        return false;
    }
    long number = __atomic_add_fetch(&now.asked, 1, __ATOMIC_SEQ_CST);
    bool refused = number == now.which.first || (now.which.and_all_later && number > now.which.first);
    if (refused) {
        __atomic_add_fetch(&now.refused, 1, __ATOMIC_SEQ_CST);
        errno = ENOMEM;
    }
    return refused;
}

/* ---- What is not given back ---- */

/* A hash table with linear probing. */
enum { SLOTS = 1 << 16 };
static struct {
    void *block; /* NULL in a free slot */
    block_left what;
} slots[SLOTS];
static size_t remembered;
static long mapped;
static long current_label;
static bool watching;
static char table_lock;

/* What the C library keeps for a thread is there as long as it keeps the thread's stack, and not remembered. */
static _Thread_local int thread_starts;

static void lock_table(void) {
    while (__atomic_test_and_set(&table_lock, __ATOMIC_ACQUIRE)) {
        sched_yield();
    }
}

static void unlock_table(void) { __atomic_clear(&table_lock, __ATOMIC_RELEASE); }

static size_t home(const void *block) { return (size_t)((uintptr_t)block >> 4) * 2654435761u % SLOTS; }

static void remember(void *block, size_t bytes) {
    if (block == NULL || thread_starts > 0 || !__atomic_load_n(&watching, __ATOMIC_SEQ_CST)) {
        return;
    }
    lock_table();
    if (remembered == SLOTS / 2) {
        abort(); /* far more than any part takes */
    }
    size_t at = home(block);
    while (slots[at].block != NULL) {
        at = (at + 1) % SLOTS;
    }
    slots[at].block = block;
    slots[at].what = (block_left){bytes, __atomic_load_n(&current_label, __ATOMIC_SEQ_CST)};
    remembered++;
    unlock_table();
}

/* Whether `block` was remembered. */
static bool forget(const void *block) {
    if (block == NULL || !__atomic_load_n(&watching, __ATOMIC_SEQ_CST)) {
        return false;
    }
    lock_table();
    size_t at = home(block);
    while (slots[at].block != NULL && slots[at].block != block) {
        at = (at + 1) % SLOTS;
    }
    bool found = slots[at].block != NULL;
    if (found) {
        /* Those behind it move up, so that none is cut off from its home. */
        size_t hole = at;
        for (size_t next = (hole + 1) % SLOTS; slots[next].block != NULL; next = (next + 1) % SLOTS) {
            if ((next - home(slots[next].block)) % SLOTS >= (next - hole) % SLOTS) {
                slots[hole] = slots[next];
                hole = next;
            }
        }
        slots[hole].block = NULL;
        remembered--;
    }
    unlock_table();
    return found;
}

void watch_allocations(void) {
    lock_table();
    memset(slots, 0, sizeof slots);
    remembered = 0;
    mapped = 0;
    unlock_table();
    __atomic_store_n(&watching, true, __ATOMIC_SEQ_CST);
}

void label_allocations(long label) { __atomic_store_n(&current_label, label, __ATOMIC_SEQ_CST); }

size_t blocks_left(void) {
    lock_table();
    size_t count = remembered;
    unlock_table();
    return count;
}

block_left one_block_left(size_t index) {
    block_left left = {0, 0};
    lock_table();
    for (size_t at = 0; at < SLOTS; at++) {
        if (slots[at].block != NULL && index-- == 0) {
            left = slots[at].what;
        }
    }
    unlock_table();
    return left;
}

long bytes_mapped(void) { return __atomic_load_n(&mapped, __ATOMIC_SEQ_CST); }

static void count_mapped(long bytes) { __atomic_add_fetch(&mapped, bytes, __ATOMIC_SEQ_CST); }

/* ---- The functions ---- */

/* The function of this name that would have been called but for the one here; whoever asks finds the same. */
#define NEXT(name) \
    static __typeof__(name) *next; \
    if (next == NULL) { \
        void *address = dlsym(RTLD_NEXT, #name); \
        memcpy(&next, &address, sizeof address); \
    }

void *malloc(size_t bytes) {
    NEXT(malloc)
    void *block = refuse(bytes) ? NULL : next(bytes);
    remember(block, bytes);
    return block;
}

void *calloc(size_t count, size_t bytes) {
    NEXT(calloc)
    void *block = refuse(count * bytes) ? NULL : next(count, bytes);
    remember(block, count * bytes);
    return block;
}

void free(void *block) {
    NEXT(free)
    forget(block);
    next(block);
}

/* What was not remembered before stays so: it was made before, and kept. */
void *realloc(void *block, size_t bytes) {
    NEXT(realloc)
    if (refuse(bytes)) {
        return NULL;
    }
    bool known = forget(block) || block == NULL;
    void *moved = next(block, bytes);
    if (known) {
        remember(moved != NULL ? moved : block, bytes);
    }
    return moved;
}

int posix_memalign(void **block, size_t alignment, size_t bytes) {
    NEXT(posix_memalign)
    if (refuse(bytes)) {
        return ENOMEM;
    }
    int status = next(block, alignment, bytes);
    if (status == 0) {
        remember(*block, bytes);
    }
    return status;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    NEXT(aligned_alloc)
    void *block = refuse(bytes) ? NULL : next(alignment, bytes);
    remember(block, bytes);
    return block;
}

void *memalign(size_t alignment, size_t bytes); /* of malloc.h */
void *memalign(size_t alignment, size_t bytes) {
    NEXT(memalign)
    void *block = refuse(bytes) ? NULL : next(alignment, bytes);
    remember(block, bytes);
    return block;
}

static void *map(__typeof__(mmap) *next, void *at, size_t bytes, int protection, int flags, int file, off_t offset) {
    void *start = refuse(bytes) ? MAP_FAILED : next(at, bytes, protection, flags, file, offset);
    count_mapped(start == MAP_FAILED ? 0 : (long)bytes);
    return start;
}

void *mmap(void *at, size_t bytes, int protection, int flags, int file, off_t offset) {
    NEXT(mmap)
    return map(next, at, bytes, protection, flags, file, offset);
}

void *mmap64(void *at, size_t bytes, int protection, int flags, int file, off_t offset) {
    NEXT(mmap64)
    return map(next, at, bytes, protection, flags, file, offset);
}

int munmap(void *start, size_t bytes) {
    NEXT(munmap)
    int status = next(start, bytes);
    count_mapped(status == 0 ? -(long)bytes : 0);
    return status;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    NEXT(pthread_create)
    if (refuse(SIZE_MAX)) {
        return EAGAIN;
    }
    thread_starts++;
    int status = next(thread, attributes, start, argument);
    thread_starts--;
    return status;
}

#endif
