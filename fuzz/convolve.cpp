// Convolution, of arrays and of plain memory; lengths and explanations; what computing depends on.
#include <xmmintrin.h>

#include <climits>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "model.h"
#include "oracle.h"

namespace {

// The longest that a result may be, and the most products that a short call may sum.
constexpr size_t MOST = 12000, MOST_PRODUCTS = size_t(1) << 23;

mlx_mode some_mode(Bytes &bytes) {
    static const mlx_mode unknown[] = {-1, 3, INT_MIN, INT_MAX};
    uint8_t choice = bytes.byte();
    return choice < 0xf8 ? choice % 3 : bytes.of(unknown);
}

bool is_mode(mlx_mode mode) { return mode >= 0 && mode <= 2; }

// 0 where there is none.
size_t length_of(size_t a, size_t v, mlx_mode mode) {
    size_t longer = std::max(a, v), shorter = std::min(a, v);
    if (shorter == 0 || !is_mode(mode)) {
        return 0;
    }
    if (mode == MLX_MODE_SAME) {
        return longer;
    }
    if (mode == MLX_MODE_VALID) {
        return longer - (shorter - 1);
    }
    return longer > SIZE_MAX - (shorter - 1) ? 0 : longer + (shorter - 1);
}

// Another rounding, and subnormals as zeros: results are the same, and the mode is the caller's again afterwards.
class FloatMode {
public:
    explicit FloatMode(Bytes &bytes) : before_(_mm_getcsr()) {
        static const unsigned others[] = {0x6000, 0x8040, 0x2000, 0xe040};
        set_ = bytes.one_in(8) ? (before_ & 0x1f80) | bytes.of(others) : before_;
        _mm_setcsr(set_);
    }
    ~FloatMode() {
        unsigned after = _mm_getcsr();
        _mm_setcsr(before_);
        if ((after ^ set_) & ~0x3fu) {
            found("the floating-point mode was %#x, is %#x", set_, after);
        }
    }

private:
    unsigned before_, set_;
};

// Calls on this thread, or on one that ends with the call.
template <typename Body> void on_some_thread(bool other, Body body) {
    if (other) {
        std::thread(body).join();
    } else {
        body();
    }
}

void convolve(Program &program) {
    Bytes &bytes = program.bytes;
    mlx_array a = program.pick(program.arrays), v = program.pick(program.arrays);
    auto place = program.pick_place(program.arrays);
    mlx_stream stream = program.pick(program.streams);
    mlx_mode mode = some_mode(bytes);
    uint8_t how = bytes.byte();
    // Of handles by address either may be NULL.
    bool no_a = how == 0xff, no_v = how == 0xfe;
    auto *a_node = program.arrays.find(a), *v_node = program.arrays.find(v);
    bool wrong = place.wrong || no_a || no_v || !a_node || !v_node || !program.streams.find(stream) || !is_mode(mode);
    std::shared_ptr<Node> node;
    if (a_node && v_node) {
        const Node &x = **a_node, &y = **v_node;
        wrong = wrong || x.shape.size() != 1 || y.shape.size() != 1 || x.size() == 0 || y.size() == 0;
        size_t length = wrong ? 0 : length_of(x.size(), y.size(), mode);
        wrong = wrong || length > INT_MAX;
        if (!wrong && (x.size() + y.size() > MOST || x.size() * y.size() > MOST_PRODUCTS)) {
            return;
        }
        if (!wrong) {
            program.keep(**a_node, a), program.keep(**v_node, v);
            node = plain_node(promote(x.dtype, y.dtype), {int(length)}, {});
            node->known = false;
            node->a = *a_node, node->v = *v_node;
            node->mode = mode;
            node->compute_again = how & 1;
        }
    }
    bool made = false;
    on_some_thread((how & 0x1e) == 0x12, [&] {
        Call call("mlx_convolve", Call::MAY_RUN_OUT);
        mlx_status status;
        {
            FloatMode other(bytes);
            status = mlx_convolve(no_a ? nullptr : &a, no_v ? nullptr : &v, mode, stream, place.pointer);
        }
        made = call.came_to(status, unless(wrong));
    });
    program.placed("mlx_convolve", program.arrays, place, made, node);
    if (made) {
        program.check_array(*place.pointer);
        if (how & 0x20) {
            program.check_values(*place.pointer);
        }
    }
}

// So much work that it is queued and shared by threads, and what follows waits for it.
void convolve_large(Program &program) {
    mlx_stream stream = program.pick(program.streams);
    if (program.large == 0 || !program.bytes.one_in(4) || !program.streams.find(stream)) {
        return;
    }
    program.large--;
    static const struct {
        mlx_dtype dtype;
        int length;
    } slow[] = {{MLX_INT64, 36000}, {MLX_UINT64, 36000}, {MLX_UINT32, 72000}, {MLX_COMPLEX64, 150000}};
    auto [dtype, least] = program.bytes.of(slow);
    int lengths[] = {least + int(program.bytes.number(2) % 9000), 2500 + int(program.bytes.number(2) % 3000)};
    mlx_array inputs[2];
    auto node = plain_node(dtype, {int(length_of(size_t(lengths[0]), size_t(lengths[1]), MLX_MODE_FULL))}, {});
    for (int i = 0; i < 2; i++) {
        auto elements = some_elements(program.bytes, dtype, size_t(lengths[i]));
        Call call("mlx_array_new_data (large)");
        inputs[i] = mlx_array_new_data(elements.data(), &lengths[i], 1, dtype);
        call.came_to(inputs[i].ctx != nullptr, true);
        (i ? node->v : node->a) = plain_node(dtype, {lengths[i]}, std::move(elements));
    }
    node->known = false;
    mlx_array made = {nullptr};
    Call call("mlx_convolve (large)", Call::MAY_RUN_OUT);
    bool success = call.came_to(mlx_convolve(&inputs[0], &inputs[1], MLX_MODE_FULL, stream, &made), SUCCESS);
    mlx_array_free(inputs[0]);
    mlx_array_free(inputs[1]);
    if (!success) {
        return;
    }
    Call kept("(kept)");
    program.constructed("mlx_convolve (large)", program.arrays, kept, made, true, node);
}

// Where an operand or the output lies.
struct Region {
    uint8_t *begin;
    size_t bytes;
};

struct Arguments {
    const void *a;
    size_t a_len;
    const void *v;
    size_t v_len;
    void *out;
    size_t out_len;
};

// Makes one of the arguments wrong, if `how` says so and it can be done without leaving the regions. Returns whether
// one is.
bool spoil(Arguments &given, uint8_t how, Bytes &bytes, Region a, Region v, Region out, size_t alignment) {
    switch (how) {
    case 0xff: given.a = nullptr; return true;
    case 0xfe: given.v = nullptr; return true;
    case 0xfd: given.out = nullptr; return true;
    case 0xfc: given.a_len = 0; return true;
    case 0xfb: given.v_len = 0; return true;
    case 0xfa: given.out_len += 1 + bytes.below(3); return true;
    case 0xf9: given.out_len--; return true;
    case 0xf8: given.a_len = SIZE_MAX - bytes.below(64); return true;
    case 0xf7: given.v_len = SIZE_MAX / 2 + 1 + bytes.below(64); return true;
    case 0xf6: given.a = a.begin + (alignment > 1); return alignment > 1;
    case 0xf5: given.v = v.begin + (alignment > 1); return alignment > 1;
    case 0xf4: given.out = out.begin + (alignment > 1); return alignment > 1;
    // The output within an input.
    case 0xf3:
    case 0xf2: {
        Region input = how & 1 ? a : v;
        if (out.bytes == 0 || out.bytes > input.bytes) {
            return false;
        }
        given.out = input.begin + (bytes.byte() & 1 ? input.bytes - out.bytes : 0);
        return true;
    }
    default: return false;
    }
}

void convolve_into(Program &program) {
    Bytes &bytes = program.bytes;
    mlx_dtype dtype = bytes.one_in(64) ? 14 : mlx_dtype(bytes.below(DTYPES));
    mlx_mode mode = some_mode(bytes);
    size_t each = is_dtype(dtype) ? dtypes[dtype].size : 1, alignment = is_dtype(dtype) ? dtypes[dtype].alignment : 1;
    static const size_t borders[] = {1,  2,  3,  4,   5,   8,   15,  16,  17,  31,  32,  33,   63,
                                     64, 65, 99, 100, 127, 128, 129, 255, 256, 257, 500, 1000, 2100};
    auto some_length = [&] {
        size_t kind = bytes.below(4);
        return kind < 2 ? 1 + bytes.below(24) : kind == 2 ? bytes.of(borders) : 1 + bytes.below(3000);
    };
    size_t a_len = some_length(), v_len = some_length(), out_len = length_of(a_len, v_len, mode);
    if (a_len * v_len > MOST_PRODUCTS) {
        return;
    }
    std::vector<uint8_t> a_elements = some_elements(bytes, is_dtype(dtype) ? dtype : MLX_UINT8, a_len);
    std::vector<uint8_t> v_elements = some_elements(bytes, is_dtype(dtype) ? dtype : MLX_UINT8, v_len);
    // Allocations of their own, whose ends are those of the elements, at every alignment that is allowed.
    uint8_t how = bytes.byte(), shifts = bytes.byte();
    auto allocate = [&](size_t length, size_t shift) {
        size_t size = shift + length * each;
        return std::vector<uint8_t>(size + (size == 0), 0xa5);
    };
    size_t a_shift = (shifts & 7) * alignment, v_shift = (shifts >> 3 & 7) * alignment,
           out_shift = (shifts >> 6) * alignment;
    std::vector<uint8_t> a_memory = allocate(a_len, a_shift), v_memory = allocate(v_len, v_shift),
                         out_memory = allocate(out_len, out_shift);
    memcpy(a_memory.data() + a_shift, a_elements.data(), a_len * each);
    memcpy(v_memory.data() + v_shift, v_elements.data(), v_len * each);
    Region a{a_memory.data() + a_shift, a_len * each}, v{v_memory.data() + v_shift, v_len * each},
        out{out_memory.data() + out_shift, out_len * each};
    Arguments given{a.begin, a_len, v.begin, v_len, out.begin, out_len};
    bool spoilt = spoil(given, how, bytes, a, v, out, alignment), wrong = spoilt || !is_dtype(dtype) || !is_mode(mode);
    if (how >= 0xc0 && how < 0xd8) {
        // One operand within the other.
        size_t both = std::min(a_len, v_len);
        const uint8_t *within = a.begin + (a_len - both) * each;
        given.v = within, given.v_len = both;
        v_elements.assign(within, within + both * each);
        if (length_of(a_len, both, mode) != out_len) {
            wrong = true;
        }
    }
    Call call("mlx_convolve_into", Call::MAY_RUN_OUT);
    mlx_status status;
    {
        FloatMode other(bytes);
        status = mlx_convolve_into(given.a, given.a_len, given.v, given.v_len, dtype, mode, given.out, given.out_len);
    }
    bool made = call.came_to(status, unless(wrong));
    bool untouched = status == MLX_STATUS_INVALID_ARGUMENT;
    for (size_t i = 0; i < (untouched ? out_memory.size() : out_shift); i++) {
        if (out_memory[i] != 0xa5) {
            found("mlx_convolve_into wrote byte %zu of its output, which begins at %zu; it returned %d", i, out_shift,
                  status);
        }
    }
    if (memcmp(a.begin, a_elements.data(), a.bytes) != 0) {
        found("mlx_convolve_into wrote into an input");
    }
    if (!made) {
        return;
    }
    program.check_convolution({dtype, a_elements}, {dtype, v_elements}, dtype, mode, out.begin);
}

// Any lengths at all.
size_t any_length(Bytes &bytes) {
    static const size_t borders[] = {0,
                                     1,
                                     2,
                                     size_t(1) << 31,
                                     size_t(1) << 32,
                                     size_t(1) << 62,
                                     PTRDIFF_MAX - 1,
                                     PTRDIFF_MAX,
                                     size_t(PTRDIFF_MAX) + 1,
                                     SIZE_MAX - 1,
                                     SIZE_MAX};
    switch (bytes.below(4)) {
    case 0: return bytes.of(borders);
    case 1: return bytes.number(8);
    default: return bytes.number(2);
    }
}

void length(Program &program) {
    size_t a = any_length(program.bytes), v = any_length(program.bytes);
    mlx_mode mode = some_mode(program.bytes);
    Call call("mlx_convolve_length");
    size_t got = mlx_convolve_length(a, v, mode);
    call.came_to(MLX_STATUS_SUCCESS, SUCCESS);
    if (got != length_of(a, v, mode)) {
        found("mlx_convolve_length(%zu, %zu, %d) is %zu", a, v, mode, got);
    }
}

void explain(Program &program) {
    size_t a = any_length(program.bytes), v = any_length(program.bytes);
    mlx_mode mode = some_mode(program.bytes);
    mlx_dtype dtype = program.bytes.one_in(32) ? -1 : mlx_dtype(program.bytes.below(DTYPES));
    auto place = program.pick_place(program.strings);
    bool wrong =
        place.wrong || !is_mode(mode) || !is_dtype(dtype) || a == 0 || v == 0 || a > PTRDIFF_MAX || v > PTRDIFF_MAX - a;
    Call call("mlx_convolve_explain", Call::MAY_RUN_OUT);
    bool made = call.came_to(mlx_convolve_explain(a, v, dtype, mode, place.pointer), unless(wrong));
    std::string text;
    if (made) {
        text = mlx_string_data(*place.pointer);
        if (text.find("method: ") == std::string::npos) {
            found("mlx_convolve_explain names no method: '%s'", text.c_str());
        }
    }
    program.placed("mlx_convolve_explain", program.strings, place, made, text);
}

void set_num_threads(Program &program) {
    static const int counts[] = {0, 1, 2, 3, 8, -1, INT_MIN};
    int count = program.bytes.of(counts);
    Call call("mlx_set_num_threads", Call::MAY_RUN_OUT);
    call.came_to(mlx_set_num_threads(count), unless(count < 0));
}

} // namespace

const std::vector<Operation> convolve_operations = {
    convolve,      convolve,      convolve,      convolve,      convolve, convolve, convolve_large,
    convolve_into, convolve_into, convolve_into, convolve_into, length,   explain,  set_num_threads,
};
