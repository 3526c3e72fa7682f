//! Marks of values that are too small.

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Simd};

/// Sets `flags[i]` to `flag` wherever it is 0 and the magnitude of `values[i]` is below `least`.
/// Returns how many flags it sets. The values are numbers, `flag` is not 0.
///
/// It is made for blocks with few such values: it reads the flags of a group only if the group has
/// one.
///
/// # Panics
/// If the lengths differ.
pub fn mark_below(values: &[f64], least: f64, flag: u8, flags: &mut [u8]) -> usize {
    mark_on(isa(), values, least, flag, flags)
}

fn mark_on(isa: Isa, values: &[f64], least: f64, flag: u8, flags: &mut [u8]) -> usize {
    assert!(values.len() == flags.len() && flag != 0);
    isa.run(Mark { values, least, flag, flags })
}

/// Values that are compared before the first look at the result.
const GROUP: usize = 64;

struct Mark<'a> {
    values: &'a [f64],
    least: f64,
    flag: u8,
    flags: &'a mut [u8],
}

impl Kernel for Mark<'_> {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> usize {
        let Self { values, least, flag, flags } = self;
        let (groups, rest) = values.as_chunks::<GROUP>();
        let (flag_groups, rest_flags) = flags.as_chunks_mut::<GROUP>();
        let mut count = 0;
        for (values, flags) in groups.iter().zip(flag_groups) {
            let mut any = false;
            for value in values {
                any |= value.abs() < least;
            }
            if any {
                count += mark_group(values, least, flag, flags);
            }
        }
        count + mark_group(rest, least, flag, rest_flags)
    }
}

/// Marks at most [`GROUP`] values.
#[inline(always)]
fn mark_group(values: &[f64], least: f64, flag: u8, flags: &mut [u8]) -> usize {
    // The results of the comparisons are bytes first, because the compiler makes vectors of a loop
    // over flags and bytes, but not of one over flags and values.
    let mut below = [0; GROUP];
    for (below, value) in below.iter_mut().zip(values) {
        *below = u8::from(value.abs() < least);
    }
    let mut count = 0;
    for (flag_here, below) in flags.iter_mut().zip(below) {
        let is_new = if *flag_here == 0 { below } else { 0 };
        *flag_here |= is_new * flag;
        count += is_new;
    }
    count.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    #[test]
    fn small_values_without_a_flag_get_one() {
        for isa in each_isa() {
            for len in 0..300 {
                let mut values = BeforeGuardPage::<f64>::new(len);
                let mut flags = BeforeGuardPage::<u8>::new(len);
                for apart in [1, 2, 7, 63, 64, 65, 150, 299] {
                    let old = |i: usize| if i.is_multiple_of(3) { 9 } else { 0 };
                    for i in 0..len {
                        // The limit itself is not below it.
                        let sizes = [2.0, -2.0, 1.0, -1.0, f64::INFINITY];
                        values[i] = match i % apart {
                            0 => [0.999, -0.999, -0.0, 5e-324][i / apart % 4],
                            other => sizes[other % sizes.len()],
                        };
                        flags[i] = old(i);
                    }
                    let count = mark_on(isa, &values, 1.0, 0x80, &mut flags);
                    let mut want = 0;
                    for i in 0..len {
                        let is_new = values[i].abs() < 1.0 && old(i) == 0;
                        want += usize::from(is_new);
                        let name = isa.name();
                        assert_eq!(
                            flags[i],
                            if is_new { 0x80 } else { old(i) },
                            "{name} {len} {i}"
                        );
                    }
                    assert_eq!(count, want, "{} {len} {apart}", isa.name());
                }
            }
        }
    }
}
