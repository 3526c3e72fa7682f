//! Loops that are unrolled in the source.

/// The most steps of [`unrolled`]: for 12 rows and 8 taps that go together.
pub const UNROLLED: usize = 19;

/// Repeats the body for each value of the index below a constant, which is at most [`UNROLLED`].
/// Compilers do not unroll a loop of this size, and then keep the sums in memory. This takes eight
/// times as long.
macro_rules! unrolled {
    ($index:ident < $end:expr, $body:block) => {
        unrolled!($index < $end, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18)
    };
    ($index:ident < $end:expr, $body:block, $($value:literal)*) => {$(
        if $value < $end {
            let $index: usize = $value;
            $body
        }
    )*};
}

pub(in crate::cpu) use unrolled;
