// Calls with options: on plain memory, in rows, on arrays. A signal is continued and a filter reversed for real, so that
// the oracle has a plain convolution to compare with.
#include <cstdlib>
#include <cstring>
#include <set>

#include "model.h"
#include "oracle.h"

namespace {

// The most products that a call may sum.
constexpr size_t MOST_PRODUCTS = size_t(1) << 22;

struct Outputs {
    size_t first, count;
};

// The outputs that a mode keeps: none where the lengths do not allow the mode.
Outputs kept_outputs(size_t a, size_t v, const mlx_convolve_options &o) {
    bool swaps = o.boundary == MLX_BOUNDARY_ZERO && v > a;
    size_t n = swaps ? v : a, k = swaps ? a : v;
    switch (o.mode) {
    case MLX_MODE_FULL: return {0, a + v - 1};
    case MLX_MODE_VALID: return {k - 1, n < k ? 0 : n - k + 1};
    default: return {(swaps && o.operation == MLX_OPERATION_CORRELATE ? k : k - 1) / 2, n};
    }
}

struct Options {
    mlx_convolve_options c;
    bool wrong; // whatever the operands
};

// All fields by the bytes. Now and then one of them is a number that none may be.
Options some_options(Bytes &bytes, size_t a, size_t v, mlx_dtype promoted, mlx_dtype result) {
    Options options = {MLX_CONVOLVE_OPTIONS_INIT, false};
    mlx_convolve_options &c = options.c;
    uint8_t choice = bytes.byte(), how = bytes.byte();
    c.mode = choice % 3, c.boundary = choice / 3 % 5, c.operation = choice / 15 % 2;
    bool any_accuracy = is_exact(promoted) && is_exact(result);
    c.accuracy = any_accuracy && choice >= 240 ? MLX_ACCURACY_COMPONENTWISE : MLX_ACCURACY_NORMWISE;
    c.dtype = how & 1 ? result : MLX_DTYPE_PROMOTED;
    Outputs kept = kept_outputs(a, v, c);
    options.wrong = kept.count == 0;
    if (how & 2) {
        c.first = bytes.number(2) % (kept.count + 1);
        c.count = how & 4 ? SIZE_MAX : bytes.number(2) % (kept.count - c.first + 1);
    }
    if (how < 0xf0) {
        return options;
    }
    options.wrong = true;
    int32_t wrong = how & 8 ? -2 : INT32_MAX;
    switch (bytes.below(9)) {
    case 0: c.mode = wrong; break;
    case 1: c.boundary = wrong; break;
    case 2: c.operation = wrong; break;
    case 3: c.accuracy = wrong; break;
    case 4: c.subnormals = wrong; break;
    case 5: c.reserved = wrong; break;
    case 6: c.first = kept.count + 1; break;
    case 7: c.count = kept.count - std::min(kept.count, c.first) + 1; break;
    default: c.size = how & 8 ? c.size - 1 : SIZE_MAX; break;
    }
    return options;
}

Outputs wanted_outputs(size_t a, size_t v, const mlx_convolve_options &o) {
    Outputs kept = kept_outputs(a, v, o);
    return {kept.first + o.first, o.count == SIZE_MAX ? kept.count - o.first : o.count};
}

// The element at a position of a signal that goes on beyond its ends.
size_t element_at(mlx_boundary boundary, long i, long len) {
    if (boundary == MLX_BOUNDARY_EDGE) {
        return size_t(std::min(std::max(i, 0l), len - 1));
    }
    long there_and_back = boundary == MLX_BOUNDARY_SYMMETRIC ? 2 * len : std::max(2 * len - 2, 1l);
    long period = boundary == MLX_BOUNDARY_WRAP ? len : there_and_back;
    i = (i % period + period) % period;
    return size_t(i < len ? i : boundary == MLX_BOUNDARY_SYMMETRIC ? period - 1 - i : period - i);
}

Elements continued(const Elements &a, size_t before, mlx_boundary boundary) {
    Elements all{a.dtype, {}};
    size_t each = dtypes[a.dtype].size;
    for (long i = -long(before); i < long(a.count() + before); i++) {
        const uint8_t *element = &a.bytes[element_at(boundary, i, long(a.count())) * each];
        all.bytes.insert(all.bytes.end(), element, element + each);
    }
    return all;
}

Elements reversed_and_conjugated(const Elements &v) {
    Elements all{v.dtype, {}};
    size_t each = dtypes[v.dtype].size;
    for (size_t i = v.count(); i-- > 0;) {
        all.bytes.insert(all.bytes.end(), &v.bytes[i * each], &v.bytes[i * each] + each);
        if (v.dtype == MLX_COMPLEX64) {
            all.bytes.back() ^= 0x80;
        }
    }
    return all;
}

size_t points_of(size_t a, size_t v, mlx_dtype dtype, mlx_convolve_options options) {
    mlx_string text = {nullptr};
    size_t points = 0;
    options.dtype = MLX_DTYPE_PROMOTED;
    Call call("mlx_convolve_explain_with (for the bound)");
    call.came_to(mlx_convolve_explain_with(a, v, dtype, &options, &text), SUCCESS);
    const char *words = mlx_string_data(text), *block = strstr(words, "block: ");
    if (strstr(words, "method: fft") && (!block || sscanf(block, "block: %zu points", &points) != 1)) {
        found("no block in '%s'", words);
    }
    mlx_string_free(text);
    return points;
}

// Outputs that lie `stride` bytes apart.
void check(Program &program, const Elements &a, const Elements &v, mlx_dtype dtype, const mlx_convolve_options &options,
           const uint8_t *out, long stride) {
    Outputs wanted = wanted_outputs(a.count(), v.count(), options);
    if (wanted.count == 0) {
        return;
    }
    size_t before = options.boundary == MLX_BOUNDARY_ZERO ? 0 : v.count() - 1;
    Elements signal = before == 0 ? a : continued(a, before, options.boundary);
    Elements filter = options.operation == MLX_OPERATION_CORRELATE ? reversed_and_conjugated(v) : v;
    size_t points = is_exact(dtype) ? 0 : points_of(a.count(), v.count(), dtype, options);
    Oracle oracle(dtype, MLX_MODE_FULL, Operand(signal.dtype, dtype, signal.bytes),
                  Operand(filter.dtype, dtype, filter.bytes), points);
    size_t taps = std::min(signal.count(), filter.count());
    size_t checked = std::min(wanted.count, program.work / taps / 2 + 8);
    program.work -= std::min(program.work, checked * taps);
    for (size_t i = 0; i < checked; i++) {
        size_t end = wanted.count;
        size_t at = checked == end || i < 2 ? i : i < 4 ? end - (i - 1) : i * 2654435761u % end;
        size_t n = wanted.first + at + before;
        const uint8_t *element = out + long(at) * stride;
        if (!oracle.allows(n, element)) {
            found("a wrong value, mode %d, boundary %d, operation %d, output %zu; %s", options.mode, options.boundary,
                  options.operation, at, oracle.described(n, element).c_str());
        }
    }
}

size_t some_length(Bytes &bytes) { return 1 + (bytes.one_in(4) ? bytes.below(1500) : bytes.below(40)); }

// Two dtypes and one to which both promote, mostly.
struct Dtypes {
    mlx_dtype a, v, result;
    bool promotes() const { return promote(a, result) == result && promote(v, result) == result; }
};

Dtypes some_dtypes(Bytes &bytes) {
    mlx_dtype a = mlx_dtype(bytes.below(DTYPES)), v = mlx_dtype(bytes.below(DTYPES));
    return {a, v, bytes.one_in(8) ? mlx_dtype(bytes.below(DTYPES)) : promote(a, v)};
}

void convolve_into_with(Program &program) {
    Bytes &bytes = program.bytes;
    mlx_dtype dtype = mlx_dtype(bytes.below(DTYPES)), result = bytes.one_in(2) ? dtype : mlx_dtype(bytes.below(DTYPES));
    size_t a_len = some_length(bytes), v_len = some_length(bytes);
    if (a_len * v_len > MOST_PRODUCTS) {
        return;
    }
    Options options = some_options(bytes, a_len, v_len, dtype, result);
    result = options.c.dtype == MLX_DTYPE_PROMOTED ? dtype : result;
    bool wrong = options.wrong || promote(dtype, result) != result;
    size_t out_len = options.wrong ? 1 : wanted_outputs(a_len, v_len, options.c).count, each = dtypes[result].size;
    Elements a{dtype, some_elements(bytes, dtype, a_len)}, v{dtype, some_elements(bytes, dtype, v_len)};
    std::vector<uint8_t> out(out_len * each, 0xa5);
    size_t said = out_len + (bytes.one_in(32) ? 1 : 0);
    wrong = wrong || said != out_len;
    Call call("mlx_convolve_into_with", Call::MAY_RUN_OUT);
    mlx_status status = mlx_convolve_into_with(a.bytes.data(), a_len, v.bytes.data(), v_len, dtype, &options.c,
                                               out.data(), said);
    if (!call.came_to(status, unless(wrong))) {
        if (status == MLX_STATUS_INVALID_ARGUMENT && out != std::vector<uint8_t>(out_len * each, 0xa5)) {
            found("mlx_convolve_into_with was refused and wrote");
        }
        return;
    }
    check(program, a, v, result, options.c, out.data(), long(each));
}

// Rows in memory that is exactly their span.
struct Rows {
    mlx_dtype dtype;
    size_t len, count;
    ptrdiff_t stride, step;
    std::vector<uint8_t> memory;
    size_t offset;

