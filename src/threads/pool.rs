//! The helper threads of a computation: one pool for the process.
//!
//! ```text
//! caller: add the job to the list; run parts of it until none is left; remove it from the list; wait for the
//!         helpers that are still running a part
//! helper: join a job that wants one more helper; run parts of it until none is left; look for another job
//! ```
//!
//! The caller waits only for helpers that have joined, not for helpers that might join. If all
//! helpers are busy, or none could be started, the caller runs all parts itself. So with many
//! callers at once, the running threads are the callers and the helpers of one pool. A helper waits
//! only for jobs.
//!
//! Helpers are started at the first need, and end when idle. A forked child does not have the
//! helpers of its parent, and starts its own. [`crate::process::Lock`] makes the fork wait until
//! the pool is consistent.

#![allow(unsafe_code)]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::start::{STACK, start};
use crate::process::{Guard, Lock, generation, quietly};

/// A helper without work waits this long before it ends.
const PATIENCE: Duration = Duration::from_millis(500);

/// A waiting thread first polls for this long, and then sleeps. Sleeping and being woken takes
/// about as long, and one computation may have several jobs, one after another.
const WAKEFUL: Duration = Duration::from_micros(50);

/// The largest number of jobs that wait for helpers at the same time. The callers of further jobs
/// run them alone.
const MOST_JOBS: usize = 64;

struct Pool {
    /// The generation of the process that the helpers belong to.
    generation: u32,
    helpers: usize,
    /// The helpers that wait for jobs.
    idle: usize,
    /// The idle helpers that sleep.
    asleep: usize,
    jobs: [Option<Listed>; MOST_JOBS],
}

/// A job in the list.
#[derive(Clone, Copy)]
struct Listed {
    job: *const Job<'static>,
    /// The number of helpers that may still join.
    wanted: usize,
}

// SAFETY: threads share the job behind the pointer only as `Job` allows.
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

/// The number of jobs that were ever listed, for helpers that poll without the lock.
static LISTED: AtomicUsize = AtomicUsize::new(0);

/// Notified when a job is listed.
static JOBS: Condvar = Condvar::new();
/// Notified when a helper has left a job.
static LEFT: Condvar = Condvar::new();

/// The pool of this process. A forked child starts without the helpers and jobs of its parent.
fn lock() -> Guard<Pool> {
    let mut pool = POOL.lock();
    if pool.generation != generation() {
        *pool = Pool::new(generation());
    }
    pool
}

/// A piece of work whose parts several threads run.
struct Job<'a> {
    /// Runs parts until none is left.
    work: &'a (dyn Fn() + Sync),
    /// The helpers that are running parts. Helpers join only under the pool's lock.
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

/// Calls `work` on this thread and on up to `helpers` others at the same time, and returns when all
/// calls have returned. The pool has at most `most` helpers. The first thread does the most, so
/// `work` must find out which parts are left. A panic in one of the calls continues in the caller.
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

/// Lists a job, and starts helpers if too few are idle. Returns whether the list had room.
fn list(job: &Job<'_>, wanted: usize, most: usize) -> bool {
    let mut pool = lock();
    let Some(place) = pool.jobs.iter_mut().find(|place| place.is_none()) else { return false };
    // The lifetime is dropped from the type. `unlist` is called before it ends.
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
        if !start(STACK, help) {
            lock().helpers -= 1;
        }
    }
    true
}

/// Removes the job from the list and waits for its helpers. Afterwards no other thread knows the
/// job.
fn unlist(job: &Job<'_>) {
    let at = std::ptr::from_ref(job).cast::<Job<'static>>();
    let mut pool = lock();
    for place in &mut pool.jobs {
        if place.is_some_and(|listed| listed.job == at) {
            *place = None;
        }
    }
    drop(pool);
    // Acquire: the caller sees everything that the helpers have written.
    let is_alone = || job.helpers.load(Ordering::Acquire) == 0;
    if look_for(is_alone) {
        return;
    }
    pool = lock();
    while !is_alone() {
        pool = pool.wait(&LEFT);
    }
}

/// Polls until `is_there` returns true, for at most [`WAKEFUL`]. Returns whether it did.
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
        // Let a thread run that has work.
        std::thread::yield_now();
    }
}

/// The loop of a helper.
fn help() {
    let mut pool = lock();
    loop {
        if let Some(listed) = pool.wanting() {
            listed.wanted -= 1;
            // SAFETY: the job is listed, so its caller is still in `share`. The caller stays there
            // until `unlist` counts no helper. `unlist` first removes the job from the list, under the
            // lock that this thread holds now, and then reads the count.
            let job = unsafe { &*listed.job };
            job.helpers.fetch_add(1, Ordering::Relaxed);
            drop(pool);
            job.run();
            pool = lock();
            // This is the last use of the job.
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
