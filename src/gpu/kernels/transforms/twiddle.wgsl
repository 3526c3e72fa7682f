// A root of unity of all points, to the power of m: the product of two from tables, which follow the
// roots of transforms of 256 points.
fn twiddle(m: u32) -> vec2<f32> {
    let half = p.log2 / 2u;
    let low = m & ((1u << half) - 1u);
    return times(roots[256u + (m >> half)], roots[256u + (1u << half) + low]);
}