    Rows(Bytes &bytes, mlx_dtype dtype, size_t len, size_t count) : dtype(dtype), len(len), count(count) {
        stride = ptrdiff_t(bytes.below(7)) - 3;
        stride += stride == 0 && len > 1;
        step = bytes.one_in(2) ? ptrdiff_t(bytes.below(9)) - 4 : (stride > 0 ? 1 : -1) * stride * ptrdiff_t(len);
        ptrdiff_t low = 0, high = 0;
        for (ptrdiff_t reach : {(ptrdiff_t(len) - 1) * stride, (ptrdiff_t(count) - 1) * step}) {
            (reach < 0 ? low : high) += reach;
        }
        offset = size_t(-low) * dtypes[dtype].size;
        memory = some_elements(bytes, dtype, size_t(high - low + 1));
    }
    ptrdiff_t place(size_t row, size_t i) const { return ptrdiff_t(row) * step + ptrdiff_t(i) * stride; }
    uint8_t *element(size_t row, size_t i) {
        return memory.data() + offset + place(row, i) * ptrdiff_t(dtypes[dtype].size);
    }
    Elements row(size_t row) {
        Elements all{dtype, {}};
        for (size_t i = 0; i < len; i++) {
            all.bytes.insert(all.bytes.end(), element(row, i), element(row, i) + dtypes[dtype].size);
        }
        return all;
    }
    std::set<ptrdiff_t> places() const {
        std::set<ptrdiff_t> all;
        for (size_t i = 0; i < len * count; i++) {
            all.insert(place(i / len, i % len));
        }
        return all;
    }
};

void convolve_rows(Program &program) {
    Bytes &bytes = program.bytes;
    Dtypes of = some_dtypes(bytes);
    size_t a_len = some_length(bytes), v_len = some_length(bytes), count = 1 + bytes.below(4);
    if (a_len * v_len > MOST_PRODUCTS) {
        return;
    }
    Options options = some_options(bytes, a_len, v_len, promote(of.a, of.v), of.result);
    size_t out_len = options.wrong ? 1 : wanted_outputs(a_len, v_len, options.c).count;
    if (out_len == 0) {
        return;
    }
    Rows a(bytes, of.a, a_len, count), v(bytes, of.v, v_len, count), out(bytes, of.result, out_len, count);
    std::set<ptrdiff_t> places = out.places();
    bool wrong = options.wrong || !of.promotes() || places.size() != out_len * count;
    std::vector<uint8_t> before = out.memory;
    mlx_rows a_rows = {a.element(0, 0), a.dtype, a.len, a.stride, a.step};
    mlx_rows v_rows = {v.element(0, 0), v.dtype, v.len, v.stride, v.step};
    mlx_rows_out out_rows = {out.element(0, 0), out.dtype, out.len, out.stride, out.step};
    Call call("mlx_convolve_rows", Call::MAY_RUN_OUT);
    mlx_status status = mlx_convolve_rows(&a_rows, &v_rows, count, &options.c, &out_rows);
    bool made = call.came_to(status, unless(wrong));
    // Other bytes than outputs, and all of them if the call was refused, are as they were.
    size_t each = dtypes[of.result].size;
    for (size_t i = 0; i < before.size() / each; i++) {
        bool is_output = places.count(ptrdiff_t(i) - ptrdiff_t(out.offset / each)) != 0;
        bool may_change = is_output && status != MLX_STATUS_INVALID_ARGUMENT;
        if (!may_change && memcmp(&before[i * each], &out.memory[i * each], each) != 0) {
            found("mlx_convolve_rows wrote element %zu, which is no output, and returned %d", i, status);
        }
    }
    for (size_t row = 0; made && row < count; row++) {
        check(program, a.row(row), v.row(row), of.result, options.c, out.element(row, 0), long(out.stride) * long(each));
    }
}

// Rows of a matrix with one filter, on some stream; of a result that is read at once.
void convolve_with(Program &program) {
    Bytes &bytes = program.bytes;
    Dtypes of = some_dtypes(bytes);
    mlx_stream stream = program.pick(program.streams);
    size_t a_len = some_length(bytes), v_len = some_length(bytes), count = bytes.below(4);
    if (a_len * v_len > MOST_PRODUCTS) {
        return;
    }
    Options options = some_options(bytes, a_len, v_len, promote(of.a, of.v), of.result);
    mlx_dtype result = options.c.dtype == MLX_DTYPE_PROMOTED ? promote(of.a, of.v) : of.result;
    bool wrong = options.wrong || promote(of.a, result) != result || promote(of.v, result) != result ||
                 !program.streams.find(stream);
    size_t rows = std::max<size_t>(count, 1), each_a = dtypes[of.a].size;
    Elements a{of.a, some_elements(bytes, of.a, a_len * rows)}, v{of.v, some_elements(bytes, of.v, v_len)};
    int a_shape[] = {int(count), int(a_len)}, v_shape[] = {int(v_len)};
    // Without rows: one dimension.
    mlx_array a_array, v_array, out = {nullptr};
    {
        Call call("mlx_array_new_data (with options)");
        a_array = mlx_array_new_data(a.bytes.data(), a_shape + (count == 0), count == 0 ? 1 : 2, of.a);
        v_array = mlx_array_new_data(v.bytes.data(), v_shape, 1, of.v);
        call.came_to(a_array.ctx && v_array.ctx, true);
    }
    bool made;
    {
        Call call("mlx_convolve_with", Call::MAY_RUN_OUT);
        made = call.came_to(mlx_convolve_with(&a_array, &v_array, &options.c, stream, &out), unless(wrong));
    }
    mlx_array_free(a_array);
    mlx_array_free(v_array);
    if (made) {
        Call call("mlx_array_data_uint8 (with options)");
        const uint8_t *values = mlx_array_data_uint8(out);
        call.came_to(values != nullptr, true);
        size_t len = wanted_outputs(a_len, v_len, options.c).count, each = dtypes[result].size;
        if (mlx_array_size(out) != len * rows || mlx_array_dtype(out) != result) {
            found("mlx_convolve_with: %zu elements of dtype %d", mlx_array_size(out), mlx_array_dtype(out));
        }
        for (size_t row = 0; row < rows && len > 0; row++) {
            const uint8_t *first = &a.bytes[row * a_len * each_a];
            check(program, {of.a, {first, first + a_len * each_a}}, v, result, options.c, values + row * len * each,
                  long(each));
        }
    }
    mlx_array_free(out);
}

void length_with(Program &program) {
    size_t a = some_length(program.bytes), v = some_length(program.bytes), got = 77;
    Options options = some_options(program.bytes, a, v, MLX_FLOAT32, MLX_FLOAT32);
    Call call("mlx_convolve_length_with");
    bool made = call.came_to(mlx_convolve_length_with(a, v, &options.c, &got), unless(options.wrong));
    if (got != (made ? wanted_outputs(a, v, options.c).count : 77)) {
        found("mlx_convolve_length_with(%zu, %zu) is %zu", a, v, got);
    }
}

void options_init(Program &program) {
    size_t size = program.bytes.one_in(2) ? program.bytes.number(2) % 5000 : 8 * (program.bytes.number(2) % 520);
    bool wrong = size < sizeof(mlx_convolve_options) || size > 4096 || size % sizeof(size_t) != 0;
    std::vector<uint8_t> room(size + 1, 0xa5);
    Call call("mlx_convolve_options_init");
    auto *options = reinterpret_cast<mlx_convolve_options *>(room.data());
    call.came_to(mlx_convolve_options_init(options, size), unless(wrong));
    if (room[size] != 0xa5 || (!wrong && options->size != size)) {
        found("mlx_convolve_options_init(%zu) wrote beyond its size, or not the size", size);
    }
}

} // namespace

const std::vector<Operation> options_operations = {
    convolve_into_with, convolve_into_with, convolve_rows, convolve_rows,
    convolve_with,      convolve_with,      length_with,   options_init,
};
