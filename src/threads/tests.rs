use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Barrier, Mutex};

use super::*;
use crate::error::{Error, Status};

fn fill(values: &mut [usize], chunk: usize, threads: usize) {
    for_each_chunk(values, chunk, threads, |chunks| {
        for (first, chunk) in chunks {
            chunk.iter_mut().enumerate().for_each(|(i, value)| *value += first + i);
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn every_value_is_visited_once() {
    for (len, chunk) in [(0, 1), (1, 1), (10, 3), (1000, 7), (1000, 1000), (1000, 2000)] {
        for threads in [1, 2, 7, 100] {
            let mut values = vec![0; len];
            fill(&mut values, chunk, threads);
            assert!(values.iter().enumerate().all(|(i, &value)| value == i));
        }
    }
}

#[test]
fn every_piece_of_every_slice_is_visited_once() {
    for (len, piece) in [(0, 1), (1, 1), (10, 3), (1000, 7), (1000, 1000), (1000, 2000)] {
        for threads in [1, 2, 7] {
            let mut values = vec![vec![0; len]; 6];
            let mut slices = values.iter_mut();
            let mut slices: [[&mut [usize]; 2]; 3] = std::array::from_fn(|_| {
                std::array::from_fn(|_| slices.next().unwrap().as_mut_slice())
            });
            for_each_piece_of_all(&mut slices, piece, threads, |start, pieces| {
                for (slice, values) in pieces.flatten().enumerate() {
                    assert!(values.len() == piece.min(len - start));
                    for (i, value) in values.iter_mut().enumerate() {
                        *value += slice * len + start + i;
                    }
                }
            });
            assert!(values.iter().flatten().enumerate().all(|(i, &value)| value == i));
        }
    }
}

#[test]
fn many_callers_share_the_helpers() {
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let mut values = vec![0; 100];
                    fill(&mut values, 5, 4);
                    assert!(values.iter().enumerate().all(|(i, &value)| value == i));
                }
            });
        }
    });
}

#[test]
fn others_do_help() {
    // The barrier opens only if all three threads run at the same time. Other tests may use helpers too.
    let (barrier, threads) = (Barrier::new(3), Mutex::new(HashSet::new()));
    pool::share(2, MOST, &|| {
        threads.lock().unwrap().insert(thread::current().id());
        barrier.wait();
    });
    let threads = threads.into_inner().unwrap();
    assert!(threads.len() == 3 && threads.contains(&thread::current().id()));
}

#[test]
fn a_failure_reaches_the_caller() {
    let outcome = for_each_chunk(&mut [0; 10], 1, 3, |chunks| {
        for (first, _) in chunks {
            if first == 4 {
                return Err(Error::invalid("four"));
            }
        }
        Ok(())
    });
    assert_eq!(outcome.unwrap_err().status, Status::InvalidArgument);
}

#[test]
fn a_panic_reaches_the_caller_and_the_pool_goes_on() {
    for _ in 0..10 {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            for_each_chunk(&mut [0; 10], 1, 4, |chunks| {
                for (first, _) in chunks {
                    assert!(first != 7, "seven");
                }
                Ok(())
            })
        }));
        assert!(outcome.is_err());
    }
    let mut values = vec![0; 100];
    fill(&mut values, 1, 4);
    assert!(values.iter().enumerate().all(|(i, &value)| value == i));
}

#[test]
fn absurd_numbers_of_threads_are_capped() {
    set_num_threads(usize::MAX);
    assert_eq!(num_threads(), MOST);
    set_num_threads(0);
}
