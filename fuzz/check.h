// One call of the library: its name for the record, and what must hold about failures around it.
#pragma once

#include <cstdarg>
#include <string>

#include "mlx_convolve.h"

// Statuses that a call may have, as a set.
using Statuses = unsigned;
constexpr Statuses SUCCESS = 1u << MLX_STATUS_SUCCESS;
constexpr Statuses INVALID = 1u << MLX_STATUS_INVALID_ARGUMENT;
constexpr Statuses OUT_OF_MEMORY = 1u << MLX_STATUS_OUT_OF_MEMORY;
constexpr Statuses UNAVAILABLE = 1u << MLX_STATUS_DEVICE_UNAVAILABLE;

// INVALID if something about the arguments is wrong.
inline Statuses unless(bool wrong) { return wrong ? INVALID : SUCCESS; }

// Reports a finding, with the calls that led to it, and aborts.
[[noreturn]] void found(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Lets allocation number `which` of the next call that may run out of memory fail.
void run_out_of_memory(size_t which);

// Forgets the calls of the last program.
void forget_calls();

// What the error handler in force has seen.
struct Handler {
    size_t calls = 0, dtors = 0;
    bool calls_back = false; // fails a call itself, of which it must not be told
};

// Replaces the handler: nullptr for none.
void set_handler(Handler *handler);

// What was before a call, compared with what is after it: a failure leaves its message for the thread and is told to
// the handler once; a success leaves the message as it was. Made and asked on the same thread.
class Call {
public:
    // Whether a shortage may hit it: no call that waits, whose part of other calls' work might fail, and none of the
    // harness's own.
    enum Memory { ENOUGH, MAY_RUN_OUT };

    explicit Call(const char *name, Memory memory = ENOUGH);
    // For functions that return a status. Returns whether they succeeded.
    bool came_to(mlx_status status, Statuses allowed);
    // For others: whether the call succeeded and whether it may have.
    bool came_to(bool success, bool allowed);

private:
    const char *name_;
    std::string message_;
    size_t told_;
    bool short_of_memory_ = false;
};
