// AddressSanitizer owns the allocation functions, so nobody else can interpose them. The linker's --wrap
// (CMakeLists.txt) renames the calls instead, those of static libraries too, before AddressSanitizer's definitions are
// found for them.
#include "shortage.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdlib>

static thread_local size_t left;
static thread_local bool short_of_memory, refused;

void begin_shortage(size_t which) {
    left = which;
    refused = false;
    short_of_memory = true;
}

bool end_shortage() {
    short_of_memory = false;
    return refused;
}

static bool refuse() {
    if (!short_of_memory || refused || left-- > 0) {
        return false;
    }
    errno = ENOMEM;
    return refused = true;
}

extern "C" {

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
void *__real_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);

void *__wrap_malloc(size_t size) { return refuse() ? nullptr : __real_malloc(size); }

void *__wrap_calloc(size_t count, size_t size) { return refuse() ? nullptr : __real_calloc(count, size); }

void *__wrap_realloc(void *memory, size_t size) { return refuse() ? nullptr : __real_realloc(memory, size); }

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
    return refuse() ? ENOMEM : __real_posix_memalign(memory, alignment, size);
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
    return refuse() ? MAP_FAILED : __real_mmap(address, length, protection, flags, file, offset);
}
}
