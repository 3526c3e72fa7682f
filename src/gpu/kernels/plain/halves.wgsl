// Conversions of float16 and bfloat16, by integers: devices may flush subnormal numbers.

// The float32 of a float16. A NaN becomes quiet.
fn of_float16(h: u32) -> u32 {
    let sign = (h & 0x8000u) << 16u;
    let e = (h >> 10u) & 31u;
    let m = h & 0x3ffu;
    let normal = ((e + 112u) << 23u) | (m << 13u);
    let odd = 0x7f800000u | (m << 13u) | select(0u, 0x400000u, m != 0u);
    // The highest bit of m stands for 2^(bit - 24).
    let bit = firstLeadingBit(m | 1u);
    let subnormal = ((bit + 103u) << 23u) | ((m << (23u - bit)) & 0x7fffffu);
    let small = select(subnormal, 0u, m == 0u);
    return sign | select(select(normal, odd, e == 31u), small, e == 0u);
}

// The float16 nearest to a float32, ties to even.
fn to_float16(word: u32) -> u32 {
    let sign = (word >> 16u) & 0x8000u;
    let x = word & 0x7fffffffu;
    let normal = (x + 0xfffu + ((x >> 13u) & 1u) - 0x38000000u) >> 13u;
    // Below 2^-14, multiples of 2^-24 are left.
    let m = (x & 0x7fffffu) | 0x800000u;
    let s = clamp(126u - min(x >> 23u, 112u), 14u, 25u);
    let kept = m >> s;
    let rest = m - (kept << s);
    let half = 1u << (s - 1u);
    let subnormal = kept + select(0u, 1u, (rest > half) | ((rest == half) & ((kept & 1u) != 0u)));
    var h = select(normal, subnormal, x < 0x38800000u);
    // From the middle between the largest number and the next one on.
    h = select(h, 0x7c00u, x >= 0x477ff000u);
    h = select(h, 0x7e00u | ((x >> 13u) & 0x3ffu), x > 0x7f800000u);
    return sign | h;
}

// The bfloat16 nearest to a float32, ties to even. A NaN becomes quiet.
fn to_bfloat16(word: u32) -> u32 {
    let rounded = (word + 0x7fffu + ((word >> 16u) & 1u)) >> 16u;
    return select(rounded, (word >> 16u) | 0x40u, (word & 0x7fffffffu) > 0x7f800000u);
}
