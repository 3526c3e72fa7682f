/* Runs a part of a test in its own process. */
#ifndef SILENT_CHILD_H
#define SILENT_CHILD_H

#include "support.h"

#include <sys/wait.h>
#include <unistd.h>

/* Calls `part` in a child. If it returns false, or the child aborts, prints or takes longer, the test fails. */
static inline void in_a_silent_child(unsigned seconds, bool (*part)(void)) {
    int printed[2];
    assert_int_equal(pipe(printed), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(printed[1], STDOUT_FILENO);
        dup2(printed[1], STDERR_FILENO);
        close(printed[1]);
        alarm(seconds);
        _exit(!part());
    }
    close(printed[1]);
    char byte;
    assert_int_equal(read(printed[0], &byte, 1), 0);
    close(printed[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#endif
