/* Work on many streams at once: every result has the bits of a serial run, whatever runs at the same time. */
#include "support.h"

enum { MOST_NODES = 260, STREAMS = 8 };

/* How a node reads its first operand. Read twice backwards it is itself again, by way of a copy that a stream makes. */
typedef enum { FORWARDS, BACKWARDS, TWICE_BACKWARDS, WAYS } way;

/* One array of a graph. A signal stays within [-1, 1] and the magnitudes of a filter add up to 1 at most; convolved
 * with a filter, either remains what it is, so values stay bounded however deep the graph. */
typedef struct {
    const dtype_info *dtype;
    size_t len;
    bool is_filter;
    int a, v; /* the nodes that it is made of; none for the first ones */
    way way;
    int last_reader; /* the last node that is made of it; MOST_NODES if its values are read in the end */
    void *values;    /* of the serial run */
} node;

typedef struct {
    uint64_t seed;
    int count;
    node nodes[MOST_NODES];
} graph;

static const mlx_dtype graph_dtypes[] = {MLX_FLOAT32, MLX_FLOAT64, MLX_COMPLEX64, MLX_BFLOAT16,
                                         MLX_INT16,   MLX_INT64,   MLX_BOOL};
enum { GRAPH_DTYPES = sizeof graph_dtypes / sizeof *graph_dtypes };

/* From what runs at once to what takes milliseconds, by every method. */
static const size_t signal_lens[] = {8, 300, 5000, 60000}, filter_lens[] = {3, 40, 1500};
enum { SIGNALS = sizeof signal_lens / sizeof *signal_lens, FILTERS = sizeof filter_lens / sizeof *filter_lens };

static size_t scaled(size_t len) { return quick() && len > 100 ? len / 20 : len; }

/* One tap of 3 / 4, the others sum to 1 / 4 at most: repeated, it neither grows nor fades away. */
static void fill_filter(const dtype_info *dtype, void *data, size_t len, uint64_t seed) {
    fill_random(dtype, data, len, seed);
    if (dtype->kind == KIND_BOOL) {
        memset(data, 0, len); /* few, or the OR of all is true everywhere */
        store(dtype, data, len / 2, 1, 0);
    }
    for (size_t i = 0; !is_exact(dtype) && i < len; i++) {
        store(dtype, data, i, load_re(dtype, data, i) / (8.0 * (double)len),
              load_im(dtype, data, i) / (8.0 * (double)len));
    }
    store(dtype, data, 0, is_exact(dtype) ? 1 : 0.75, 0);
}

static void add_first_node(graph *g, const dtype_info *dtype, size_t len, bool is_filter) {
    node *n = &g->nodes[g->count++];
    *n = (node){.dtype = dtype, .len = len, .is_filter = is_filter, .a = -1, .v = -1};
    n->values = take(len * dtype->size);
    (is_filter ? fill_filter : fill_random)(dtype, n->values, len, g->seed + (uint64_t)g->count);
}

static int draw(const graph *g, const dtype_info *dtype, bool filters_only, uint64_t *random) {
    for (;;) {
        int i = (int)(next_random(random) % (uint64_t)g->count);
        if (g->nodes[i].dtype == dtype && (g->nodes[i].is_filter || !filters_only)) {
            return i;
        }
    }
}

/* `len` elements, the last first. */
static void *turned(const node *from) {
    char *to = take(from->len * from->dtype->size);
    const char *values = from->values;
    for (size_t i = 0, size = from->dtype->size; i < from->len; i++) {
        memcpy(to + i * size, values + (from->len - 1 - i) * size, size);
    }
    return to;
}

static void add_node(graph *g, uint64_t *random) {
    const dtype_info *dtype = &all_dtypes[graph_dtypes[next_random(random) % GRAPH_DTYPES]];
    int one = draw(g, dtype, false, random), other = draw(g, dtype, !is_exact(dtype), random);
    bool swap = next_random(random) % 2 != 0;
    int a = swap ? other : one, v = swap ? one : other;
    node *n = &g->nodes[g->count];
    *n = (node){.dtype = dtype, .a = a, .v = v, .way = (way)(next_random(random) % WAYS)};
    n->is_filter = g->nodes[a].is_filter && g->nodes[v].is_filter;
    n->len = mlx_convolve_length(g->nodes[a].len, g->nodes[v].len, MLX_MODE_SAME);
    void *a_values = n->way == BACKWARDS ? turned(&g->nodes[a]) : g->nodes[a].values;
    n->values = through_into(dtype, a_values, g->nodes[a].len, g->nodes[v].values, g->nodes[v].len, MLX_MODE_SAME);
    if (n->way == BACKWARDS) {
        free(a_values);
    }
    g->nodes[a].last_reader = g->nodes[v].last_reader = g->count++;
}

