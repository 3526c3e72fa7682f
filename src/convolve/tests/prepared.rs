//! A kept filter gives the same bits as a filter made for one call, with signals of any length, in
//! any mode.

use half::f16;

use super::support::*;
use crate::convolve::filter::Prepared;
use crate::convolve::plan::Plan;
use crate::convolve::run::carry_out;
use crate::convolve::wanted::{Geometry, Method, Shape, Tiling};
use crate::dtype::{Complex64, Dtype, Element, Truth};

fn kept_filters_serve_all_signals<T: Element>(dtype: Dtype, mut element: impl FnMut() -> T) {
    for k in [1, 5, 130] {
        for block_len in [None, Some(256), Some(768)] {
            let shape = block_len.map_or(Shape::Taps, Shape::Block);
            let v: Vec<T> = (0..k).map(|_| element()).collect();
            let filter: Prepared<'static> =
                Prepared::owned(view(&v).into(), dtype, shape, 1).unwrap();
            for (n, mode) in [130, 300, 700].into_iter().flat_map(|n| MODES.map(|mode| (n, mode))) {
                let a: Vec<T> = (0..n).map(|_| element()).collect();
                let geometry = Geometry::new(n, k, mode).unwrap();
                let mut plan = Plan::new(geometry, dtype);
                plan.threads = 1 + n % 3;
                plan.method = match block_len {
                    None => Method::Direct,
                    Some(block_len) => {
                        let single = Tiling::Single.points(geometry, geometry.outputs);
                        let is_single = single <= block_len;
                        let tiling = if is_single { Tiling::Single } else { Tiling::OverlapSave };
                        Method::Transforms { tiling, block_len }
                    }
                };
                let outputs = |of: &dyn Fn(&mut [u8])| {
                    let mut out = vec![0u64; geometry.outputs.div_ceil(8 / dtype.size())];
                    of(&mut bytemuck::cast_slice_mut(&mut out)[..geometry.outputs * dtype.size()]);
                    out
                };
                let once = outputs(&|out| {
                    convolve(&plan, view(&a), view(&v), out);
                });
                let again = outputs(&|out| {
                    carry_out(&plan, view(&a).into(), &filter, row(out, dtype)).unwrap()
                });
                assert_eq!(once, again, "{} {n} x {k} {mode:?} {block_len:?}", dtype.name());
                // Another signal and another output are refused.
                outputs(&|out| {
                    assert!(
                        carry_out(&plan, view(&a[1..]).into(), &filter, row(out, dtype)).is_err()
                    );
                    let shorter = out.len() - dtype.size();
                    let out = &mut out[..shorter];
                    assert!(carry_out(&plan, view(&a).into(), &filter, row(out, dtype)).is_err());
                });
                // The filter is refused for a plan with another method or block length.
                plan.method = match block_len {
                    None => Method::Transforms { tiling: Tiling::OverlapSave, block_len: 256 },
                    Some(_) => Method::Direct,
                };
                outputs(&|out| {
                    assert!(carry_out(&plan, view(&a).into(), &filter, row(out, dtype)).is_err())
                });
            }
        }
    }
}

#[test]
fn kept_filters_serve_all_signals_of_every_dtype() {
    let mut random = Random(31);
    let mut float = || match random.below(200) {
        0 => f32::INFINITY,
        1 => f32::NAN,
        _ => random.unit() as f32,
    };
    kept_filters_serve_all_signals(Dtype::Float32, &mut float);
    kept_filters_serve_all_signals(Dtype::Float64, || f64::from(float()));
    kept_filters_serve_all_signals(Dtype::BFloat16, || f16::from_f32(float()));
    kept_filters_serve_all_signals(Dtype::Complex64, || Complex64 { re: float(), im: float() });
    let mut random = Random(32);
    kept_filters_serve_all_signals(Dtype::Int8, || random.bits() as i8);
    kept_filters_serve_all_signals(Dtype::UInt16, || random.bits() as u16);
    kept_filters_serve_all_signals(Dtype::Int32, || random.bits() as i32);
    kept_filters_serve_all_signals(Dtype::Int64, || random.bits() as i16);
    kept_filters_serve_all_signals(Dtype::Bool, || Truth((random.bits() % 3) as u8));
}
