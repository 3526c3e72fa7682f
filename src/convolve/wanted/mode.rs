//! The modes: which outputs of the full convolution are kept.

/// The window over `full[n] = sum over k of a[k] * v[n - k]`. The values are those of the C enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Mode {
    /// Every output that reads at least one pair: N + K - 1.
    Full = 0,
    /// Every output that reads all taps: N - K + 1, from `full[K - 1]`.
    Valid = 1,
    /// As many outputs as the longer input has values, N, from `full[(K - 1) / 2]`.
    Same = 2,
}

impl Mode {
    /// The mode with C's number `raw`, if there is one.
    pub fn from_raw(raw: i32) -> Option<Self> {
        [Self::Full, Self::Valid, Self::Same].into_iter().find(|&mode| mode as i32 == raw)
    }

    /// The index in `full` of the first output, for a filter of `filter_len` taps.
    pub fn first(self, filter_len: usize) -> usize {
        match self {
            Self::Full => 0,
            Self::Valid => filter_len - 1,
            Self::Same => (filter_len - 1) / 2,
        }
    }
}

/// The number of outputs. `None` if a length is 0 or the number exceeds `usize`.
pub fn output_len(a_len: usize, v_len: usize, mode: Mode) -> Option<usize> {
    let (n, k) = (a_len.max(v_len), a_len.min(v_len));
    if k == 0 {
        return None;
    }
    match mode {
        Mode::Full => n.checked_add(k - 1),
        Mode::Valid => Some(n - k + 1),
        Mode::Same => Some(n),
    }
}