/* A graph drawn from `seed`, and its values. */
static graph *new_graph(uint64_t seed) {
    graph *g = take(sizeof *g);
    g->seed = seed;
    g->count = 0;
    for (size_t d = 0; d < GRAPH_DTYPES; d++) {
        const dtype_info *dtype = &all_dtypes[graph_dtypes[d]];
        for (size_t i = 0; i < SIGNALS; i++) {
            add_first_node(g, dtype, scaled(signal_lens[i]), false);
        }
        for (size_t i = 0; i < FILTERS; i++) {
            add_first_node(g, dtype, scaled(filter_lens[i]), true);
        }
    }
    uint64_t random = ~seed;
    for (int most = quick() ? g->count + 50 : MOST_NODES; g->count < most;) {
        add_node(g, &random);
    }
    for (int i = 0; i < g->count; i++) {
        node *n = &g->nodes[i];
        if (n->last_reader == 0 || next_random(&random) % 4 == 0) {
            n->last_reader = MOST_NODES;
        }
    }
    return g;
}

static void free_graph(graph *g) {
    for (int i = 0; i < g->count; i++) {
        free(g->nodes[i].values);
    }
    free(g);
}

/* A handle of its own for how a node reads `array`. */
static mlx_array reader_of(mlx_array array, way way) {
    mlx_array reader = mlx_array_new();
    assert_ok(mlx_array_set(&reader, array));
    size_t len = mlx_array_size(array);
    for (int turns = way; turns > 0; turns--) {
        mlx_array view = strided_view(reader, len, -1, len - 1);
        assert_ok(mlx_array_free(reader));
        reader = view;
    }
    return reader;
}

static mlx_array made_of(const node *n, const mlx_array *made, mlx_stream stream) {
    if (n->a < 0) {
        return array_of(n->dtype, n->values, n->len);
    }
    mlx_array a = reader_of(made[n->a], n->way), v = reader_of(made[n->v], FORWARDS), out = mlx_array_new();
    assert_ok(mlx_convolve(&a, &v, MLX_MODE_SAME, stream, &out));
    assert_ok(mlx_array_free(a));
    assert_ok(mlx_array_free(v));
    return out;
}

/* Makes every node on one of `count` streams, waiting for none, and frees each as soon as its last reader is made.
 * After one call in `renewal` its stream is freed and another takes its place. */
static void run_graph(const graph *g, size_t count, uint64_t renewal) {
    uint64_t random = g->seed ^ count;
    mlx_stream streams[STREAMS];
    mlx_array made[MOST_NODES];
    for (size_t s = 0; s < count; s++) {
        streams[s] = new_stream();
    }
    for (int i = 0; i < g->count; i++) {
        mlx_stream *stream = &streams[next_random(&random) % count];
        made[i] = made_of(&g->nodes[i], made, *stream);
        if (next_random(&random) % renewal == 0) {
            assert_ok(mlx_stream_free(*stream));
            *stream = new_stream();
        }
        for (int j = 0; j < i; j++) {
            if (g->nodes[j].last_reader == i) {
                assert_ok(mlx_array_free(made[j]));
            }
        }
    }
    for (int i = g->count - 1; i >= 0; i--) {
        const node *n = &g->nodes[i];
        if (n->last_reader != MOST_NODES) {
            continue;
        }
        const void *values = mlx_array_data_uint8(made[i]);
        if (values == NULL || memcmp(values, n->values, n->len * n->dtype->size) != 0) {
            fail_msg("seed %" PRIu64 ", %zu streams: node %d, %zu of %s, differs", g->seed, count, i, n->len,
                     n->dtype->name);
        }
        assert_ok(mlx_array_free(made[i]));
    }
    for (size_t s = 0; s < count; s++) {
        assert_ok(mlx_synchronize(streams[s]));
        assert_ok(mlx_stream_free(streams[s]));
    }
}

static void random_graphs(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= (quick() ? 1 : 3); seed++) {
        graph *g = new_graph(seed);
        run_graph(g, 1, UINT64_MAX);
        run_graph(g, STREAMS, UINT64_MAX);
        run_graph(g, STREAMS, 8);
        run_graph(g, STREAMS, 1);
        free_graph(g);
    }
}

/* x convolved with one filter after the other. */
enum { CHAIN = 40 };
typedef struct {
    const dtype_info *dtype;
    size_t len;
    char *x, *want;
    char *filters[FILTERS];
} chain;

static size_t filter_at(int step) { return (size_t)step % 5 == 0 ? FILTERS - 1 : (size_t)step % (FILTERS - 1); }

static chain new_chain(mlx_dtype number, size_t len) {
    const dtype_info *dtype = &all_dtypes[number];
    chain c = {.dtype = dtype, .len = len, .x = take(len * dtype->size)};
    fill_random(dtype, c.x, len, len);
    for (size_t i = 0; i < FILTERS; i++) {
        c.filters[i] = take(scaled(filter_lens[i]) * dtype->size);
        fill_filter(dtype, c.filters[i], scaled(filter_lens[i]), i);
    }
    c.want = take(len * dtype->size);
    memcpy(c.want, c.x, len * dtype->size);
    for (int step = 0; step < CHAIN; step++) {
        size_t f = filter_at(step);
        char *next = through_into(dtype, c.want, len, c.filters[f], scaled(filter_lens[f]), MLX_MODE_SAME);
        free(c.want);
        c.want = next;
    }
    return c;
}

