/* Every allocation of the library fails once, one after another. The call then reports a failure, or does its work
 * without that allocation.
 *
 * A part is a piece of a program. It runs with its first allocation failing, then with its second, and so on until no
 * allocation is left. Then it runs again in the same way, but all later allocations also fail. After each run, the part
 * must succeed, and the library must hold the same memory as before. Each part runs in a child process, so that a crash
 * counts as one failure and prints nothing. */
#include "parts.h"

#include <sys/wait.h>
#include <unistd.h>

#include "allocations.h"

enum { MOST_CRASHES = 5, SECONDS_TO_SETTLE = 10, SECONDS_TO_HANG = 60 };

/* A part, the problems that it is run with, and which allocations count. */
typedef struct {
    bool (*part)(void);
    size_t first_problem, last_problem;
    shortage which;
} plan;

static run first_run(const plan *p) { return (run){.problem = p->first_problem}; }

/* Most allocations are left out where time is short. */
static void next_run(run *r) { r->first += quick() && r->first > 0 ? 17 : 1; }

/* What follows when a run had nothing to fail: no later ones of its kind would. */
static void next_kind(run *r) {
    r->problem += !r->and_all_later ? 0 : quick() ? 4 : 1;
    r->and_all_later = !r->and_all_later;
    r->first = 0;
}

/* A run as a label of what it takes, and back. */
static long label_of(run r) { return (r.first * PROBLEMS + (long)r.problem) * 2 + r.and_all_later; }

static run run_of(long label) {
    return (run){(size_t)(label / 2 % PROBLEMS), label % 2 != 0, label / 2 / PROBLEMS};
}

/* What the library holds between two runs. */
typedef struct {
    size_t active;
    long mapped;
} holdings;

static holdings held_now(void) {
    must(mlx_clear_cache() == MLX_STATUS_SUCCESS);
    return (holdings){active_memory(), bytes_mapped()};
}

static bool holds_no_more(const void *before) {
    const holdings *then = before, now = held_now();
    return now.active <= then->active && now.mapped <= then->mapped;
}

static bool no_blocks_left(const void *unused) {
    (void)unused;
    return mlx_clear_cache() == MLX_STATUS_SUCCESS && blocks_left() == 0;
}

/* One run with a shortage, and one after it. Returns how many allocations failed. */
static long run_short(const plan *p, run r, holdings *before) {
    shortage which = p->which;
    which.first = r.first;
    which.and_all_later = r.and_all_later;
    notes->now = r;
    current = &problems[r.problem];
    alarm(SECONDS_TO_HANG);
    label_allocations(label_of(r));
    begin_shortage(which);
    bool whole = p->part();
    long refused = end_shortage();
    must(whole || refused > 0);
    must(p->part());
    if (!comes_true(holds_no_more, before, SECONDS_TO_SETTLE)) {
        holdings now = held_now();
        note("%zu bytes active and %ld mapped instead of %zu and %ld\n", now.active, now.mapped, before->active,
             before->mapped);
        *before = now;
    }
    return refused;
}

/* What is made once and then kept is no leak: if so, the same runs make it no second time. */
static void check_blocks_left(const plan *p, holdings *before) {
    enum { MOST = 100 };
    if (comes_true(no_blocks_left, NULL, SECONDS_TO_SETTLE)) {
        return;
    }
    run again[MOST];
    size_t left = blocks_left() < MOST ? blocks_left() : MOST;
    for (size_t i = 0; i < left; i++) {
        again[i] = run_of(one_block_left(i).label);
    }
    watch_allocations();
    *before = held_now();
    for (size_t i = 0; i < left; i++) {
        run_short(p, again[i], before);
    }
    if (!comes_true(no_blocks_left, NULL, SECONDS_TO_SETTLE)) {
        for (size_t i = 0; i < blocks_left(); i++) {
            notes->now = run_of(one_block_left(i).label);
            note("%zu bytes are not given back\n", one_block_left(i).bytes);
        }
    }
}

