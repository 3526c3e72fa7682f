// The target: an input of libFuzzer is a program over the C surface, which runs beside a model of it.
#include <cstdio>
#include <cstdlib>

#include "leaks.h"
#include "model.h"

// The stream and settings that every program begins with, whatever those before it have done.
static mlx_stream first_default() {
    static mlx_stream stream = mlx_default_cpu_stream_new();
    return stream;
}

static void begin(Program &program) {
    size_t limit;
    forget_calls();
    mlx_set_default_stream(first_default());
    mlx_set_num_threads(2);
    mlx_set_cache_limit(&limit, size_t(1) << 24);
    mlx_stream_get_index(&program.default_stream, first_default());
    // With these at hand most calls have something to succeed with.
    mlx_stream stream = mlx_default_cpu_stream_new();
    program.streams.places[0] = stream;
    program.streams.objects[stream.ctx] = program.default_stream;
    mlx_device cpu = mlx_device_new_type(MLX_CPU, 0);
    program.devices.places[0] = cpu;
    program.devices.objects[cpu.ctx] = {MLX_CPU, 0};
}

// Operations of a noun as often as it is worth.
static Operation some_operation(Bytes &bytes) {
    uint8_t choice = bytes.byte();
    const std::vector<Operation> &noun = choice < 60    ? array_operations
                                         : choice < 100 ? reading_operations
                                         : choice < 150 ? convolve_operations
                                         : choice < 180 ? options_operations
                                         : choice < 212 ? stream_operations
                                         : choice < 226 ? device_operations
                                         : choice < 238 ? string_operations
                                                        : process_operations;
    return noun[bytes.below(noun.size())];
}

// What is held when nothing is: tables of transforms, at most 8 MiB, and what threads keep.
static void check_memory() {
    size_t active = 0;
    mlx_clear_cache();
    mlx_get_active_memory(&active);
    if (active > size_t(12) << 20) {
        found("%zu bytes are active without any array", active);
    }
}

static void run_program(const uint8_t *data, size_t size) {
    constexpr int MOST_OPERATIONS = 200;
    Program program{Bytes(data, size)};
    begin(program);
    for (int count = 0; count < MOST_OPERATIONS && !program.bytes.empty(); count++) {
        some_operation(program.bytes)(program);
        program.check_loans();
    }
    program.end();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static size_t programs;
    remember(data, size);
    run_program(data, size);
    if (++programs % 64 == 0) {
        check_memory();
    }
    if (programs % 1024 == 0) {
        look_for_leaks();
    }
    return 0;
}
