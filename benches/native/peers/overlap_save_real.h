/* The part of overlap_save.c that is compiled for REAL, a float or a double. */

/* reals[p] = x[begin + p] * scale, 0 where x has nothing. */
static void NAMED(load)(const plan *plan, const REAL *x, size_t x_len, ptrdiff_t begin, REAL scale) {
    REAL *reals = plan->reals;
    ptrdiff_t points = (ptrdiff_t)plan->points, end = (ptrdiff_t)x_len - begin;
    ptrdiff_t from = begin < 0 ? -begin : 0, to = end < points ? end : points;
    memset(reals, 0, (size_t)from * sizeof(REAL));
    if (scale == 1) {
        memcpy(reals + from, x + begin + from, (size_t)(to - from) * sizeof(REAL));
    } else {
        for (ptrdiff_t p = from; p < to; p++) {
            reals[p] = x[begin + p] * scale;
        }
    }
    memset(reals + to, 0, (size_t)(points - to) * sizeof(REAL));
}

/* spectrum *= filter */
static void NAMED(multiply)(REAL *restrict spectrum, const REAL *restrict filter, size_t bins) {
    for (size_t i = 0; i < bins; i++) {
        REAL re = spectrum[2 * i], im = spectrum[2 * i + 1];
        spectrum[2 * i] = re * filter[2 * i] - im * filter[2 * i + 1];
        spectrum[2 * i + 1] = re * filter[2 * i + 1] + im * filter[2 * i];
    }
}

static void NAMED(convolve)(const plan *plan) {
    const job *job = plan->job;
    const transforms *transforms = plan->transforms;
    NAMED(load)(plan, job->v, job->v_len, 0, (REAL)(1.0 / (double)plan->points));
    transforms->forward(plan->plan, plan->reals, plan->filter);
    for (size_t begin = 0; begin < job->out_len; begin += plan->step) {
        size_t rest = job->out_len - begin, outputs = rest < plan->step ? rest : plan->step;
        NAMED(load)(plan, job->a, job->a_len, plan->origin + (ptrdiff_t)begin, 1);
        transforms->forward(plan->plan, plan->reals, plan->spectrum);
        NAMED(multiply)(plan->spectrum, plan->filter, plan->points / 2 + 1);
        transforms->inverse(plan->plan, plan->spectrum, plan->reals);
        memcpy((REAL *)job->out + begin, (REAL *)plan->reals + plan->lead, outputs * sizeof(REAL));
    }
}
