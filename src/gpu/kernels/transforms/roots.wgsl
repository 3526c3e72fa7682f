// Roots of unity for the transforms of butterflies.rs, which says in which order they lie.
//
// An angle is a whole number of L-th turns, so it is brought into an eighth of a turn exactly. There,
// short series give sine and cosine. Each part is off by less than 1.3 units of 2^-24.

struct Params {
    len: u32,   // the points of the longest transforms
    count: u32, // the number of roots
    half: u32,  // not 0 for tables: `half` powers of the root of `len` to the power of len / half, then
                // `half` powers of the root itself
    first: u32,  // where they begin
}

var<immediate> p: Params;
@group(0) @binding(0) var<storage, read_write> roots: array<vec2<f32>>;

@compute @workgroup_size(64)
fn make_roots(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let root = 64u * id.x + t;
    if (root >= p.count) {
        return;
    }
    var len = p.len;
    var turns = 0u; // of len; less than len
    if (p.half != 0u) {
        turns = select(root - p.half, root * (len / p.half), root < p.half);
    } else {
        var i = root;
        while (i >= len) {
            i -= len;
            len /= 16u;
        }
        let apart = len / 16u;
        turns = i / apart * (i % apart);
    }
    let eighth = turns * 8u / len;
    let rest = turns * 8u % len;
    let mirrored = (eighth & 1u) != 0u;
    // A product with a power of two is exact, which quotients are not everywhere.
    let unit = bitcast<f32>((127u - countTrailingZeros(len)) << 23u);
    let f = f32(select(rest, len - rest, mirrored)) * unit;
    let z = f * f;

    // Series of sin(pi/4 f) / f and cos(pi/4 f) in z.
    var s = fma(z, 3.1336162e-7f, -3.6576204e-5f);
    s = fma(z, s, 2.4903946e-3f);
    s = fma(z, s, -8.0745512e-2f);
    s = fma(z, s, 7.8539816e-1f) * f;
    var c = fma(z, 1.1500769e-10f, -2.4611370e-8f);
    c = fma(z, c, 3.5908605e-6f);
    c = fma(z, c, -3.2599189e-4f);
    c = fma(z, c, 1.5854344e-2f);
    c = fma(z, c, -3.0842514e-1f);
    c = fma(z, c, 1.0f);

    // The eighths 1 and 2, 5 and 6 swap them; 2 to 5 have a negative cosine, 4 to 7 a negative sine.
    let swapped = ((eighth + 1u) & 2u) != 0u;
    let x = select(c, s, swapped);
    let y = select(s, c, swapped);
    let is_left = eighth >= 2u && eighth < 6u;
    roots[p.first + root] = vec2<f32>(select(x, -x, is_left), select(-y, y, eighth >= 4u));
}
