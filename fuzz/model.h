// What the library should hold: a node for the values of each array, and the objects behind the handles.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bytes.h"
#include "check.h"
#include "mlx_convolve.h"
#include "values.h"

// Memory lent to the library.
struct Loan {
    uint8_t *memory = nullptr;
    bool has_dtor = true;
    std::atomic<int> returned{0};
    ~Loan();
};

// The values of an array. Those of a convolution are known once they have been read and found right.
struct Node {
    mlx_dtype dtype = MLX_BOOL;
    std::vector<int> shape;
    std::vector<int64_t> strides;
    // Its own elements, the last dimension fastest ...
    std::vector<uint8_t> elements;
    bool known = true;
    // ... or others', from `offset` on; the library shares their memory, or has copied them.
    std::shared_ptr<Node> base;
    size_t offset = 0;
    bool shares_memory = false;
    // How to compute what is not known.
    std::shared_ptr<Node> a, v;
    mlx_mode mode = 0;
    bool compute_again = false;
    // A handle of the harness's own, which keeps values that another node needs to be known.
    mlx_array keeper = {nullptr};
    std::shared_ptr<Loan> loan;

    ~Node();
    size_t size() const;
    bool is_contiguous() const;
    // Of element `index`, the last dimension fastest.
    const uint8_t *element(size_t index) const;
    // Of element `index`, from the first one, in elements.
    int64_t place(size_t index) const;
};

std::shared_ptr<Node> plain_node(mlx_dtype dtype, std::vector<int> shape, std::vector<uint8_t> elements);

struct DeviceModel {
    mlx_device_type type;
    int index;
};

// Elements side by side.
struct Elements {
    mlx_dtype dtype;
    std::vector<uint8_t> bytes;
    size_t count() const { return bytes.size() / dtypes[dtype].size; }
};

// Handles of one noun: places for them, and the objects behind those that are alive.
template <typename Handle, typename Object> struct Pool {
    static constexpr size_t PLACES = 6;
    Handle places[PLACES] = {};
    std::map<void *, Object> objects;

    Object *find(Handle handle) {
        auto found = objects.find(handle.ctx);
        return found == objects.end() ? nullptr : &found->second;
    }
    // The object is gone: no place holds its handle any more.
    void forget(Handle handle) {
        void *gone = handle.ctx;
        objects.erase(gone);
        for (Handle &place : places) {
            if (place.ctx == gone) {
                place.ctx = nullptr;
            }
        }
    }
};

// A destination: where a handle lies, and what is there before the call.
template <typename Handle> struct Place {
    Handle *pointer;
    bool wrong; // NULL, misaligned, a foreign handle
    Handle before;
};

// One program: its bytes, its handles, what it may still spend.
struct Program {
    Bytes bytes;
    Pool<mlx_array, std::shared_ptr<Node>> arrays;
    Pool<mlx_stream, int> streams; // their index
    Pool<mlx_device, DeviceModel> devices;
    Pool<mlx_string, std::string> strings;
    std::vector<std::shared_ptr<Loan>> loans;
    std::vector<std::unique_ptr<Handler>> handlers;
    int default_stream = -1; // this thread's: its index
    size_t work = 1 << 19;   // products that the oracle may sum
    int large = 1;           // convolutions long enough to be queued

    explicit Program(Bytes bytes) : bytes(bytes) {}

