//! Loops that are spelled out.

/// The most that [`unrolled`] takes: of 12 rows with taps 8 apart.
pub const UNROLLED: usize = 19;

/// The body for each value of the index below a constant up to [`UNROLLED`]. Compilers give up on a loop of this
/// size, and then keep the sums in memory: an eighth of the speed.
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
