//! Every instruction set and block length against convolutions in higher precision.

use super::*;
use crate::cpu::each_isa::each_isa;

fn random(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// All supported blocks up to `limit`.
fn supported(limit: usize) -> impl Iterator<Item = usize> {
    (2..=limit).filter(|&block| Transform::<f64>::block_for(block) == Some(block))
}

fn halves<T>(values: &[T]) -> Block<'_, T> {
    values.split_at(values.len() / 2).into()
}

fn halves_mut<T>(values: &mut [T]) -> BlockMut<'_, T> {
    values.split_at_mut(values.len() / 2).into()
}

/// The largest difference, relative to eps log2(block) ||a|| ||v||.
fn error<T: Real>(isa: Isa, a: &[T], v: &[T], want: &[f64]) -> f64 {
    let block = a.len();
    let transform = Transform::<T>::new_on(isa, block, 2).unwrap();
    let (mut x, mut filter) = (a.to_vec(), v.to_vec());
    transform.forward(&mut [halves_mut(&mut filter)], 1);
    transform.convolve(&mut [halves_mut(&mut x)], &[halves(&filter)], Product::Sum, 1);

    // The same on several threads, together with another coordinate.
    let (mut y, mut other, zeros) = (a.to_vec(), v.to_vec(), vec![T::default(); block]);
    let blocks = &mut [halves_mut(&mut y), halves_mut(&mut other)];
    transform.convolve(blocks, &[halves(&filter), halves(&zeros)], Product::Sum, 3);
    assert!(x == y, "{} {block}: alone and beside another", isa.name());

    let norm = |x: &[T]| x.iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt();
    let eps = if size_of::<T>() == 4 { f32::EPSILON as f64 } else { f64::EPSILON };
    let bound = eps * (block as f64).log2() * norm(a) * norm(v);
    let worst = x.iter().zip(want).map(|(x, want)| (x.to_f64() / (block / 2) as f64 - want).abs());
    let worst = worst.fold(0.0, f64::max);
    worst / bound
}

/// `a * v` modulo `z^n + 1`. The sums are exact: the values are multiples of 2^-20 below 1, so
/// products are multiples of 2^-40, and sums of up to 2^12 products fit float64.
fn naive(a: &[f64], v: &[f64]) -> Vec<f64> {
    let block = a.len();
    let mut want = vec![0.0; 2 * block];
    for (i, a) in a.iter().enumerate() {
        for (want, v) in want[i..].iter_mut().zip(v) {
            *want += a * v;
        }
    }
    (0..block).map(|i| want[i] - want[i + block]).collect()
}

fn check<T: Real>(blocks: impl Iterator<Item = usize>) {
    let mut seed = 3;
    let mut worst = 0f64;
    for block in blocks {
        let mut values = || -> Vec<f64> {
            let short = |x: f64| (x * (1 << 20) as f64).round() / (1 << 20) as f64;
            (0..block).map(|_| short(random(&mut seed))).collect()
        };
        let (a, v) = (values(), values());
        let want = naive(&a, &v);
        let round = |x: &[f64]| x.iter().map(|&x| T::from_f64(x)).collect::<Vec<T>>();
        let (a, v) = (round(&a), round(&v));
        for isa in each_isa() {
            let error = error(isa, &a, &v, &want);
            // With a few values, one unlucky rounding is a large part of the error.
            let limit = if block < 64 { 0.6 } else { 0.2 };
            assert!(error < limit, "{} {block}: {error}", isa.name());
            worst = worst.max(if block < 64 { 0.0 } else { error });
        }
    }
    println!("worst error from 64 points on: {worst:.3} eps log2(B) ||a|| ||v||");
}

#[test]
fn float32_blocks_convolve_within_the_bound() {
    check::<f32>(supported(3000));
}

#[test]
fn float64_blocks_convolve_within_the_bound() {
    check::<f64>(supported(3000));
}

