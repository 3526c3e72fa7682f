//! Which part of the full convolution is kept.

/// The window over `full[n] = sum over k of a[k] * v[n - k]`. The numbers are C's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Mode {
    /// Every output that reads at least one pair: N + K - 1.
    Full = 0,
    /// Outputs that read every tap: N - K + 1, from `full[K - 1]`.
    Valid = 1,
    /// As many as the longer input, N, from `full[(K - 1) / 2]`.
    Same = 2,
}

impl Mode {
    /// The mode with C's number `raw`, if there is one.
    pub fn from_raw(raw: i32) -> Option<Self> {
        [Self::Full, Self::Valid, Self::Same].into_iter().find(|&mode| mode as i32 == raw)
    }

    /// The first index of `full` kept, for the shorter length `filter_len`.
    pub fn first(self, filter_len: usize) -> usize {
        match self {
            Self::Full => 0,
            Self::Valid => filter_len - 1,
            Self::Same => (filter_len - 1) / 2,
        }
    }
}

/// The number of outputs; `None` where a length is 0 or the number exceeds `usize`.
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
