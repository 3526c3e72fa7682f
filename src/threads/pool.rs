//! Threads that help a computation: one pool for the process.
//!
//! ```text
//! caller: tell the pool of the job; do parts of it until none is left; take the job back; wait for the helpers
//!         that are still at a part
//! helper: take part in a job that wants one more; do parts of it until none is left; look for another job
//! ```
//! The caller never waits for a helper to come, only for those that came: where all are busy, or none could be
//! started, it does all parts itself. So many callers at once get as many threads as they are, and the
//! helpers of one pool. A helper waits for nothing but jobs.
//!
//! Helpers are started when first wanted and end when idle. Those of a process are not in a child that it
//! forks, which starts its own; [`crate::process::Lock`] has the fork wait until the pool is whole.

#![allow(unsafe_code)]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::start::start;
use crate::process::{Guard, Lock, generation, quietly};

/// A helper without work waits this long for more before it ends.
const PATIENCE: Duration = Duration::from_millis(500);

/// Whoever waits looks again and again for so long, and sleeps then: to sleep and be woken takes about as long, and one
/// computation may have several jobs, one behind the other.
const WAKEFUL: Duration = Duration::from_micros(50);

/// Jobs that wait for helpers at a time; more are done by their callers alone.
const MOST_JOBS: usize = 64;

struct Pool {
    /// Of the process that the helpers belong to.
    generation: u32,
    helpers: usize,
    /// Helpers that wait for jobs.
    idle: usize,
    /// Those of them that sleep.
    asleep: usize,
    jobs: [Option<Listed>; MOST_JOBS],
}

/// A job that callers have told of.
#[derive(Clone, Copy)]
struct Listed {
    job: *const Job<'static>,
    /// Helpers that may still come.
    wanted: usize,
}

// SAFETY: what it points to is shared by threads only as `Job` allows.
unsafe impl Send for Listed {}

impl Pool {
    const fn new(generation: u32) -> Self {
        Self { generation, helpers: 0, idle: 0, asleep: 0, jobs: [None; MOST_JOBS] }
    }

    /// A job that wants one more helper.
    fn wanting(&mut self) -> Option<&mut Listed> {
        self.jobs.iter_mut().flatten().find(|listed| listed.wanted > 0)
    }
}

static POOL: Lock<Pool> = Lock::new(Pool::new(0));

/// Jobs that were ever listed, for those that wait without the lock.
static LISTED: AtomicUsize = AtomicUsize::new(0);

/// There are jobs.
static JOBS: Condvar = Condvar::new();
/// A helper has left a job.
static LEFT: Condvar = Condvar::new();

/// The pool of this process. A child that was forked starts with none of its parent's helpers and jobs.
fn lock() -> Guard<Pool> {
    let mut pool = POOL.lock();
    if pool.generation != generation() {
        *pool = Pool::new(generation());
    }
    pool
}

/// Parts that several threads do.
struct Job<'a> {
    /// Does parts until there are none left.
    work: &'a (dyn Fn() + Sync),
    /// Helpers that are at it: more come under the pool's lock only.
    helpers: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Job<'_> {
    fn run(&self) {
        if let Err(panic) = quietly(|| catch_unwind(AssertUnwindSafe(self.work))) {
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
    }
}

/// Calls `work` on this thread and on up to `helpers` others at the same time, of a pool that has at most `most`,
/// and returns when all calls are done. Whoever comes first does the most: `work` is to find out what is left
/// to do. A panic in one of the calls goes on in the caller.
pub fn share(helpers: usize, most: usize, work: &(dyn Fn() + Sync)) {
    let job = Job { work, helpers: AtomicUsize::new(0), panic: Mutex::new(None) };
    let listed = list(&job, helpers, most);
    job.run();
    if listed {
        unlist(&job);
    }
    if let Some(panic) = job.panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
        resume_unwind(panic);
    }
}

/// Tells the pool of a job, and starts helpers where too few are idle. Returns whether there was room for it.
fn list(job: &Job<'_>, wanted: usize, most: usize) -> bool {
    let mut pool = lock();
    let Some(place) = pool.jobs.iter_mut().find(|place| place.is_none()) else { return false };
    // The lifetime is forgotten: `unlist` is called before it ends.
    *place = Some(Listed { job: std::ptr::from_ref(job).cast(), wanted });
    let missing = wanted.saturating_sub(pool.idle).min(most.saturating_sub(pool.helpers));
    pool.helpers += missing;
    LISTED.fetch_add(1, Ordering::Relaxed);
    let asleep = wanted.min(pool.asleep);
    drop(pool);
    for _ in 0..asleep {
        JOBS.notify_one();
    }
    for _ in 0..missing {
        if !start(help) {
            lock().helpers -= 1;
        }
    }
    true
}

/// Takes the job back and waits for its helpers: nobody knows of it afterwards.
fn unlist(job: &Job<'_>) {
    let at = std::ptr::from_ref(job).cast::<Job<'static>>();
    let mut pool = lock();
    for place in &mut pool.jobs {
        if place.is_some_and(|listed| listed.job == at) {
            *place = None;
        }
    }
    drop(pool);
    // Acquire: what helpers did is there for the caller.
    let is_alone = || job.helpers.load(Ordering::Acquire) == 0;
    if look_for(is_alone) {
        return;
    }
    pool = lock();
    while !is_alone() {
        pool = pool.wait(&LEFT);
    }
}

/// Waits awake until `is_there` is true. Returns whether it is.
fn look_for(is_there: impl Fn() -> bool) -> bool {
    const LOOKS: usize = 100;
    let begin = Instant::now();
    loop {
        for _ in 0..LOOKS {
            if is_there() {
                return true;
            }
            std::hint::spin_loop();
        }
        if begin.elapsed() > WAKEFUL {
            return false;
        }
        // To somebody who has work.
        std::thread::yield_now();
    }
}

/// What a helper does.
fn help() {
    let mut pool = lock();
    loop {
        if let Some(listed) = pool.wanting() {
            listed.wanted -= 1;
            // SAFETY: the job is listed, so its caller is still in `share`; and stays there until no helper is
            // counted, in `unlist`, which takes the job off the list under the lock that this thread holds before it looks.
            let job = unsafe { &*listed.job };
            job.helpers.fetch_add(1, Ordering::Relaxed);
            drop(pool);
            job.run();
            pool = lock();
            // The last use of the job.
            job.helpers.fetch_sub(1, Ordering::Release);
            LEFT.notify_all();
            continue;
        }
        pool.idle += 1;
        let listed = LISTED.load(Ordering::Relaxed);
        drop(pool);
        look_for(|| LISTED.load(Ordering::Relaxed) != listed);
        pool = lock();
        let mut is_patient = true;
        if pool.wanting().is_none() {
            pool.asleep += 1;
            let is_over;
            (pool, is_over) = pool.wait_timeout(&JOBS, PATIENCE);
            pool.asleep -= 1;
            is_patient = !is_over;
        }
        pool.idle -= 1;
        if !is_patient && pool.wanting().is_none() {
            pool.helpers -= 1;
            return;
        }
    }
}
