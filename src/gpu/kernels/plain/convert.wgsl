// Makes elements of rows plain: numbers of the dtype that is computed in, one after another. Of a
// number, y has one word, or two of a 64-bit integer and a complex number. float16 and bfloat16 are
// held in a float32.

// The signal is the row of elements, the outputs are its numbers. There is no filter.
struct Params {
    rows: Rows,
    read: u32,      // the kind of the elements
    size: u32,      // their bytes: 2^size
    made: u32,      // the kind of the numbers
    words: u32,     // of a number
}

var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;

const WIDTH = 256u;
const TILE = 1024u;

// Kinds of elements and numbers.
const TRUTH = 0u;
const UNSIGNED = 1u;
const SIGNED = 2u;
const FLOAT16 = 3u;
const BFLOAT16 = 4u;
const FLOAT32 = 5u;
const COMPLEX64 = 6u;
const FLOAT64 = 7u;

// The bits of an element, the low ones first.
fn element(e: u32) -> vec2<u32> {
    switch p.size {
        case 0u: { return vec2<u32>((a[e >> 2u] >> (8u * (e & 3u))) & 0xffu, 0u); }
        case 1u: { return vec2<u32>((a[e >> 1u] >> (16u * (e & 1u))) & 0xffffu, 0u); }
        case 2u: { return vec2<u32>(a[e], 0u); }
        default: { return vec2<u32>(a[2u * e], a[2u * e + 1u]); }
    }
}

// A bool or an integer, in 64 bits.
fn integer(bits: vec2<u32>) -> vec2<u32> {
    if (p.read == TRUTH) {
        return vec2<u32>(select(0u, 1u, bits.x != 0u), 0u);
    }
    if ((p.read == UNSIGNED) | (p.size == 3u)) {
        return bits;
    }
    let unused = 32u - (8u << p.size);
    let low = i32(bits.x << unused) >> unused;
    return vec2<u32>(u32(low), u32(low >> 31u));
}

// The float32 nearest to an integer, ties to even.
fn of_integer(bits: vec2<u32>) -> u32 {
    let is_negative = (p.read == SIGNED) & ((bits.y >> 31u) != 0u);
    let negated = vec2<u32>(~bits.x + 1u, ~bits.y + select(0u, 1u, bits.x == 0u));
    var x = select(bits, negated, is_negative);
    if ((x.x | x.y) == 0u) {
        return 0u;
    }
    // The highest bit to the top.
    var zeros = 0u;
    if (x.y == 0u) {
        x = vec2<u32>(0u, x.x);
        zeros = 32u;
    }
    let shift = countLeadingZeros(x.y);
    zeros += shift;
    // In two steps, as a shift by 32 has no meaning.
    x = vec2<u32>(x.x << shift, (x.y << shift) | ((x.x >> 1u) >> (31u - shift)));
    let rest = x.y & 0xffu;
    let is_up = (rest > 0x80u) | ((rest == 0x80u) & ((x.x != 0u) | ((x.y & 0x100u) != 0u)));
    let exponent = 127u + 63u - zeros;
    let word = (exponent << 23u) + ((x.y >> 8u) & 0x7fffffu) + select(0u, 1u, is_up);
    return word | select(0u, 0x80000000u, is_negative);
}

// The float32 nearest to a float64, ties to even. A NaN becomes quiet.
fn of_float64(bits: vec2<u32>) -> u32 {
    let sign = bits.y & 0x80000000u;
    let e = (bits.y >> 20u) & 0x7ffu;
    // 24 bits of the number, and the rest.
    let m = 0x800000u | ((bits.y & 0xfffffu) << 3u) | (bits.x >> 29u);
    let rest = bits.x << 3u;
    if (e == 0x7ffu) {
        let is_nan = ((bits.y & 0xfffffu) | bits.x) != 0u;
        return sign | 0x7f800000u | select(0u, 0x400000u | (m & 0x7fffffu), is_nan);
    }
    if (e >= 1151u) {
        return sign | 0x7f800000u;
    }
    if (e > 896u) {
        let is_up = (rest > 0x80000000u) | ((rest == 0x80000000u) & ((m & 1u) != 0u));
        return sign | (((e - 896u) << 23u) + (m & 0x7fffffu) + select(0u, 1u, is_up));
    }
    // Below the normal numbers, multiples of 2^-149 are left.
    let s = 897u - e;
    if (s > 24u) {
        return sign;
    }
    let kept = m >> s;
    let lost = m - (kept << s);
    let half = 1u << (s - 1u);
    let is_up = (lost > half) | ((lost == half) & ((rest != 0u) | ((kept & 1u) != 0u)));
    return sign | (kept + select(0u, 1u, is_up));
}

fn number(bits: vec2<u32>) -> vec2<u32> {
    if (p.made <= SIGNED) {
        return integer(bits);
    }
    var word = bits.x;
    switch p.read {
        case FLOAT16: { word = of_float16(bits.x); }
        case BFLOAT16: { word = bits.x << 16u; }
        case FLOAT32, COMPLEX64: {}
        case FLOAT64: { word = of_float64(bits); }
        default: { word = of_integer(integer(bits)); }
    }
    if ((p.made == FLOAT16) & (p.read != FLOAT16)) {
        word = of_float16(to_float16(word));
    }
    if ((p.made == BFLOAT16) & (p.read != BFLOAT16)) {
        word = to_bfloat16(word) << 16u;
    }
    return vec2<u32>(word, select(0u, bits.y, p.read == COMPLEX64));
}

@compute @workgroup_size(WIDTH)
fn convert(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = p.rows.group + id.y * p.rows.wide + id.x;
    if (group >= p.rows.groups) {
        return;
    }
    let row = group / p.rows.tiles;
    let tile = (group - row * p.rows.tiles) * TILE;
    for (var i = tile + t; i < min(tile + TILE, p.rows.outputs); i += WIDTH) {
        let made = number(element(p.rows.a_at + row * p.rows.a_step + (p.rows.first + i) * p.rows.a_stride));
        let at = p.rows.y_at + row * p.rows.y_step + i * p.rows.y_stride;
        if (p.words == 2u) {
            y[2u * at] = made.x;
            y[2u * at + 1u] = made.y;
        } else {
            y[at] = made.x;
        }
    }
}
