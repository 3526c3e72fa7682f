//! Vectors of all instruction sets do what their trait says.

use super::each_isa::each_isa;
use super::guarded::Guarded;
use super::isa::{Isa, isa};
use super::vector::{Kernel, Real, Simd, Vector};
use crate::process::variable;

/// Everything about lanes that move, and about parts of a vector.
struct Lanes<T>(std::marker::PhantomData<T>);

impl<T: Real> Kernel for Lanes<T> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let lanes = T::V::<S>::LANES;
        let number = |i: usize| T::from_f64(i as f64 + 1.0);
        let load = |values: &[T]| T::V::<S>::load_partial(simd, values);
        let values = |vector: T::V<S>| {
            let mut values = vec![T::default(); lanes];
            vector.store_partial(simd, &mut values);
            values
        };
        let both: Vec<T> = (0..2 * lanes).map(number).collect();
        let (low, high) = (load(&both[..lanes]), load(&both[lanes..]));
        let (even, odd) = low.unzip(high, simd);
        for i in 0..lanes {
            assert_eq!((values(even)[i], values(odd)[i]), (both[2 * i], both[2 * i + 1]));
        }
        let (first, second) = even.zip(odd, simd);
        assert_eq!([values(first), values(second)].concat(), both);
        for from in 0..=lanes {
            // SAFETY: LANES at most.
            #[allow(unsafe_code)]
            let between = unsafe { low.between(high, simd, from) };
            assert_eq!(values(between), both[from..][..lanes]);
        }
        // Parts of a vector before a page that is not there, behind one, and in the middle.
        let mut page = Guarded::<T>::new(4096 / size_of::<T>());
        let size = page.len();
        for len in 0..=lanes {
            for at in (0..2 * lanes).chain(size - 2 * lanes..size).filter(|at| at + len <= size) {
                page.fill(T::ONE);
                low.store_partial(simd, &mut page[at..][..len]);
                for (i, &value) in page.iter().enumerate() {
                    let is_inside = (at..at + len).contains(&i);
                    assert!(
                        value == if is_inside { both[i - at] } else { T::ONE },
                        "{len} at {at}"
                    );
                }
                let mut want = vec![T::default(); lanes];
                want[..len].copy_from_slice(&both[..len]);
                assert_eq!(values(load(&page[at..][..len])), want, "{len} at {at}");
            }
        }
    }
}

#[test]
fn lanes_move_and_parts_of_vectors_are_all_that_is_touched() {
    for isa in each_isa() {
        isa.run(Lanes::<f32>(std::marker::PhantomData));
        isa.run(Lanes::<f64>(std::marker::PhantomData));
    }
}

/// So a run of all tests under a cap is one on that instruction set, or it fails.
#[test]
fn the_instruction_set_is_the_strongest_or_the_one_that_the_environment_names() {
    let strongest = Isa::available().last().unwrap().name();
    assert_eq!(isa().name(), variable("MLX_CONVOLVE_ISA").as_deref().unwrap_or(strongest));
}
