//! Vectors of all instruction sets do what their trait says.

use std::marker::PhantomData;

use super::each_isa::each_isa;
use super::isa::{Isa, isa};
use super::vector::{Kernel, MAX_LANES, Real, Simd, Vector};
use crate::process::guard_page::BeforeGuardPage;

/// Arithmetic lane by lane, and transposes.
struct Computes<T>(PhantomData<T>);

impl<T: Real> Kernel for Computes<T> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let lanes = T::V::<S>::LANES;
        assert!([8, 12].contains(&T::V::<S>::TILE) && T::V::<S>::SHIFTED < T::V::<S>::TILE);
        let all = |of: &dyn Fn(usize) -> f64| -> Vec<T> {
            (0..lanes).map(|i| T::from_f64(of(i))).collect()
        };
        let load = |values: &[T]| T::V::<S>::load(simd, &T::V::<S>::blocks(values).0[0]);
        let values = |vector: T::V<S>| {
            let mut values = vec![T::default(); lanes];
            vector.store(&mut T::V::<S>::blocks_mut(&mut values).0[0]);
            values
        };
        // No operation rounds these values, and no two operations give the same results for them.
        let a = |i| i as f64 + 3.0;
        let b = |i| 2.0 * i as f64 - 7.5;
        let c = |i| 100.0 - (i * i) as f64;
        let (x, y, z) = (load(&all(&a)), load(&all(&b)), load(&all(&c)));
        assert_eq!(values(T::V::<S>::splat(simd, T::from_f64(2.5))), all(&|_| 2.5));
        assert_eq!(values(x.add(y)), all(&|i| a(i) + b(i)));
        assert_eq!(values(x.sub(y)), all(&|i| a(i) - b(i)));
        assert_eq!(values(x.mul(y)), all(&|i| a(i) * b(i)));
        assert_eq!(values(x.mul_add(y, z)), all(&|i| a(i) * b(i) + c(i)));
        assert_eq!(values(x.neg_mul_add(y, z)), all(&|i| c(i) - a(i) * b(i)));

        // The last bit of the square of 1 + `small` is `small` squared. The fraction has no room
        // for it.
        let small = if size_of::<T>() == 4 { 2f64.powi(-13) } else { 2f64.powi(-27) };
        let lost = if S::FUSED { small * small } else { 0.0 };
        let more = T::V::<S>::splat(simd, T::from_f64(1.0 + small));
        let square = more.mul(more);
        let minus = T::V::<S>::splat(simd, T::default()).sub(square);
        assert_eq!(values(more.mul_add(more, minus)), all(&|_| lost));
        assert_eq!(values(more.neg_mul_add(more, square)), all(&|_| -lost));

        let number = |i, j| (i * MAX_LANES + j) as f64;
        let mut rows = [x; MAX_LANES];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = load(&all(&|j| number(i, j)));
        }
        T::V::<S>::transpose(&mut rows);
        for (j, row) in rows[..lanes].iter().enumerate() {
            assert_eq!(values(*row), all(&|i| number(i, j)));
        }
    }
}

/// Operations that move lanes, and loads and stores of a part of a vector.
struct Moves<T>(PhantomData<T>);

impl<T: Real> Kernel for Moves<T> {
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
        assert_eq!(values(low.shift::<1>(high, simd)), both[1..][..lanes]);
        for from in 0..=lanes {
            // SAFETY: `from` is LANES at most.
            #[allow(unsafe_code)]
            let between = unsafe { low.between(high, simd, from) };
            assert_eq!(values(between), both[from..][..lanes]);
        }
        assert!(load(&vec![T::default(); lanes]).is_zero());
        for lane in 0..lanes {
            let mut values = vec![T::default(); lanes];
            values[lane] = T::ONE;
            assert!(!load(&values).is_zero());
            values[lane] = T::from_f64(f64::NAN);
            assert!(!load(&values).is_zero());
        }
        // Parts of a vector before a guard page, behind one, and in the middle.
        let mut page = BeforeGuardPage::<T>::new(4096 / size_of::<T>());
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
fn vectors_compute_and_transpose() {
    for isa in each_isa() {
        isa.run(Computes::<f32>(PhantomData));
        isa.run(Computes::<f64>(PhantomData));
    }
}

#[test]
fn lanes_move_and_parts_of_vectors_are_all_that_is_touched() {
    for isa in each_isa() {
        isa.run(Moves::<f32>(PhantomData));
        isa.run(Moves::<f64>(PhantomData));
    }
}

/// This test ensures that a run of all tests with the variable set uses the named instruction set,
/// or fails.
#[test]
fn the_instruction_set_is_the_strongest_or_the_one_that_the_environment_names() {
    let asked = std::env::var("MLX_CONVOLVE_ISA").ok();
    let strongest = Isa::available().last().unwrap().name();
    assert_eq!(isa().name(), asked.as_deref().unwrap_or(strongest));
}