/* In the child: every run from where the last child came to. Returns how many allocations failed in all. */
static long run_all(const plan *p) {
    run r = notes->now;
    for (size_t i = r.problem; i <= p->last_problem; i++) {
        current = &problems[i];
        for (int turn = 0; turn < 3; turn++) {
            must(p->part()); /* whatever is made once and kept is there now */
        }
    }
    must(mlx_clear_cache() == MLX_STATUS_SUCCESS);
    watch_allocations();
    holdings before = held_now();
    long refused_in_all = 0, refused;
    for (; r.problem <= p->last_problem; next_kind(&r)) {
        do {
            next_run(&r);
            refused = run_short(p, r, &before);
            refused_in_all += refused;
        } while (refused > 0);
    }
    check_blocks_left(p, &before);
    return refused_in_all;
}

/* Shows what the child printed, which is nothing if all is well. */
static bool printed_nothing(FILE *spoken) {
    char words[400] = "";
    rewind(spoken);
    size_t length = fread(words, 1, sizeof words - 1, spoken);
    if (length > 0) {
        print_error("printed: \"%.*s\"\n", (int)length, words);
    }
    return length == 0;
}

static void carry_out(plan p) {
    if (!allocations_can_fail()) {
        skip(); /* the sanitizer, or another C library, keeps its allocation functions */
    }
    FILE *spoken = tmpfile();
    assert_non_null(spoken);
    fflush(NULL);
    memset(notes, 0, sizeof *notes);
    notes->now = first_run(&p);
    int status = -1;
    for (int crashes = 0; status != 0 && crashes < MOST_CRASHES; crashes++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            dup2(fileno(spoken), STDOUT_FILENO);
            dup2(fileno(spoken), STDERR_FILENO);
            alarm(SECONDS_TO_HANG);
            must(run_all(&p) > 0 || crashes > 0); /* or nothing was tested */
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0) {
            note("the process ended with %s %d\n", WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        }
    }
    bool silent = printed_nothing(spoken);
    fclose(spoken);
    for (char *line = notes->text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        print_error("%.*s\n", (int)(end - line), line); /* which cuts what is long */
    }
    assert_true(silent && notes->len == 0);
}

#define TEST(part) \
    static void test_##part(void **state) { (void)state, carry_out((plan){part, 0, 0, {0}}); }
#define TEST_PROBLEMS(part) \
    static void test_##part(void **state) { (void)state, carry_out((plan){part, 0, LARGE, {0}}); }

TEST(strings)
TEST(devices)
TEST(streams)
TEST(arrays)
TEST(scalars)
TEST(two_dtypes)
TEST(refusals)
TEST(new_thread)
TEST_PROBLEMS(managed)
TEST_PROBLEMS(convolutions)
TEST_PROBLEMS(plain_pointers)
TEST_PROBLEMS(options_and_rows)
TEST_PROBLEMS(two_streams)

/* Memory runs out on the threads that do the work: calls return, and the work behind them fails. */
static void test_work_that_fails(void **state) {
    (void)state;
    carry_out((plan){two_streams_elsewhere, LARGE, LARGE, {.smallest = 4096, .on_other_threads = true}});
}

/* None of the many results that fail takes memory for its failure. */
static void test_many_failed_results(void **state) {
    (void)state;
    if (!allocations_can_fail()) {
        skip();
    }
    current = &problems[LARGE];
    must(mlx_clear_cache() == MLX_STATUS_SUCCESS);
    begin_shortage((shortage){.first = 1, .and_all_later = true, .on_other_threads = true});
    assert_false(many_results());
    assert_int_equal(notes->len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_streams),        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_scalars),        cmocka_unit_test(test_two_dtypes),
        cmocka_unit_test(test_refusals),       cmocka_unit_test(test_new_thread),
        cmocka_unit_test(test_managed),        cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_plain_pointers), cmocka_unit_test(test_two_streams),
        cmocka_unit_test(test_options_and_rows), cmocka_unit_test(test_work_that_fails),
        cmocka_unit_test(test_many_failed_results),
    };
    return cmocka_run_group_tests(tests, open_problems, close_problems);
}