    // A handle: mostly one that is alive, if there is one; or whatever a place holds; now and then a foreign one.
    template <typename Handle, typename Object> Handle pick(Pool<Handle, Object> &pool) {
        uint8_t choice = bytes.byte();
        if (choice >= 0xf8) {
            return {foreign()};
        }
        size_t place = choice % pool.PLACES;
        for (size_t tries = 0; choice < 0xe8 && pool.places[place].ctx == nullptr && tries < pool.PLACES; tries++) {
            place = (place + 1) % pool.PLACES;
        }
        return pool.places[place];
    }
    template <typename Handle, typename Object> Place<Handle> pick_place(Pool<Handle, Object> &pool) {
        uint8_t choice = bytes.byte();
        if (choice >= 0xf8) {
            static Handle wrong[2];
            wrong[0].ctx = foreign();
            if (choice % 3 == 0) {
                return {nullptr, true, {nullptr}};
            }
            if (choice % 3 == 1) {
                return {reinterpret_cast<Handle *>(reinterpret_cast<char *>(wrong) + 1), true, {nullptr}};
            }
            if (wrong[0].ctx != nullptr && pool.find(wrong[0]) == nullptr) {
                return {wrong, true, wrong[0]};
            }
        }
        Handle *place = &pool.places[choice % pool.PLACES];
        return {place, false, *place};
    }
    // After the call: the place is untouched, or holds the object, anew or in place of what it held.
    template <typename Handle, typename Object>
    void placed(const char *name, Pool<Handle, Object> &pool, Place<Handle> place, bool success, Object object) {
        if (place.wrong) {
            return;
        }
        void *now = place.pointer->ctx;
        if (!success || place.before.ctx != nullptr) {
            if (now != place.before.ctx) {
                found("%s: the handle was exchanged", name);
            }
        } else if (now == nullptr || pool.objects.count(now)) {
            found("%s: success, and the handle is %s", name, now ? "another's" : "empty");
        }
        if (success) {
            pool.objects[now] = std::move(object);
        }
    }
    // Of a constructor: kept in a place whose handle is dropped, and freed if it was the last one, before.
    template <typename Handle, typename Object>
    void constructed(const char *name, Pool<Handle, Object> &pool, Call &call, Handle made, bool allowed,
                     Object object);

    // ctx of a handle that mostly is another noun's, or not the library's.
    void *foreign();
    // NULL now and then; whether it is NULL.
    bool null() { return bytes.one_in(32); }

    void free_array(mlx_array array, const char *name = "mlx_array_free");
    void free_stream(mlx_stream stream);
    void free_device(mlx_device device);
    void free_string(mlx_string string);
    void release(mlx_array array) { free_array(array); }
    void release(mlx_stream stream) { free_stream(stream); }
    void release(mlx_device device) { free_device(device); }
    void release(mlx_string string) { free_string(string); }

    // Metadata as the library tells them.
    void check_array(mlx_array array);
    // Waits for the values and compares all, or some of many, with the node's.
    void check_values(mlx_array array);
    // Nobody got memory back that something still reads, or twice.
    void check_loans();
    // Makes sure that the values can be known later, whatever becomes of the handle.
    void keep(Node &node, mlx_array array);
    // Compares a convolution's outputs with the oracle: all while they are cheap, else both ends and some between.
    void check_convolution(const Elements &a, const Elements &v, mlx_dtype dtype, mlx_mode mode, const uint8_t *out);
    // Reads values that are not known and checks them; `array` is one with these.
    void know(Node &node, mlx_array array);

    // Frees everything and checks that nothing is left.
    void end();
};

template <typename Handle, typename Object>
void Program::constructed(const char *name, Pool<Handle, Object> &pool, Call &call, Handle made, bool allowed,
                          Object object) {
    if (!call.came_to(made.ctx != nullptr, allowed)) {
        return;
    }
    if (pool.objects.count(made.ctx)) {
        found("%s: the handle is another's", name);
    }
    pool.objects.emplace(made.ctx, std::move(object));
    Handle *place = &pool.places[bytes.below(pool.PLACES)];
    Handle before = *place;
    *place = made;
    for (Handle &other : pool.places) {
        if (other.ctx == before.ctx) {
            return;
        }
    }
    release(before);
}

// The nouns' operations: each is one call, or a few that belong together.
using Operation = void (*)(Program &);
extern const std::vector<Operation> array_operations, reading_operations, convolve_operations, options_operations,
    device_operations, stream_operations, string_operations, process_operations;
