// Arrays: their shape, their values, one by one, all together and as text.
#include <cstring>

#include "model.h"
#include "text.h"

namespace {

void eval(Program &program) {
    mlx_array array = program.pick(program.arrays);
    Call call("mlx_array_eval");
    call.came_to(mlx_array_eval(array), unless(!program.arrays.find(array)));
}

void read(Program &program) {
    mlx_array array = program.pick(program.arrays);
    if (program.arrays.find(array)) {
        program.check_array(array);
        program.check_values(array);
    }
}

void dim(Program &program) {
    mlx_array array = program.pick(program.arrays);
    auto *node = program.arrays.find(array);
    int dim = int(int8_t(program.bytes.byte())), ndim = node ? int((*node)->shape.size()) : 0;
    bool there = node && dim >= -ndim && dim < ndim;
    int want = there ? (*node)->shape[size_t(dim < 0 ? dim + ndim : dim)] : 0;
    Call call("mlx_array_dim");
    int got = mlx_array_dim(array, dim);
    // 0 is a size, too, so the message tells failures apart.
    call.came_to(there ? MLX_STATUS_SUCCESS : MLX_STATUS_INVALID_ARGUMENT, unless(!there));
    if (got != want) {
        found("mlx_array_dim(%d) is %d, not %d", dim, got, want);
    }
}

// The accessors of a handle that is none.
void accessors(Program &program) {
    mlx_array array = program.pick(program.arrays);
    if (program.arrays.find(array)) {
        return program.check_array(array);
    }
    bool zero = false;
    Call call("(accessors)");
    switch (program.bytes.below(8)) {
    case 0: zero = mlx_array_dtype(array) == 0; break;
    case 1: zero = mlx_array_itemsize(array) == 0; break;
    case 2: zero = mlx_array_size(array) == 0; break;
    case 3: zero = mlx_array_nbytes(array) == 0; break;
    case 4: zero = mlx_array_ndim(array) == 0; break;
    case 5: zero = mlx_array_shape(array) == nullptr; break;
    case 6: zero = mlx_array_strides(array) == nullptr; break;
    default: zero = mlx_array_dim(array, 0) == 0; break;
    }
    call.came_to(!zero, false);
}

// One mlx_array_item_: `Value` in the header's spelling, and what it reads.
template <typename Value, mlx_status (*Function)(Value *, mlx_array), mlx_dtype WHICH> void item(Program &program) {
    mlx_array array = program.pick(program.arrays);
    auto *node = program.arrays.find(array);
    bool null = program.null(), good = !null && node && (*node)->dtype == WHICH && (*node)->size() == 1;
    Value value, before;
    memset(&value, 0x01, sizeof value); // of bool, too, a value
    memcpy(&before, &value, sizeof value);
    Call call("mlx_array_item_");
    if (!call.came_to(Function(null ? nullptr : &value, array), unless(!good))) {
        if (memcmp(&before, &value, sizeof value) != 0) {
            found("mlx_array_item_%s failed and wrote", dtypes[WHICH].name);
        }
        return;
    }
    program.know(**node, array);
    const uint8_t *want = (*node)->element(0);
    uint8_t truth = *want != 0; // a bool is 0 or 1 whatever the byte
    if (memcmp(&value, WHICH == MLX_BOOL ? &truth : want, sizeof value) != 0) {
        found("mlx_array_item_%s is another value", dtypes[WHICH].name);
    }
}

// One mlx_array_data_: all give the same pointer, or NULL.
template <typename Value, const Value *(*Function)(mlx_array)> void data(Program &program) {
    mlx_array array = program.pick(program.arrays);
    bool live = program.arrays.find(array);
    Call call("mlx_array_data_");
    const void *values = Function(array);
    if (call.came_to(values != nullptr, live) && values != mlx_array_data_uint8(array)) {
        found("two of mlx_array_data_ point to different values");
    }
}

void tostring(Program &program) {
    auto place = program.pick_place(program.strings);
    mlx_array array = program.pick(program.arrays);
    auto *node = program.arrays.find(array);
    Call call("mlx_array_tostring");
    bool made = call.came_to(mlx_array_tostring(place.pointer, array), unless(place.wrong || !node));
    std::string text;
    if (made) {
        program.know(**node, array);
        text = printed(**node);
        if (text != mlx_string_data(*place.pointer)) {
            found("an array's text is '%s', not '%s'", mlx_string_data(*place.pointer), text.c_str());
        }
    }
    program.placed("mlx_array_tostring", program.strings, place, made, text);
}

#define OF_DTYPE(name, type, number) item<type, mlx_array_item_##name, number>, data<type, mlx_array_data_##name>

} // namespace

const std::vector<Operation> reading_operations = {
    eval,
    read,
    read,
    read,
    dim,
    accessors,
    tostring,
    tostring,
    OF_DTYPE(bool, bool, MLX_BOOL),
    OF_DTYPE(uint8, uint8_t, MLX_UINT8),
    OF_DTYPE(uint16, uint16_t, MLX_UINT16),
    OF_DTYPE(uint32, uint32_t, MLX_UINT32),
    OF_DTYPE(uint64, uint64_t, MLX_UINT64),
    OF_DTYPE(int8, int8_t, MLX_INT8),
    OF_DTYPE(int16, int16_t, MLX_INT16),
    OF_DTYPE(int32, int32_t, MLX_INT32),
    OF_DTYPE(int64, int64_t, MLX_INT64),
    OF_DTYPE(float16, uint16_t, MLX_FLOAT16),
    OF_DTYPE(float32, float, MLX_FLOAT32),
    OF_DTYPE(float64, double, MLX_FLOAT64),
    OF_DTYPE(bfloat16, uint16_t, MLX_BFLOAT16),
    OF_DTYPE(complex64, mlx_complex64_t, MLX_COMPLEX64),
};
