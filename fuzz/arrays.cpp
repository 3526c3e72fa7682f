// Arrays: making, setting, viewing and freeing them.
#include <climits>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "model.h"

// The most elements of an array whose values are made or copied.
constexpr size_t MOST = 20000;

void Program::free_array(mlx_array array, const char *name) {
    bool live = arrays.find(array) != nullptr;
    Call call(name);
    call.came_to(mlx_array_free(array), unless(!live && array.ctx != nullptr));
    if (live) {
        arrays.forget(array);
    }
}

namespace {

// Arguments that describe an array's data.
struct Description {
    const void *data;
    std::vector<int> shape;
    int dim;
    mlx_dtype dtype;
    bool wrong;
    std::vector<uint8_t> elements;

    const int *sizes() const { return dim > 0 && shape.empty() ? nullptr : shape.data(); }
};

mlx_dtype some_dtype(Program &program) {
    uint8_t choice = program.bytes.byte();
    if (choice < 0xf8) {
        return choice % DTYPES;
    }
    static const mlx_dtype unknown[] = {-1, 14, 15, 255, INT_MIN, INT_MAX};
    return program.bytes.of(unknown);
}

// Lengths around those where kernels and methods change, mostly short.
int some_length(Bytes &bytes) {
    static const int borders[] = {1,  2,   3,   4,   15,  16,  17,  31,  32,  33,  63,  64,   65,   96,
                                  99, 100, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025};
    switch (bytes.below(8)) {
    case 0:
    case 1:
    case 2: return 1 + int(bytes.below(16));
    case 3: return 1 + int(bytes.below(256));
    case 4:
    case 5: return bytes.of(borders);
    case 6: return 1 + int(bytes.below(1024));
    default: return 1 + int(bytes.below(5000));
    }
}

Description describe(Program &program) {
    Bytes &bytes = program.bytes;
    Description is{nullptr, {}, 1, some_dtype(program), false, {}};
    uint8_t kind = bytes.byte();
    bool there = true; // whether the elements are given
    if (kind < 200) {
        is.shape = {some_length(bytes)};
    } else if (kind < 235) {
        is.dim = int(bytes.below(5));
        for (int dim = 0; dim < is.dim; dim++) {
            is.shape.push_back(int(bytes.below(6)));
        }
    } else if (kind < 245) {
        // Anything: too many dimensions, negative and enormous sizes.
        static const int dims[] = {-1, INT_MIN, 64, 65, 66, INT_MAX, 3}, sizes[] = {1, -1, INT_MAX, INT_MIN, 0, 65536};
        is.dim = bytes.of(dims);
        for (int dim = 0; dim < is.dim && dim < 66; dim++) {
            is.shape.push_back(bytes.of(sizes));
        }
    } else {
        is.dim = int(bytes.below(3)); // without sizes
    }
    is.wrong = !is_dtype(is.dtype) || is.dim < 0 || is.dim > 64 || (is.dim > 0 && is.shape.empty());
    size_t count = 1;
    bool empty = false;
    for (int size : is.shape) {
        is.wrong = is.wrong || size < 0;
        empty = empty || size == 0;
        if (!empty && size > 0 && count <= MOST) {
            count *= size_t(size);
        }
    }
    count = empty ? 0 : count;
    there = !is.wrong && count <= MOST;
    if (!is_dtype(is.dtype)) {
        return is;
    }
    // Nothing may be read where something is wrong, or so large that no elements are given.
    is.elements = some_elements(bytes, is.dtype, there ? count : 0);
    is.data = is.elements.data();
    if (!there || program.null() || (count == 0 && bytes.byte() & 1)) {
        is.data = nullptr;
        is.wrong = is.wrong || count != 0;
    }
    return is;
}

std::shared_ptr<Node> node_of(Description &is) {
    if (is.wrong) {
        return nullptr;
    }
    return plain_node(is.dtype, is.shape, is.elements);
}

void check_new(Program &program, mlx_array made) {
    if (program.arrays.find(made)) {
        program.check_array(made);
    }
}

void new_data(Program &program) {
    Description is = describe(program);
    Call call("mlx_array_new_data", Call::MAY_RUN_OUT);
    mlx_array made = mlx_array_new_data(is.data, is.sizes(), is.dim, is.dtype);
    program.constructed("mlx_array_new_data", program.arrays, call, made, !is.wrong, node_of(is));
    check_new(program, made);
}

void set_data(Program &program) {
    Description is = describe(program);
    auto place = program.pick_place(program.arrays);
    Call call("mlx_array_set_data", Call::MAY_RUN_OUT);
    bool set = call.came_to(mlx_array_set_data(place.pointer, is.data, is.sizes(), is.dim, is.dtype),
                            unless(place.wrong || is.wrong));
    program.placed("mlx_array_set_data", program.arrays, place, set, node_of(is));
}

void new_scalar(Program &program) {
    size_t constructor = program.bytes.below(7);
    uint64_t bits = program.bytes.number(8);
    double wide;
    float narrow[2];
    memcpy(&wide, &bits, sizeof wide);
    memcpy(narrow, &bits, sizeof narrow);
    int whole = int(bits);
    bool truth = bits & 1;
    mlx_array made;
    mlx_dtype dtype;
    const void *element;
    Call call("mlx_array_new_(scalar)", Call::MAY_RUN_OUT);
    switch (constructor) {
    case 0: made = mlx_array_new_bool(truth), dtype = MLX_BOOL, element = &truth; break;
    case 1: made = mlx_array_new_int(whole), dtype = MLX_INT32, element = &whole; break;
    case 2: made = mlx_array_new_float32(narrow[0]), dtype = MLX_FLOAT32, element = narrow; break;
    case 3: made = mlx_array_new_float(narrow[0]), dtype = MLX_FLOAT32, element = narrow; break;
    case 4: made = mlx_array_new_float64(wide), dtype = MLX_FLOAT64, element = &wide; break;
    case 5: made = mlx_array_new_double(wide), dtype = MLX_FLOAT64, element = &wide; break;
    default: made = mlx_array_new_complex(narrow[0], narrow[1]), dtype = MLX_COMPLEX64, element = narrow; break;
    }
    auto *first = static_cast<const uint8_t *>(element);
    auto node = plain_node(dtype, {}, std::vector<uint8_t>(first, first + dtypes[dtype].size));
    program.constructed("mlx_array_new_(scalar)", program.arrays, call, made, true, node);
    check_new(program, made);
}

// Loans by what their dtor gets. Dtors run on any thread.
std::mutex lent_mutex;
std::map<void *, Loan *> lent;

void give_back(void *payload) {
    std::lock_guard<std::mutex> guard(lent_mutex);
    auto loan = lent.find(payload);
    if (loan == lent.end()) {
        found("a dtor was called for memory that was given back already");
    }
    free(loan->second->memory);
    loan->second->memory = nullptr;
    loan->second->returned++;
    lent.erase(loan);
}

// Memory that is lent without a dtor: work of streams that were freed may read it until some time after the program's end,
// and nothing tells when. So it is always there, and used again after many programs. Null where it is too small.
uint8_t *memory_without_dtor(size_t bytes) {
    alignas(64) static uint8_t places[256][8192];
    static size_t next;
    return bytes <= sizeof places[0] ? places[next++ % 256] : nullptr;
}

void new_data_managed(Program &program) {
    Bytes &bytes = program.bytes;
    Description is = describe(program);
    bool with_payload = bytes.byte() & 1;
    auto loan = std::make_shared<Loan>();
    loan->has_dtor = !bytes.one_in(8);
    // The last element is the last byte of the allocation; the first is aligned, or not even that.
    size_t alignment = is_dtype(is.dtype) ? dtypes[is.dtype].alignment : 1, shift = bytes.below(8) * alignment;
    if (alignment > 1 && bytes.one_in(16)) {
        shift++;
        is.wrong = is.wrong || !is.elements.empty();
    }
    size_t size = shift + is.elements.size() + is.elements.empty();
    loan->memory = loan->has_dtor ? nullptr : memory_without_dtor(size);
    if (loan->memory == nullptr) {
        loan->has_dtor = true;
        loan->memory = static_cast<uint8_t *>(malloc(size));
    }
    uint8_t *data = is.data ? loan->memory + shift : nullptr;
    if (data && !is.elements.empty()) {
        memcpy(data, is.elements.data(), is.elements.size());
    }
    void *payload = with_payload ? static_cast<void *>(loan.get()) : static_cast<void *>(data);
    auto dtor = loan->has_dtor ? give_back : nullptr;
    if (dtor) {
        std::lock_guard<std::mutex> guard(lent_mutex);
        if (!lent.emplace(payload, loan.get()).second) {
            return; // no elements at NULL, twice
        }
    }
    Call call("mlx_array_new_data_managed", Call::MAY_RUN_OUT);
    mlx_array made = with_payload
                         ? mlx_array_new_data_managed_payload(data, is.sizes(), is.dim, is.dtype, payload, dtor)
                         : mlx_array_new_data_managed(data, is.sizes(), is.dim, is.dtype, dtor);
    if (made.ctx) {
        program.loans.push_back(loan);
    } else if (dtor) {
        // Not called for an array that is none, so nobody else has taken it out.
        std::lock_guard<std::mutex> guard(lent_mutex);
        if (loan->returned != 0) {
            found("a dtor was called for an array that was not made");
        }
        lent.erase(payload);
    }
    auto node = node_of(is);
    if (node) {
        node->loan = loan;
    }
    program.constructed("mlx_array_new_data_managed", program.arrays, call, made, !is.wrong, node);
    check_new(program, made);
}

// Memory that would wrap around the end of the address space.
void new_data_managed_wrapping(Program &program) {
    constexpr int ROOM = 64;
    int length = ROOM + 1 + int(program.bytes.number(2));
    void *data = reinterpret_cast<void *>(UINTPTR_MAX - (ROOM - 1));
    Call call("mlx_array_new_data_managed (wrapping)", Call::MAY_RUN_OUT);
    mlx_array made = mlx_array_new_data_managed(data, &length, 1, MLX_UINT8, nullptr);
    program.constructed("mlx_array_new_data_managed (wrapping)", program.arrays, call, made, false, {});
}

void copy_handle(Program &program) {
    // A copy of a handle is the same object.
    mlx_array *to = &program.arrays.places[program.bytes.below(program.arrays.PLACES)];
    if (to->ctx == nullptr) {
        *to = program.arrays.places[program.bytes.below(program.arrays.PLACES)];
    }
}

void empty_array(Program &) {
    if (mlx_array_new().ctx || mlx_stream_new().ctx || mlx_device_new().ctx || mlx_string_new().ctx) {
        found("an empty handle is not NULL");
    }
}

void set(Program &program) {
    auto place = program.pick_place(program.arrays);
    mlx_array source = program.pick(program.arrays);
    auto *node = program.arrays.find(source);
    Call call("mlx_array_set", Call::MAY_RUN_OUT);
    bool set = call.came_to(mlx_array_set(place.pointer, source), unless(place.wrong || !node));
    program.placed("mlx_array_set", program.arrays, place, set, node ? *node : nullptr);
}

void free_one(Program &program) { program.free_array(program.pick(program.arrays)); }

// A window that lies inside, with any stride.
void inner_window(Bytes &bytes, size_t size, std::vector<int> &shape, std::vector<int64_t> &strides, size_t &offset) {
    static const int64_t steps[] = {1, -1, 2, -2, 3, 0, -5, 7};
    int64_t step = bytes.of(steps);
    size_t reach = step == 0 ? MOST : (size - 1) / size_t(step < 0 ? -step : step);
    int length = 1 + int(bytes.number(2) % (std::min<size_t>(reach, 5000) + 1));
    shape = {length};
    strides = {step};
    size_t span = size_t(length - 1) * size_t(step < 0 ? -step : step);
    offset = bytes.number(2) % (size - span) + (step < 0 ? span : 0);
}

void as_strided(Program &program) {
    Bytes &bytes = program.bytes;
    auto place = program.pick_place(program.arrays);
    mlx_array a = program.pick(program.arrays);
    auto *source = program.arrays.find(a);
    mlx_stream stream = program.pick(program.streams);
    std::vector<int> shape;
    std::vector<int64_t> strides;
    size_t offset = 0;
    uint8_t kind = bytes.byte();
    size_t size = source ? (*source)->size() : 0;
    if (size > 0 && kind < 160) {
        inner_window(bytes, size, shape, strides, offset);
    } else {
        static const int sizes[] = {0, 1, 2, 3, 4, 7, INT_MAX, -1, INT_MIN, 65536};
        static const int64_t steps[] = {0, 1, -1, 2, 3, -4, INT64_MAX, INT64_MIN, INT64_C(1) << 32};
        static const size_t dims[] = {0, 1, 2, 3, 4, 64, 65};
        size_t ndim = kind < 240 ? bytes.below(4) : bytes.of(dims);
        for (size_t dim = 0; dim < ndim; dim++) {
            shape.push_back(kind < 200 ? int(bytes.below(5)) : bytes.of(sizes));
            strides.push_back(kind < 200 ? int64_t(bytes.below(9)) - 4 : bytes.of(steps));
        }
        offset = kind < 200 ? bytes.below(256) : bytes.number(8);
    }
    size_t shape_num = shape.size(), strides_num = bytes.one_in(32) ? bytes.below(67) : strides.size();
    bool null = program.null();
    bool wrong = place.wrong || !source || !program.streams.find(stream) || shape_num > 64 ||
                 shape_num != strides_num || (null && shape_num > 0);
    // An element outside, or more bytes than there can be. 128 bits hold all of this.
    __int128 first = offset, last = offset, count = 1;
    bool empty = false;
    for (size_t dim = 0; dim < shape.size(); dim++) {
        wrong = wrong || shape[dim] < 0;
        empty = empty || shape[dim] == 0;
        __int128 span = __int128(shape[dim] - INT64_C(1)) * strides[dim];
        (span < 0 ? first : last) += span;
        count = count > INT64_MAX || shape[dim] < 0 ? count : count * shape[dim];
    }
    if (source && !empty) {
        wrong =
            wrong || first < 0 || last >= __int128(size) || count * __int128(dtypes[(*source)->dtype].size) > INT64_MAX;
    }
    if (!wrong && !(*source)->is_contiguous() && size > MOST) {
        return; // it would be copied
    }
    std::shared_ptr<Node> node;
    if (!wrong) {
        program.keep(**source, a);
        node = std::make_shared<Node>();
        node->dtype = (*source)->dtype;
        node->shape = shape;
        node->strides = strides;
        node->offset = offset;
        node->base = *source;
        node->shares_memory = (*source)->is_contiguous();
    }
    Call call("mlx_as_strided", Call::MAY_RUN_OUT);
    bool made = call.came_to(mlx_as_strided(place.pointer, a, null ? nullptr : shape.data(), shape_num,
                                            null ? nullptr : strides.data(), strides_num, offset, stream),
                             unless(wrong));
    program.placed("mlx_as_strided", program.arrays, place, made, node);
    if (made) {
        program.check_array(*place.pointer);
    }
}

} // namespace

// What makes arrays is there more than once: the more often, the more programs have something to work with.
const std::vector<Operation> array_operations = {
    new_data,         new_data,         new_data,   new_data,   set_data,   new_scalar,
    new_data_managed, new_data_managed, as_strided, as_strided, as_strided, new_data_managed_wrapping,
    copy_handle,      empty_array,      set,        free_one,
};
