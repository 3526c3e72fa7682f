#include "check.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "shortage.h"

struct Made {
    const char *name;
    int status;
};
static std::vector<Made> made;
static Handler *current;

static void print_calls() {
    fprintf(stderr, "the calls of this program, with their statuses:\n");
    for (const Made &call : made) {
        fprintf(stderr, call.status < 0 ? "  %s ...\n" : "  %s %d\n", call.name, call.status);
    }
}

// AddressSanitizer calls it before it reports.
extern "C" void __asan_on_error() { print_calls(); }

void found(const char *format, ...) {
    print_calls();
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "FOUND: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

static void handle(const char *message, void *data) {
    auto *handler = static_cast<Handler *>(data);
    handler->calls++;
    if (message[0] == '\0' || handler->dtors != 0) {
        found("an error handler was called %s", handler->dtors ? "after its data's dtor" : "without a message");
    }
    if (handler->calls_back) {
        mlx_dtype_size(-1); // fails
    }
}

static void handler_dtor(void *data) { static_cast<Handler *>(data)->dtors++; }

void set_handler(Handler *handler) {
    static int nobody;
    made.push_back({"mlx_set_error_handler", 0});
    mlx_set_error_handler(handler ? handle : nullptr, handler ? static_cast<void *>(handler) : &nobody,
                          handler ? handler_dtor : nullptr);
    if (current != nullptr && current->dtors != 1) {
        found("the data of a replaced error handler was released %zu times", current->dtors);
    }
    current = handler;
}

static constexpr size_t NO_SHORTAGE = SIZE_MAX;
static size_t next_shortage = NO_SHORTAGE;

void run_out_of_memory(size_t which) { next_shortage = which; }

Call::Call(const char *name, Memory memory)
    : name_(name), message_(mlx_last_error()), told_(current ? current->calls : 0) {
    made.push_back({name, -1});
    if (memory == MAY_RUN_OUT && next_shortage != NO_SHORTAGE) {
        short_of_memory_ = true;
        begin_shortage(next_shortage);
        next_shortage = NO_SHORTAGE;
    }
}

void forget_calls() {
    made.clear();
    next_shortage = NO_SHORTAGE;
}

bool Call::came_to(mlx_status status, Statuses allowed) {
    // Where arguments are wrong, too, either may be found first.
    if (short_of_memory_ && end_shortage()) {
        allowed |= OUT_OF_MEMORY;
    }
    made.back().status = status;
    if (status < 0 || status > MLX_STATUS_INTERNAL || !(allowed >> status & 1)) {
        found("%s: %s, allowed is %#x; %s", name_, mlx_status_string(status), allowed, mlx_last_error());
    }
    bool failed = status != MLX_STATUS_SUCCESS;
    std::string message = mlx_last_error();
    if (failed ? message.empty() || message.size() > 1023 : message != message_) {
        found("%s: status %d with the message '%s', before '%s'", name_, status, message.c_str(), message_.c_str());
    }
    if (current != nullptr && current->calls != told_ + failed) {
        found("%s: status %d, and the handler was called %zu times", name_, status, current->calls - told_);
    }
    return !failed;
}

bool Call::came_to(bool success, bool allowed) {
    // Which failure it is such functions do not tell.
    bool refused = short_of_memory_ && end_shortage();
    short_of_memory_ = false;
    return came_to(success ? MLX_STATUS_SUCCESS : MLX_STATUS_INVALID_ARGUMENT,
                   unless(!allowed) | (refused ? INVALID : 0u));
}
