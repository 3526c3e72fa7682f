#include "model.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "oracle.h"

Loan::~Loan() {
    if (returned == 0 && has_dtor) {
        free(memory);
    }
}

Node::~Node() { mlx_array_free(keeper); }

size_t Node::size() const {
    size_t size = 1;
    for (int length : shape) {
        size *= size_t(length);
    }
    return size;
}

bool Node::is_contiguous() const {
    int64_t step = 1;
    if (size() == 0) {
        return true;
    }
    for (size_t dim = shape.size(); dim-- > 0; step *= shape[dim]) {
        if (shape[dim] != 1 && strides[dim] != step) {
            return false;
        }
    }
    return true;
}

int64_t Node::place(size_t index) const {
    int64_t place = 0;
    for (size_t dim = shape.size(); dim-- > 0; index /= size_t(shape[dim])) {
        if (shape[dim] != 1) { // or the stride means nothing
            place += int64_t(index % size_t(shape[dim])) * strides[dim];
        }
    }
    return place;
}

const uint8_t *Node::element(size_t index) const {
    return base ? base->element(size_t(int64_t(offset) + place(index))) : &elements[index * dtypes[dtype].size];
}

std::shared_ptr<Node> plain_node(mlx_dtype dtype, std::vector<int> shape, std::vector<uint8_t> elements) {
    auto node = std::make_shared<Node>();
    node->dtype = dtype;
    node->elements = std::move(elements);
    node->strides.resize(shape.size());
    // Beside a size of 0 the product may be too large for the type; the library stops at the largest number then.
    int64_t step = 1;
    for (size_t dim = shape.size(); dim-- > 0;) {
        node->strides[dim] = step;
        if (__builtin_mul_overflow(step, int64_t(shape[dim]), &step)) {
            step = INT64_MAX;
        }
    }
    node->shape = std::move(shape);
    return node;
}

void *Program::foreign() {
    alignas(8) static char other_memory[64] = "neither this nor that";
    void *others[] = {other_memory,          other_memory + 1,      arrays.places[0].ctx,
                      streams.places[0].ctx, devices.places[0].ctx, strings.places[0].ctx};
    return bytes.of(others);
}

void Program::check_array(mlx_array array) {
    const Node &node = **arrays.find(array);
    size_t size = node.size(), bytes_each = dtypes[node.dtype].size, ndim = node.shape.size();
    Call call("(metadata)");
    bool right = mlx_array_dtype(array) == node.dtype && mlx_array_itemsize(array) == bytes_each &&
                 mlx_array_size(array) == size && mlx_array_nbytes(array) == size * bytes_each &&
                 mlx_array_ndim(array) == ndim;
    const int *shape = mlx_array_shape(array);
    const int64_t *strides = mlx_array_strides(array);
    for (size_t dim = 0; right && dim < ndim; dim++) {
        right = shape[dim] == node.shape[dim] && mlx_array_dim(array, int(dim)) == shape[dim] &&
                mlx_array_dim(array, int(dim) - int(ndim)) == shape[dim] &&
                // Of a plain array without elements, or with one along a dimension, strides mean nothing.
                (strides[dim] == node.strides[dim] || (!node.base && (size == 0 || shape[dim] == 1)));
    }
    if (!call.came_to(MLX_STATUS_SUCCESS, SUCCESS) || !right) {
        found("the array of %s and %zu dimensions, %zu elements, is one of %d, %zu, %zu, or shaped otherwise",
              dtypes[node.dtype].name, ndim, size, mlx_array_dtype(array), mlx_array_ndim(array),
              mlx_array_size(array));
    }
}

void Program::keep(Node &node, mlx_array array) {
    if (node.known || node.keeper.ctx != nullptr) {
        return;
    }
    Call call("mlx_array_set (to keep)");
    call.came_to(mlx_array_set(&node.keeper, array), SUCCESS);
}

// The points of the transforms that the library says it uses, 0 for direct sums.
static size_t points_of(const Elements &a, const Elements &v, mlx_dtype dtype, mlx_mode mode) {
    mlx_string text = {nullptr};
    size_t points = 0;
    Call call("mlx_convolve_explain (for the bound)");
    call.came_to(mlx_convolve_explain(a.count(), v.count(), dtype, mode, &text), SUCCESS);
    const char *words = mlx_string_data(text), *block = strstr(words, "block: ");
    bool direct = strstr(words, "method: direct") != nullptr;
    if (!direct && (block == nullptr || sscanf(block, "block: %zu points", &points) != 1)) {
        found("no method and block in '%s'", words);
    }
    mlx_string_free(text);
    return direct ? 0 : points;
}

static Elements all_elements(const Node &node) {
    std::vector<uint8_t> all;
    size_t size = node.size(), each = dtypes[node.dtype].size;
    all.reserve(size * each);
    for (size_t i = 0; i < size; i++) {
        const uint8_t *element = node.element(i);
        all.insert(all.end(), element, element + each);
    }
    return {node.dtype, all};
}