static void free_chain(chain *c) {
    for (size_t i = 0; i < FILTERS; i++) {
        free(c->filters[i]);
    }
    free(c->x);
    free(c->want);
}

/* Each step's output is the handle of its input, whichever operand that is, and the stream the next of `count`. */
static void run_chain(const chain *c, size_t count) {
    mlx_stream streams[STREAMS];
    for (size_t s = 0; s < count; s++) {
        streams[s] = new_stream();
    }
    mlx_array x = array_of(c->dtype, c->x, c->len);
    const mlx_array copy = x;
    for (int step = 0; step < CHAIN; step++) {
        size_t f = filter_at(step);
        mlx_array filter = array_of(c->dtype, c->filters[f], scaled(filter_lens[f]));
        bool first = step % 2 == 0;
        assert_ok(mlx_convolve(first ? &x : &filter, first ? &filter : &x, MLX_MODE_SAME,
                               streams[(size_t)step % count], &x));
        assert_ok(mlx_array_free(filter));
    }
    assert_ptr_equal(x.ctx, copy.ctx);
    const void *values = mlx_array_data_uint8(copy);
    assert_non_null(values);
    assert_memory_equal(values, c->want, c->len * c->dtype->size);
    assert_ok(mlx_array_free(x));
    for (size_t s = 0; s < count; s++) {
        assert_ok(mlx_stream_free(streams[s]));
    }
}

/* Lengths at least the longest filter's: the order of the operands then changes no length, and no bit. */
static void chains(void **state) {
    (void)state;
    const mlx_dtype dtypes[] = {MLX_FLOAT32, MLX_FLOAT64, MLX_COMPLEX64, MLX_INT16, MLX_INT64};
    const size_t lens[] = {1600, 20000};
    for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++) {
        for (size_t l = 0; l < sizeof lens / sizeof *lens; l++) {
            chain c = new_chain(dtypes[d], scaled(lens[l]));
            run_chain(&c, 1);
            run_chain(&c, 2);
            run_chain(&c, STREAMS);
            free_chain(&c);
        }
    }
}

/* Both operands and the output are one handle. */
static void one_handle_for_everything(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_UINT16];
    const size_t len = quick() ? 300 : 5000;
    void *want = take(len * dtype->size);
    fill_random(dtype, want, len, 1);
    mlx_array x = array_of(dtype, want, len);
    mlx_stream streams[2] = {new_stream(), new_stream()};
    for (int step = 0; step < 10; step++) {
        assert_ok(mlx_convolve(&x, &x, MLX_MODE_SAME, streams[step / 2 % 2], &x));
        void *next = through_into(dtype, want, len, want, len, MLX_MODE_SAME);
        free(want);
        want = next;
    }
    const void *values = mlx_array_data_uint16(x);
    assert_non_null(values);
    assert_memory_equal(values, want, len * dtype->size);
    free(want);
    assert_ok(mlx_array_free(x));
    assert_ok(mlx_stream_free(streams[0]));
    assert_ok(mlx_stream_free(streams[1]));
}

/* Many results wait for the first of them: none is computed, waited for or freed by recursion. */
static void long_chain_behind_long_work(void **state) {
    (void)state;
    const dtype_info *dtype = &all_dtypes[MLX_INT32];
    const int links = quick() ? 500 : 100000;
    const size_t len = quick() ? 3000 : 300000;
    void *signal = take(len * dtype->size);
    fill_random(dtype, signal, len, 1);
    mlx_stream streams[2] = {new_stream(), new_stream()};
    mlx_array long_one = array_of(dtype, signal, len), x = mlx_array_new();
    assert_ok(mlx_convolve(&long_one, &long_one, MLX_MODE_VALID, streams[0], &x)); /* one element */
    mlx_array first = mlx_array_new(), three = array_of(dtype, (const int32_t[]){3}, 1);
    assert_ok(mlx_array_set(&first, x));
    for (int link = 0; link < links; link++) {
        assert_ok(mlx_convolve(&x, &three, MLX_MODE_SAME, streams[link / 3 % 2], &x));
    }
    int32_t last_item, first_item;
    assert_ok(mlx_array_item_int32(&last_item, x));
    assert_ok(mlx_array_item_int32(&first_item, first));
    uint32_t want = (uint32_t)first_item;
    for (int link = 0; link < links; link++) {
        want *= 3;
    }
    assert_int_equal((uint32_t)last_item, want);
    assert_ok(mlx_array_free(x));
    assert_ok(mlx_array_free(first));
    assert_ok(mlx_array_free(three));
    assert_ok(mlx_array_free(long_one));
    assert_ok(mlx_stream_free(streams[0]));
    assert_ok(mlx_stream_free(streams[1]));
    free(signal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
        cmocka_unit_test(chains),
        cmocka_unit_test(one_handle_for_everything),
        cmocka_unit_test(long_chain_behind_long_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