/// Blocks larger than the second-level cache. Sparse filters keep the reference cheap.
#[test]
fn long_blocks_convolve_within_the_bound() {
    fn check<T: Real>(block: usize) {
        let mut seed = 9;
        let a: Vec<T> = (0..block).map(|_| T::from_f64(random(&mut seed))).collect();
        let mut v = vec![T::default(); block];
        let mut want = vec![0.0; block];
        for tap in [0, 1, block / 3, block / 2, block - 1] {
            v[tap] = T::from_f64(0.5 + random(&mut seed));
            for (i, a) in a.iter().enumerate() {
                let at = i + tap;
                let sign = if at < block { 1.0 } else { -1.0 };
                want[at % block] += sign * a.to_f64() * v[tap].to_f64();
            }
        }
        for isa in each_isa() {
            let error = error(isa, &a, &v, &want);
            println!("{} {block}: {error:.4}", isa.name());
            assert!(error < 0.2, "{} {block}: {error}", isa.name());
        }
    }
    for block in [1 << 14, 3 << 14, 5 << 14, 1 << 17, 3 << 16, 1 << 20] {
        check::<f32>(block);
        check::<f64>(block);
    }
}

#[test]
fn lengths_round_up_to_the_next_supported() {
    let blocks: Vec<usize> = supported(100).collect();
    assert_eq!(blocks, [2, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96]);
    assert_eq!(Transform::<f32>::block_for(0), Some(2));
    assert_eq!(Transform::<f32>::block_for(97), Some(128));
    assert_eq!(Transform::<f32>::block_for(usize::MAX), None);
    assert!(Transform::<f32>::new(14, 1).is_err());
    assert!(Transform::<f32>::new(1 << 62, 1).is_err());
    assert!(Transform::<f64>::new(1 << 62, 1).is_err());
}

/// Every product of values with several coordinates is a sum of products of two coordinates each.
#[test]
fn coordinates_multiply_as_they_say() {
    fn check(isa: Isa, block: usize, count: usize, product: Product) {
        let transform = Transform::<f64>::new_on(isa, block, 2).unwrap();
        let mut seed = 11;
        let mut values = || -> Vec<Vec<f64>> {
            (0..count).map(|_| (0..block).map(|_| random(&mut seed)).collect()).collect()
        };
        let (x, mut f) = (values(), values());
        for f in &mut f {
            transform.forward(&mut [halves_mut(f)], 1);
        }
        // For a coordinate of the result: the pairs, and the signs of their products.
        let pairs = |at: usize| -> Vec<(usize, usize, f64)> {
            match product {
                Product::Sum => (0..count).map(|i| (i, i, 1.0)).collect(),
                Product::Powers => (0..=at).map(|i| (i, at - i, 1.0)).collect(),
                Product::Parts => (0..count * count)
                    .map(|pair| (pair / count, pair % count, 1.0))
                    .filter(|&(i, j, _)| (i + j).min(count - 1) == at)
                    .collect(),
                Product::Complex if at == 0 => vec![(0, 0, 1.0), (1, 1, -1.0)],
                Product::Complex => vec![(0, 1, 1.0), (1, 0, 1.0)],
            }
        };
        let want: Vec<Vec<f64>> = (0..product.results(count))
            .map(|at| {
                let mut want = vec![0.0; block];
                for (i, j, sign) in pairs(at) {
                    let mut x = x[i].clone();
                    transform.convolve(
                        &mut [halves_mut(&mut x)],
                        &[halves(&f[j])],
                        Product::Sum,
                        1,
                    );
                    want.iter_mut().zip(x).for_each(|(want, x)| *want += sign * x);
                }
                want
            })
            .collect();
        for threads in [1, 3] {
            let mut x = x.clone();
            let mut blocks: Vec<_> = x.iter_mut().map(|x| halves_mut(x)).collect();
            let f: Vec<_> = f.iter().map(|f| halves(f)).collect();
            transform.convolve(&mut blocks, &f, product, threads);
            for (at, (x, want)) in x.iter().zip(&want).enumerate() {
                let far = x.iter().zip(want).map(|(x, want)| (x - want).abs()).fold(0.0, f64::max);
                let most = 1e-14 * count as f64 * (block * block) as f64;
                assert!(far < most, "{} {block} {product:?} {at} of {count}: {far}", isa.name());
            }
        }
    }
    for isa in each_isa() {
        // The longest block is also split above the nodes that are multiplied.
        for block in [2, 6, 32, 160, 1 << 12, 3 << 14] {
            for count in [1, 2, 5, MAX_COORDINATES] {
                check(isa, block, count, Product::Sum);
                check(isa, block, count, Product::Powers);
            }
            for count in 1..=3 {
                check(isa, block, count, Product::Parts);
            }
            check(isa, block, 2, Product::Complex);
        }
    }
}