// The same bits from the other entry point, in memory that lies otherwise.
static void compare_with_plain(const Elements &a, const Elements &v, const Node &node) {
    size_t each = dtypes[node.dtype].size;
    std::vector<uint8_t> out(node.elements.size() + each), shifted(a.bytes.size() + each);
    memcpy(shifted.data() + each, a.bytes.data(), a.bytes.size());
    Call call("mlx_convolve_into (again)");
    call.came_to(mlx_convolve_into(shifted.data() + each, a.count(), v.bytes.data(), v.count(), node.dtype, node.mode,
                                   out.data() + each, node.size()),
                 SUCCESS);
    for (size_t i = 0; i < node.size(); i++) {
        if (!same_element(node.dtype, &out[(i + 1) * each], node.element(i))) {
            found("mlx_convolve and mlx_convolve_into differ in output %zu of %s %zu by %zu, mode %d", i,
                  dtypes[node.dtype].name, a.count(), v.count(), node.mode);
        }
    }
}

void Program::check_convolution(const Elements &a, const Elements &v, mlx_dtype dtype, mlx_mode mode,
                                const uint8_t *out) {
    size_t points = is_exact(dtype) ? 0 : points_of(a, v, dtype, mode);
    Oracle oracle(dtype, mode, Operand(a.dtype, dtype, a.bytes), Operand(v.dtype, dtype, v.bytes), points);
    size_t taps = std::min(a.count(), v.count()), size = mlx_convolve_length(a.count(), v.count(), mode);
    size_t checked = std::min(size, work / taps / 2 + 8);
    work -= std::min(work, checked * taps);
    for (size_t i = 0; i < checked; i++) {
        size_t at = checked == size || i < 2 ? i : i < 4 ? size - (i - 1) : i * 2654435761u % size;
        const uint8_t *element = out + at * dtypes[dtype].size;
        if (!oracle.allows(at, element)) {
            found("a wrong value, mode %d; %s", mode, oracle.described(at, element).c_str());
        }
    }
}

void Program::know(Node &node, mlx_array array) {
    if (node.base) {
        return know(*node.base, node.base->keeper);
    }
    if (node.known) {
        return;
    }
    know(*node.a, node.a->keeper);
    know(*node.v, node.v->keeper);
    Call call("mlx_array_data_uint8");
    const uint8_t *values = mlx_array_data_uint8(array);
    call.came_to(values != nullptr, true);
    node.elements.assign(values, values + node.size() * dtypes[node.dtype].size);
    node.known = true;
    Elements a = all_elements(*node.a), v = all_elements(*node.v);
    check_convolution(a, v, node.dtype, node.mode, values);
    if (node.compute_again && a.dtype == node.dtype && v.dtype == node.dtype) {
        compare_with_plain(a, v, node);
    }
    node.a = node.v = nullptr;
    mlx_array_free(node.keeper);
    node.keeper.ctx = nullptr;
}

void Program::check_values(mlx_array array) {
    Node &node = **arrays.find(array);
    know(node, array);
    Call call("mlx_array_data_bool");
    auto *values = reinterpret_cast<const uint8_t *>(mlx_array_data_bool(array));
    if (!call.came_to(values != nullptr, true)) {
        return;
    }
    size_t size = node.size(), each = dtypes[node.dtype].size, checked = std::min<size_t>(size, 4096);
    for (size_t i = 0; i < checked; i++) {
        size_t at = checked == size ? i : i * 2654435761u % size;
        if (memcmp(values + node.place(at) * int64_t(each), node.element(at), each) != 0) {
            found("element %zu of an array of %zu %s has changed", at, size, dtypes[node.dtype].name);
        }
    }
}

void Program::check_loans() {
    for (auto &loan : loans) {
        if (loan->returned > 1) {
            found("a managed array's dtor was called %d times", loan->returned.load());
        }
    }
    for (auto &[ctx, node] : arrays.objects) {
        const Node *owner = node.get();
        while (owner->base && owner->shares_memory) {
            owner = owner->base.get();
        }
        if (owner->loan && owner->loan->returned != 0) {
            found("a managed array's dtor was called while an array reads the memory");
        }
    }
}

void Program::end() {
    while (!arrays.objects.empty()) {
        mlx_array array{arrays.objects.begin()->first};
        if (bytes.byte() & 1) {
            check_array(array);
            check_values(array);
        }
        free_array(array);
    }
    set_handler(nullptr);
    while (!streams.objects.empty()) {
        mlx_stream stream{streams.objects.begin()->first};
        Call call("mlx_synchronize");
        call.came_to(mlx_synchronize(stream), SUCCESS);
        free_stream(stream);
    }
    while (!devices.objects.empty()) {
        free_device({devices.objects.begin()->first});
    }
    while (!strings.objects.empty()) {
        free_string({strings.objects.begin()->first});
    }
    // A dtor may come a moment after the last result, and work of streams that were freed is still done.
    for (auto &loan : loans) {
        for (int tries = 0; loan->has_dtor && loan->returned == 0; tries++) {
            if (tries == 20000) {
                found("a managed array's dtor was never called");
            }
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        }
    }
    check_loans();
}
