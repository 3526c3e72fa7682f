
// Integers of two words, the lower first. The device multiplies words modulo 2^32, so the lower words
// are cut into limbs of 11, 11 and 10 bits:
//
//     low = l0 + 2^11 l1 + 2^22 l2
//
// A product is, modulo 2^64,
//
//       l0 m0                                            below 2^22
//     + 2^11 (l0 m1 + l1 m0)                             below 2^11 2^23
//     + 2^22 (l0 m2 + l1 m1 + l2 m0)                     below 2^22 2^23
//     + 2^32 (2 l1 m2 + 2 l2 (m1 + 2^11 m2) + low of one x high of the other, both ways)
//
// Each line is summed by itself. The sums of the first three stay below 2^32 for 512 taps, so nothing
// is carried before a chunk ends. The last is wanted modulo 2^32 only.

const LIMB = 11u;
const MASK = (1u << LIMB) - 1u;

alias Number = vec2<u32>;

struct Quad {
    low: vec4<u32>,
    high: vec4<u32>,
}

// The sums of the lines above, without their powers of two.
struct Sums {
    at0: vec4<u32>,
    at11: vec4<u32>,
    at22: vec4<u32>,
    at32: vec4<u32>,
}

var<workgroup> lows: array<vec4<u32>, PLACES>;
var<workgroup> highs: array<vec4<u32>, PLACES>;

fn quad(x: Number, y: Number, z: Number, w: Number) -> Quad {
    return Quad(vec4<u32>(x.x, y.x, z.x, w.x), vec4<u32>(x.y, y.y, z.y, w.y));
}

fn keep(at: u32, quad: Quad) {
    lows[at] = quad.low;
    highs[at] = quad.high;
}

fn kept(at: u32) -> Quad {
    return Quad(lows[at], highs[at]);
}

fn kept_number(at: u32, i: u32) -> Number {
    return vec2<u32>(lows[at][i], highs[at][i]);
}

// One tap, on four values.
fn product(sums: Sums, h_low: u32, h_high: u32, low: vec4<u32>, high: vec4<u32>) -> Sums {
    let h0 = h_low & MASK;
    let h1 = (h_low >> LIMB) & MASK;
    let h2 = h_low >> (2u * LIMB);
    let h12 = h_low >> LIMB;
    let l0 = low & vec4<u32>(MASK);
    let l1 = (low >> vec4<u32>(LIMB)) & vec4<u32>(MASK);
    let l2 = low >> vec4<u32>(2u * LIMB);
    return Sums(
        sums.at0 + h0 * l0,
        sums.at11 + h0 * l1 + h1 * l0,
        sums.at22 + h0 * l2 + h1 * l1 + h2 * l0,
        sums.at32 + (2u * h2) * l1 + (2u * h12) * l2 + h_low * high + h_high * low);
}

// Four taps, on the values of `w` and the quad after it.
fn multiply_add(sums: Sums, h: Quad, w: Quad, after: Quad) -> Sums {
    let x = product(sums, h.low.x, h.high.x, w.low, w.high);
    let y = product(x, h.low.y, h.high.y,
        vec4<u32>(w.low.yzw, after.low.x), vec4<u32>(w.high.yzw, after.high.x));
    let z = product(y, h.low.z, h.high.z,
        vec4<u32>(w.low.zw, after.low.xy), vec4<u32>(w.high.zw, after.high.xy));
    return product(z, h.low.w, h.high.w,
        vec4<u32>(w.low.w, after.low.xyz), vec4<u32>(w.high.w, after.high.xyz));
}

// Adds 2^shift times words to a quad.
fn plus_shifted(quad: Quad, words: vec4<u32>, shift: u32) -> Quad {
    let low = quad.low + (words << vec4<u32>(shift));
    let carry = select(vec4<u32>(0u), vec4<u32>(1u), low < quad.low);
    return Quad(low, quad.high + (words >> vec4<u32>(32u - shift)) + carry);
}

fn plus(quad: Quad, sums: Sums) -> Quad {
    let low = quad.low + sums.at0;
    let carry = select(vec4<u32>(0u), vec4<u32>(1u), low < quad.low);
    let begun = Quad(low, quad.high + sums.at32 + carry);
    return plus_shifted(plus_shifted(begun, sums.at11, LIMB), sums.at22, 2u * LIMB);
}

@compute @workgroup_size(WIDTH)
fn words64(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = p.rows.group + id.y * p.rows.wide + id.x;
    if (group < p.rows.groups) {
        make_tile(group, t);
    }
}
