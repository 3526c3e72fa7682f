/* The environment variables. Each is read once, so each value is tried in a child process, which explains a plan. */
#include "support.h"

#include <sys/wait.h>
#include <unistd.h>

static const char *program;
static const char *const variables[] = {"MLX_CONVOLVE_ISA", "MLX_CONVOLVE_METHOD", "MLX_CONVOLVE_NUM_THREADS"};
enum { VARIABLES = sizeof variables / sizeof *variables, MOST = 4096 };

/* Long work, which any number of threads may share. */
static int print_plan(void) {
    mlx_string text = mlx_string_new();
    if (mlx_convolve_explain((size_t)1 << 36, (size_t)1 << 20, MLX_FLOAT32, MLX_MODE_FULL, &text) != MLX_STATUS_SUCCESS) {
        return 1;
    }
    return puts(mlx_string_data(text)) < 0 || mlx_string_free(text) != MLX_STATUS_SUCCESS;
}

/* What a child prints with this variable set and the others not. `value` may be NULL. */
static void explain_with(const char *variable, const char *value, char text[MOST]) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (int i = 0; i < VARIABLES; i++) {
            unsetenv(variables[i]);
        }
        if (value != NULL) {
            setenv(variable, value, 1);
        }
        dup2(ends[1], STDOUT_FILENO);
        execl(program, program, "print", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t more; len + 1 < MOST && (more = read(ends[0], text + len, MOST - 1 - len)) > 0;) {
        len += (size_t)more;
    }
    text[len] = '\0';
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void assert_has(const char *text, const char *words) {
    if (strstr(text, words) == NULL) {
        fail_msg("no \"%s\" in \"%s\"", words, text);
    }
}

static void assert_nothing_is_ignored(const char *text) {
    if (strstr(text, "ignored") != NULL) {
        fail_msg("ignored in \"%s\"", text);
    }
}

static void unknown_values_are_told(void **state) {
    (void)state;
    static const char *const unknown[][2] = {
        {"MLX_CONVOLVE_ISA", "avx1024"},     {"MLX_CONVOLVE_ISA", "AVX2"},       {"MLX_CONVOLVE_ISA", "avx512vnni"},
        {"MLX_CONVOLVE_METHOD", "FFT"},      {"MLX_CONVOLVE_METHOD", "1"},       {"MLX_CONVOLVE_NUM_THREADS", "0"},
        {"MLX_CONVOLVE_NUM_THREADS", "-1"},  {"MLX_CONVOLVE_NUM_THREADS", "3 4"}, {"MLX_CONVOLVE_NUM_THREADS", "two"},
        {"MLX_CONVOLVE_NUM_THREADS", "1.5"},
    };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        char text[MOST], without[MOST], words[200];
        explain_with(unknown[i][0], unknown[i][1], text);
        snprintf(words, sizeof words, "\nignored: %s=\"%s\" (known are ", unknown[i][0], unknown[i][1]);
        assert_has(text, words);
        /* And the plan is the one without. */
        explain_with(NULL, NULL, without);
        assert_nothing_is_ignored(without);
        assert_memory_equal(text, without, strlen(without) - 1);
    }
}

static void not_text(void **state) {
    (void)state;
    char text[MOST];
    explain_with("MLX_CONVOLVE_METHOD", "fft\xff", text);
    assert_has(text, "\nignored: MLX_CONVOLVE_METHOD=");
}

static void empty_values_are_none(void **state) {
    (void)state;
    for (int i = 0; i < VARIABLES; i++) {
        char text[MOST];
        explain_with(variables[i], "", text);
        assert_nothing_is_ignored(text);
        explain_with(variables[i], "  ", text);
        assert_nothing_is_ignored(text);
    }
}

static void known_values_take_effect(void **state) {
    (void)state;
    static const char *const known[][3] = {
        {"MLX_CONVOLVE_ISA", "portable", "\nkernel: portable "},
        {"MLX_CONVOLVE_ISA", " portable\n", "\nkernel: portable "},
        {"MLX_CONVOLVE_METHOD", "direct", "\nmethod: direct\n"},
        {"MLX_CONVOLVE_METHOD", "fft ", "\nmethod: fft"},
        {"MLX_CONVOLVE_NUM_THREADS", "3", "\nthreads: 3\n"},
        {"MLX_CONVOLVE_NUM_THREADS", " 3", "\nthreads: 3\n"},
        {"MLX_CONVOLVE_NUM_THREADS", "2000", "\nthreads: 1024\n"},
        {"MLX_CONVOLVE_NUM_THREADS", "99999999999999999999999", "\nthreads: 1024\n"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[MOST];
        explain_with(known[i][0], known[i][1], text);
        assert_has(text, known[i][2]);
        assert_nothing_is_ignored(text);
    }
}

/* Each known instruction set either decides alone, or is told to be lacking. At least one is: a machine is of one kind. */
static void instruction_sets(void **state) {
    (void)state;
    static const char *const names[] = {"portable", "avx2", "avx512", "neon"};
    int lacking = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[MOST], words[200];
        explain_with("MLX_CONVOLVE_ISA", names[i], text);
        if (strstr(text, "ignored") != NULL) {
            snprintf(words, sizeof words, "\nignored: MLX_CONVOLVE_ISA=\"%s\" (this machine lacks it)", names[i]);
            assert_has(text, words);
            lacking++;
        } else {
            snprintf(words, sizeof words,
                     "\nkernel: %s float32\nbits: the same on every machine with this instruction set\n", names[i]);
            assert_has(text, words);
        }
    }
    assert_true(lacking > 0 && lacking < 4);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_values_are_told), cmocka_unit_test(not_text),
        cmocka_unit_test(empty_values_are_none),   cmocka_unit_test(known_values_take_effect),
        cmocka_unit_test(instruction_sets),
    };
    program = argv[0];
    if (argc > 1) {
        return print_plan();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
