// Memory that runs out: one allocation of the library's refused, which the linker sends here first.
#pragma once

#include <cstddef>

// From now on this thread's allocation number `which` fails, the first one being 0.
void begin_shortage(size_t which);

// Whether it has failed.
bool end_shortage();
