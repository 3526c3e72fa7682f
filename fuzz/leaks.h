// Leaks, looked for while no thread of the library runs.
#pragma once

#include <cstddef>
#include <cstdint>

// Keeps a program that is about to begin. `look_for_leaks` writes the programs since its last call.
void remember(const uint8_t *data, size_t size);

// Waits until the library's threads have ended, and has LeakSanitizer look. A leak is a finding.
void look_for_leaks();
