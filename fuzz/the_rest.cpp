// Devices, streams, strings, and what belongs to the process: dtypes, errors, memory.
#include <climits>
#include <cstring>

#include "model.h"

// A free that succeeds for the empty handle and for one that is alive, which is forgotten then.
template <typename Handle, typename Object>
static void free_handle(Pool<Handle, Object> &pool, Handle handle, const char *name, mlx_status (*free)(Handle)) {
    bool live = pool.find(handle) != nullptr;
    Call call(name);
    call.came_to(free(handle), unless(!live && handle.ctx != nullptr));
    if (live) {
        pool.forget(handle);
    }
}

void Program::free_stream(mlx_stream stream) { free_handle(streams, stream, "mlx_stream_free", mlx_stream_free); }
void Program::free_device(mlx_device device) { free_handle(devices, device, "mlx_device_free", mlx_device_free); }
void Program::free_string(mlx_string string) { free_handle(strings, string, "mlx_string_free", mlx_string_free); }

namespace {

template <auto Member, auto Free> void free_picked(Program &program) { (program.*Free)(program.pick(program.*Member)); }

template <auto Member> void copy_handle(Program &program) {
    auto &pool = program.*Member;
    auto *to = &pool.places[program.bytes.below(pool.PLACES)];
    if (to->ctx == nullptr) {
        *to = pool.places[program.bytes.below(pool.PLACES)];
    }
}

// mlx_device_set, mlx_stream_set, mlx_string_set.
template <auto Member, auto Set> void set(Program &program) {
    auto &pool = program.*Member;
    auto place = program.pick_place(pool);
    auto source = program.pick(pool);
    auto *object = pool.find(source);
    Call call("(set)", Call::MAY_RUN_OUT);
    bool done = call.came_to(Set(place.pointer, source), unless(place.wrong || !object));
    if (done) {
        auto copy = *object;
        program.placed("(set)", pool, place, done, copy);
    } else {
        program.placed("(set)", pool, place, done, {});
    }
}

// Devices

bool is_there(const DeviceModel &device) { return device.type == MLX_CPU && device.index == 0; }

std::string printed(const DeviceModel &device) {
    return std::string("Device(") + (device.type == MLX_CPU ? "cpu" : "gpu") + ", " + std::to_string(device.index) +
           ")";
}

void device_new_type(Program &program) {
    static const mlx_device_type types[] = {MLX_CPU, MLX_CPU, MLX_CPU, MLX_GPU, 2, -1, INT_MIN};
    static const int indices[] = {0, 0, 0, 0, 0, 1, -1, INT_MAX, INT_MIN};
    DeviceModel device{program.bytes.of(types), program.bytes.of(indices)};
    bool good = (device.type == MLX_CPU || device.type == MLX_GPU) && device.index >= 0;
    Call call("mlx_device_new_type", Call::MAY_RUN_OUT);
    mlx_device made = mlx_device_new_type(device.type, device.index);
    program.constructed("mlx_device_new_type", program.devices, call, made, good, device);
}

void device_tostring(Program &program) {
    auto place = program.pick_place(program.strings);
    mlx_device device = program.pick(program.devices);
    auto *model = program.devices.find(device);
    Call call("mlx_device_tostring", Call::MAY_RUN_OUT);
    bool made = call.came_to(mlx_device_tostring(place.pointer, device), unless(place.wrong || !model));
    std::string text = made ? printed(*model) : "";
    program.placed("mlx_device_tostring", program.strings, place, made, text);
    if (made && text != mlx_string_data(*place.pointer)) {
        found("a device's text is '%s', not '%s'", mlx_string_data(*place.pointer), text.c_str());
    }
}

void device_equal(Program &program) {
    mlx_device lhs = program.pick(program.devices), rhs = program.pick(program.devices);
    auto *a = program.devices.find(lhs), *b = program.devices.find(rhs);
    Call call("mlx_device_equal");
    bool equal = mlx_device_equal(lhs, rhs), good = a && b;
    call.came_to(good ? MLX_STATUS_SUCCESS : MLX_STATUS_INVALID_ARGUMENT, unless(!good));
    if (equal != (good && a->type == b->type && a->index == b->index)) {
        found("mlx_device_equal is %d", equal);
    }
}

// A function that fills in one number about a handle, which is `want`; untouched where it fails.
template <typename Number, typename Function>
void fills_in(Program &program, const char *name, Function function, bool good, Number want, Number other) {
    bool null = program.null();
    Number value = other;
    Call call(name);
    bool done = call.came_to(function(null ? nullptr : &value), unless(null || !good));
    if (value != (done ? want : other)) {
        found("%s: filled in %ld, not %ld", name, long(value), long(done ? want : other));
    }
}

void device_facts(Program &program) {
    mlx_device device = program.pick(program.devices);
    auto *model = program.devices.find(device);
    bool good = model != nullptr;
    DeviceModel is = good ? *model : DeviceModel{};
    switch (program.bytes.below(5)) {
    case 0:
        return fills_in<int>(
            program, "mlx_device_get_index", [&](int *to) { return mlx_device_get_index(to, device); }, good, is.index,
            -7);
    case 1:
        return fills_in<mlx_device_type>(
            program, "mlx_device_get_type", [&](mlx_device_type *to) { return mlx_device_get_type(to, device); }, good,
            is.type, -7);
    case 2:
        return fills_in<bool>(
            program, "mlx_device_is_available", [&](bool *to) { return mlx_device_is_available(to, device); }, good,
            is_there(is), !is_there(is));
    case 3: return fills_in<bool>(program, "mlx_metal_is_available", mlx_metal_is_available, true, false, true);
    default:
        mlx_device_type type = program.bytes.of({0, 1, 2, -1});
        return fills_in<int>(
            program, "mlx_device_count", [&](int *to) { return mlx_device_count(to, type); },
            type == MLX_CPU || type == MLX_GPU, type == MLX_CPU, -7);
    }
}

void default_device(Program &program) {
    if (program.bytes.byte() & 1) {
        auto place = program.pick_place(program.devices);
        Call call("mlx_get_default_device", Call::MAY_RUN_OUT);
        bool made = call.came_to(mlx_get_default_device(place.pointer), unless(place.wrong));
        program.placed("mlx_get_default_device", program.devices, place, made, DeviceModel{MLX_CPU, 0});
        return;
    }
    mlx_device device = program.pick(program.devices);
    auto *model = program.devices.find(device);
    Call call("mlx_set_default_device", Call::MAY_RUN_OUT);
    call.came_to(mlx_set_default_device(device), !model ? INVALID : is_there(*model) ? SUCCESS : UNAVAILABLE);
}

// Streams

int index_of(mlx_stream stream) {
    int index = -1;
    Call call("mlx_stream_get_index");
    call.came_to(mlx_stream_get_index(&index, stream), SUCCESS);
    return index;
}

void stream_new_device(Program &program) {
    mlx_device device = program.pick(program.devices);
    auto *model = program.devices.find(device);
    Call call("mlx_stream_new_device", Call::MAY_RUN_OUT);
    mlx_stream made = mlx_stream_new_device(device);
    bool good = model && is_there(*model);
    int index = -1;
    if (made.ctx) {
        mlx_stream_get_index(&index, made);
        for (auto &[ctx, other] : program.streams.objects) {
            if (index == other || index == program.default_stream || index < 0) {
                found("a new stream has the index %d of another", index);
            }
        }
    }
    program.constructed("mlx_stream_new_device", program.streams, call, made, good, index);
}

void default_stream(Program &program) {
    bool gpu = program.bytes.one_in(16);
    Call call("mlx_default_stream_new", Call::MAY_RUN_OUT);
    mlx_stream made = gpu                        ? mlx_default_gpu_stream_new()
                      : program.bytes.byte() & 1 ? mlx_default_stream_new()
                                                 : mlx_default_cpu_stream_new();
    program.constructed("mlx_default_stream_new", program.streams, call, made, !gpu, program.default_stream);
    if (made.ctx && program.streams.find(made) && index_of(made) != program.default_stream) {
        found("the default stream has index %d, not %d", index_of(made), program.default_stream);
    }
}

void get_default_stream(Program &program) {
    auto place = program.pick_place(program.streams);
    mlx_device device = program.pick(program.devices);
    auto *model = program.devices.find(device);
    Call call("mlx_get_default_stream", Call::MAY_RUN_OUT);
    bool made = call.came_to(mlx_get_default_stream(place.pointer, device), place.wrong || !model ? INVALID
                                                                            : is_there(*model)    ? SUCCESS
                                                                                                  : UNAVAILABLE);
    program.placed("mlx_get_default_stream", program.streams, place, made, program.default_stream);
}

void set_default_stream(Program &program) {
    mlx_stream stream = program.pick(program.streams);
    auto *index = program.streams.find(stream);
    Call call("mlx_set_default_stream", Call::MAY_RUN_OUT);
    if (call.came_to(mlx_set_default_stream(stream), unless(!index))) {
        program.default_stream = *index;
    }
}

void synchronize(Program &program) {
    mlx_stream stream = program.pick(program.streams);
    Call call("mlx_synchronize");
    call.came_to(mlx_synchronize(stream), unless(!program.streams.find(stream)));
}

void stream_equal(Program &program) {
    mlx_stream lhs = program.pick(program.streams), rhs = program.pick(program.streams);
    auto *a = program.streams.find(lhs), *b = program.streams.find(rhs);
    Call call("mlx_stream_equal");
    bool equal = mlx_stream_equal(lhs, rhs), good = a && b;
    call.came_to(good ? MLX_STATUS_SUCCESS : MLX_STATUS_INVALID_ARGUMENT, unless(!good));
    if (equal != (good && *a == *b)) {
        found("mlx_stream_equal is %d", equal);
    }
}

void stream_index(Program &program) {
    mlx_stream stream = program.pick(program.streams);
    auto *index = program.streams.find(stream);
    fills_in<int>(
        program, "mlx_stream_get_index", [&](int *to) { return mlx_stream_get_index(to, stream); }, index != nullptr,
        index ? *index : 0, -7);
}

void stream_get_device(Program &program) {
    auto place = program.pick_place(program.devices);
    mlx_stream stream = program.pick(program.streams);
    Call call("mlx_stream_get_device", Call::MAY_RUN_OUT);
    bool made = call.came_to(mlx_stream_get_device(place.pointer, stream),
                             unless(place.wrong || !program.streams.find(stream)));
    program.placed("mlx_stream_get_device", program.devices, place, made, DeviceModel{MLX_CPU, 0});
}

void stream_tostring(Program &program) {
    auto place = program.pick_place(program.strings);
    mlx_stream stream = program.pick(program.streams);
    auto *index = program.streams.find(stream);
    Call call("mlx_stream_tostring", Call::MAY_RUN_OUT);
    bool made = call.came_to(mlx_stream_tostring(place.pointer, stream), unless(place.wrong || !index));
    std::string text = made ? "Stream(Device(cpu, 0), " + std::to_string(*index) + ")" : "";
    program.placed("mlx_stream_tostring", program.strings, place, made, text);
    if (made && text != mlx_string_data(*place.pointer)) {
        found("a stream's text is '%s', not '%s'", mlx_string_data(*place.pointer), text.c_str());
    }
}

// Strings

void string_new_data(Program &program) {
    std::string text;
    for (size_t length = program.bytes.below(40); text.size() < length;) {
        text += char(1 + program.bytes.below(255));
    }
    bool null = program.null();
    Call call("mlx_string_new_data", Call::MAY_RUN_OUT);
    mlx_string made = mlx_string_new_data(null ? nullptr : text.c_str());
    program.constructed("mlx_string_new_data", program.strings, call, made, !null, text);
}

void string_data(Program &program) {
    mlx_string string = program.pick(program.strings);
    auto *text = program.strings.find(string);
    Call call("mlx_string_data");
    const char *got = mlx_string_data(string);
    if (call.came_to(got != nullptr, text != nullptr) && *text != got) {
        found("a string is '%s', not '%s'", got, text->c_str());
    }
}

// The process

void dtype_size(Program &program) {
    mlx_dtype dtype = program.bytes.below(20) - 3;
    Call call("mlx_dtype_size");
    size_t size = mlx_dtype_size(dtype);
    call.came_to(size != 0, is_dtype(dtype));
    if (size != (is_dtype(dtype) ? dtypes[dtype].size : 0)) {
        found("mlx_dtype_size(%d) is %zu", dtype, size);
    }
}

void words(Program &program) {
    Call call("mlx_status_string, mlx_convolve_version");
    const char *status = mlx_status_string(int(program.bytes.byte()) - 8), *version = mlx_convolve_version();
    call.came_to(MLX_STATUS_SUCCESS, SUCCESS);
    if (!status || !*status || !version || !*version) {
        found("a status or the version has no words");
    }
}

void error_handler(Program &program) {
    if (program.handlers.size() == 8) {
        return;
    }
    uint8_t how = program.bytes.byte();
    auto handler = std::make_unique<Handler>();
    handler->calls_back = how & 1;
    set_handler(how % 8 == 6 ? nullptr : handler.get());
    program.handlers.push_back(std::move(handler));
}

void shortage(Program &program) { run_out_of_memory(program.bytes.below(12)); }

// Bytes held by the library; what they may be is told by `end` only.
void memory(Program &program) {
    size_t value = 1, before = value;
    bool null = program.null();
    size_t *place = null ? nullptr : &value;
    size_t which = program.bytes.below(6);
    Call call("(memory)", Call::MAY_RUN_OUT);
    mlx_status status;
    switch (which) {
    case 0: status = mlx_get_active_memory(place); break;
    case 1: status = mlx_get_peak_memory(place); break;
    case 2: status = mlx_get_cache_memory(place); break;
    case 3: status = mlx_set_cache_limit(place, program.bytes.number(4)); break;
    case 4: status = mlx_reset_peak_memory(), null = false; break;
    default: status = mlx_clear_cache(), null = false; break;
    }
    if (!call.came_to(status, unless(null)) && value != before) {
        found("a memory function failed and wrote");
    }
}

} // namespace

const std::vector<Operation> device_operations = {
    device_new_type,
    free_picked<&Program::devices, &Program::free_device>,
    copy_handle<&Program::devices>,
    set<&Program::devices, mlx_device_set>,
    device_tostring,
    device_equal,
    device_facts,
    default_device,
};

const std::vector<Operation> stream_operations = {
    stream_new_device,
    default_stream,
    free_picked<&Program::streams, &Program::free_stream>,
    copy_handle<&Program::streams>,
    set<&Program::streams, mlx_stream_set>,
    get_default_stream,
    set_default_stream,
    synchronize,
    stream_equal,
    stream_index,
    stream_get_device,
    stream_tostring,
};

const std::vector<Operation> string_operations = {
    string_new_data,
    string_data,
    free_picked<&Program::strings, &Program::free_string>,
    copy_handle<&Program::strings>,
    set<&Program::strings, mlx_string_set>,
};

const std::vector<Operation> process_operations = {dtype_size, words,    error_handler, memory,
                                                   shortage,   shortage, shortage};
