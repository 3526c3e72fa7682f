// Direct sums of float32:
//
//     y[i] = sum over j of h[j] x[i + j],  h the taps in reverse, x the signal from first - (k - 1) on
//
// A workgroup makes TILE outputs of one row, an invocation 16 that lie side by side. Taps go in
// chunks of CHUNK. For each chunk:
//
//     stage CHUNK taps and the TILE + CHUNK values under them, zeros in place of what is not finite
//     16 outputs x 4 taps a step, from five vec4 that slide: 64 multiply-adds for two loads
//     add the chunk's sums to the outputs: a product goes through CHUNK + k / CHUNK roundings at most
//     if something was not finite: the footprint, 32 taps an operation
//
// Of complex numbers, a workgroup makes the real or the imaginary parts. Each is the sum of two
// products of parts, one after the other.
//
// Only words that were loaded are classified, never floats that were computed: a compiler with fast
// math takes those for finite. So overflow is foreseen from exponents. If a sum of the tile could
// pass the largest float, the tile takes two more turns, with both operands scaled down: the first
// sums magnitudes, which tells the outputs whose sums could overflow, and the second sums these
// outputs. They are scaled up by integers, to Inf where that is their value. The other outputs keep
// their sums: scaling may have made zeros of what they consist of.

struct Params {
    rows: Rows,
    most: u32,      // the largest sum of two exponents with which no sum overflows
    parts: u32,     // of a number: 2 for complex numbers
    least: u32,     // the least exponent of a number that counts: 1 where subnormals are zeros
    conjugated: u32, // 1: the signal is, 2: the filter
}

var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> v: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

const WIDTH = 64u;
const TILE = 16u * WIDTH;
const CHUNK = 128u;
const QUADS = (TILE + CHUNK) / 4u;
const TAP_QUADS = CHUNK / 4u;
const WORDS = (TILE + CHUNK) / 32u;
const TAP_WORDS = CHUNK / 32u;

// Classes of words, and their masks: inside the row, NaN, infinite, negative, zero.
const INSIDE = 0u;
const NAN = 1u;
const INFINITE = 2u;
const NEGATIVE = 3u;
const ZERO = 4u;
const CLASSES = 5u;

// What staging saw: whether something is not finite, the largest exponents of values and taps.
const ODD = 0u;
const OF_VALUES = 1u;
const OF_TAPS = 2u;

var<workgroup> values: array<vec4<u32>, QUADS + QUADS / 4u>;
var<workgroup> taps: array<vec4<u32>, TAP_QUADS>;
var<workgroup> masks: array<atomic<u32>, CLASSES * (WORDS + TAP_WORDS)>;
var<workgroup> seen: array<atomic<u32>, 3>;
var<workgroup> is_odd: u32;
var<workgroup> largest: u32;

// Neighbouring invocations read quads four apart. One place is left out after each four, so that they
// lie in different banks.
fn place(quad: u32) -> u32 {
    return quad + (quad >> 2u);
}

fn exponent(word: u32) -> u32 {
    return (word >> 23u) & 255u;
}

// A number times 2^-shift. Zero if it is not finite, or if the product is subnormal.
fn scaled(word: u32, shift: u32) -> u32 {
    let e = exponent(word);
    // Not `||`, which would be a branch: some compilers take minutes for hundreds of them.
    let is_zero = (e == 255u) | (e < p.least) | ((shift > 0u) & (e <= shift));
    return select(word - (shift << 23u), 0u, is_zero);
}

fn scaled4(words: vec4<u32>, shift: u32) -> vec4<u32> {
    return vec4<u32>(
        scaled(words.x, shift), scaled(words.y, shift), scaled(words.z, shift), scaled(words.w, shift));
}

// The exponents of the finite numbers in a quad, the largest; 256 more if a number is not finite.
fn look(words: vec4<u32>) -> u32 {
    let e = (words >> vec4<u32>(23u)) & vec4<u32>(255u);
    let finite = select(e, vec4<u32>(0u), e == vec4<u32>(255u));
    let most = max(max(finite.x, finite.y), max(finite.z, finite.w));
    return most + select(0u, 256u, any(e == vec4<u32>(255u)));
}

fn add_seen(found: u32, kind: u32) {
    atomicMax(&seen[kind], found & 255u);
    if (found >= 256u) {
        atomicMax(&seen[ODD], 1u);
    }
}

// The parts of a signal and of a filter whose products are summed, and what turns their signs.
struct Product {
    row: u32,
    of_a: u32,
    of_v: u32,
    sign_of_a: u32,
    sign_of_v: u32,
}

// Product number m of those that make a part of a row's outputs:
// re = re re - im im, im = re im + im re.
fn product(row: u32, part: u32, m: u32) -> Product {
    let of_v = part ^ m;
    let sign_of_a = (m & p.conjugated) << 31u;
    let sign_of_v = (of_v & ((p.conjugated >> 1u) ^ m)) << 31u;
    return Product(row, m, of_v, sign_of_a, sign_of_v);
}

// The word of a row's value, 0 beyond its ends.
fn value(term: Product, i: i32) -> u32 {
    if (i < 0 || u32(i) >= p.rows.n) {
        return 0u;
    }
    let at = p.rows.a_at + term.row * p.rows.a_step + u32(i) * p.rows.a_stride;
    return a[at * p.parts + term.of_a] ^ term.sign_of_a;
}

fn tap(term: Product, j: u32) -> u32 {
    if (j >= p.rows.k) {
        return 0u;
    }
    let at = p.rows.v_at + term.row * p.rows.v_step + (p.rows.k - 1u - j) * p.rows.v_stride;
    return v[at * p.parts + term.of_v] ^ term.sign_of_v;
}

fn mark(word: u32, at: u32, first: u32, words: u32) {
    let magnitude = word & 0x7fffffffu;
    let i = first + (at >> 5u);
    let bit = 1u << (at & 31u);
    atomicOr(&masks[i + INSIDE * words], bit);
    if (magnitude > 0x7f800000u) { atomicOr(&masks[i + NAN * words], bit); }
    if (magnitude == 0x7f800000u) { atomicOr(&masks[i + INFINITE * words], bit); }
    if ((word >> 31u) != 0u) { atomicOr(&masks[i + NEGATIVE * words], bit); }
    if ((magnitude == 0u) | (exponent(word) < p.least)) { atomicOr(&masks[i + ZERO * words], bit); }
}

// 32 bits of a class's mask of the values, from any bit on.
fn bits(kind: u32, at: u32) -> u32 {
    let i = kind * WORDS + (at >> 5u);
    let low = atomicLoad(&masks[i]);
    let shift = at & 31u;
    if (shift == 0u) {
        return low;
    }
    return (low >> shift) | (atomicLoad(&masks[i + 1u]) << (32u - shift));
}

fn tap_bits(kind: u32, word: u32) -> u32 {
    return atomicLoad(&masks[CLASSES * WORDS + kind * TAP_WORDS + word]);
}

// What the products of a chunk make of the invocation's outputs, a bit for each output: NaN, +Inf, -Inf.
fn footprint(t: u32, chunk: u32, before: vec3<u32>) -> vec3<u32> {
    var found = before;
    for (var w = 0u; w * 32u < chunk; w++) {
        let h_inside = tap_bits(INSIDE, w);
        let h_nan = tap_bits(NAN, w);
        let h_infinite = tap_bits(INFINITE, w);
        let h_negative = tap_bits(NEGATIVE, w);
        let h_zero = tap_bits(ZERO, w);
        for (var r = 0u; r < 16u; r++) {
            let at = 16u * t + r + 32u * w;
            let inside = bits(INSIDE, at) & h_inside;
            let infinite = bits(INFINITE, at);
            let zero = bits(ZERO, at);
            let nan = inside & (bits(NAN, at) | h_nan | (infinite & h_zero) | (zero & h_infinite));
            let inf = inside & (infinite | h_infinite) & ~nan;
            let negative = bits(NEGATIVE, at) ^ h_negative;
            let is_found = vec3<bool>(nan != 0u, (inf & ~negative) != 0u, (inf & negative) != 0u);
            found |= select(vec3<u32>(0u), vec3<u32>(1u << r), is_found);
        }
    }
    return found;
}

// Bits of the sums of magnitudes, times 2^shift, that are so large that a sum could overflow.
fn beyond(sums: vec4<f32>, shift: u32) -> u32 {
    let e = (bitcast<vec4<u32>>(sums) >> vec4<u32>(23u)) & vec4<u32>(255u);
    // From 2^126 on.
    let large = select(vec4<u32>(0u), vec4<u32>(1u, 2u, 4u, 8u), e + vec4<u32>(shift) >= vec4<u32>(253u));
    return (large.x | large.y) | (large.z | large.w);
}

// An output's word: the sum times 2^shift, or what is not finite.
fn output(sum: f32, shift: u32, r: u32, found: vec3<u32>) -> u32 {
    var word = bitcast<u32>(sum);
    let sign = word & 0x80000000u;
    let e = exponent(word);
    if (shift > 0u) {
        word = select(word + (shift << 23u), sign | 0x7f800000u, e + shift >= 255u);
        word = select(word, sign, e == 0u);
    }
    // Sums begin at +0, so -0 is a sum that was rounded to it, or that a compiler began otherwise.
    word = select(word, 0u, word == 0x80000000u);
    word = select(word, sign, (exponent(word) < p.least) & (word != 0u));
    let bit = (found >> vec3<u32>(r)) & vec3<u32>(1u);
    word = select(word, 0x7f800000u, bit.y != 0u);
    word = select(word, 0xff800000u, bit.z != 0u);
    return select(word, 0x7fc00000u, bit.x != 0u || (bit.y & bit.z) != 0u);
}

@compute @workgroup_size(WIDTH)
fn direct(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = p.rows.group + id.y * p.rows.wide + id.x;
    if (group >= p.rows.groups) {
        return;
    }
    let row = group / p.rows.tiles;
    let tiles = p.rows.tiles / p.parts;
    let part = (group - row * p.rows.tiles) / tiles;
    let tile = (group - row * p.rows.tiles - part * tiles) * TILE;
    let start = i32(p.rows.first + tile) - i32(p.rows.k) + 1;

    var y0 = vec4<f32>();
    var y1 = vec4<f32>();
    var y2 = vec4<f32>();
    var y3 = vec4<f32>();
    var found = vec3<u32>();
    var shift = 0u;
    var overflows = 0u;
    let chunks = (p.rows.k + CHUNK - 1u) / CHUNK;
    for (var turn = 0u; turn < 3u; turn++) {
        let kept = select(0xffffffffu, 0x7fffffffu, turn == 1u);
        if (t == 0u) {
            largest = 0u;
        }
        for (var at = 0u; at < p.parts * chunks; at++) {
            let m = at / chunks;
            let term = product(row, part, m);
            let j0 = (at - m * chunks) * CHUNK;
            let count = min(CHUNK, p.rows.k - j0);
            workgroupBarrier();
            if (t < 3u) {
                atomicStore(&seen[t], 0u);
            }
            workgroupBarrier();
            // The larger half of the scaling goes to the values.
            let of_taps = shift / 2u;
            let of_values = shift - of_taps;
            for (var q = t; q < QUADS; q += WIDTH) {
                let i = start + i32(j0 + 4u * q);
                let words = vec4<u32>(
                    value(term, i), value(term, i + 1), value(term, i + 2), value(term, i + 3));
                add_seen(look(words), OF_VALUES);
                values[place(q)] = scaled4(words & vec4<u32>(kept), of_values);
            }
            if (t < TAP_QUADS) {
                let j = j0 + 4u * t;
                let words = vec4<u32>(tap(term, j), tap(term, j + 1u), tap(term, j + 2u), tap(term, j + 3u));
                add_seen(look(words), OF_TAPS);
                taps[t] = scaled4(words & vec4<u32>(kept), of_taps);
            }
            workgroupBarrier();
            if (t == 0u) {
                largest = max(largest, atomicLoad(&seen[OF_VALUES]) + atomicLoad(&seen[OF_TAPS]));
                is_odd = atomicLoad(&seen[ODD]);
            }

            var w0 = bitcast<vec4<f32>>(values[place(4u * t)]);
            var w1 = bitcast<vec4<f32>>(values[place(4u * t + 1u)]);
            var w2 = bitcast<vec4<f32>>(values[place(4u * t + 2u)]);
            var w3 = bitcast<vec4<f32>>(values[place(4u * t + 3u)]);
            var c0 = vec4<f32>();
            var c1 = vec4<f32>();
            var c2 = vec4<f32>();
            var c3 = vec4<f32>();
            let steps = (count + 3u) / 4u;
            for (var s = 0u; s < steps; s++) {
                let w4 = bitcast<vec4<f32>>(values[place(4u * t + 4u + s)]);
                let h = bitcast<vec4<f32>>(taps[s]);
                c0 = fma(vec4<f32>(h.x), w0, c0);
                c1 = fma(vec4<f32>(h.x), w1, c1);
                c2 = fma(vec4<f32>(h.x), w2, c2);
                c3 = fma(vec4<f32>(h.x), w3, c3);
                c0 = fma(vec4<f32>(h.y), vec4<f32>(w0.yzw, w1.x), c0);
                c1 = fma(vec4<f32>(h.y), vec4<f32>(w1.yzw, w2.x), c1);
                c2 = fma(vec4<f32>(h.y), vec4<f32>(w2.yzw, w3.x), c2);
                c3 = fma(vec4<f32>(h.y), vec4<f32>(w3.yzw, w4.x), c3);
                c0 = fma(vec4<f32>(h.z), vec4<f32>(w0.zw, w1.xy), c0);
                c1 = fma(vec4<f32>(h.z), vec4<f32>(w1.zw, w2.xy), c1);
                c2 = fma(vec4<f32>(h.z), vec4<f32>(w2.zw, w3.xy), c2);
                c3 = fma(vec4<f32>(h.z), vec4<f32>(w3.zw, w4.xy), c3);
                c0 = fma(vec4<f32>(h.w), vec4<f32>(w0.w, w1.xyz), c0);
                c1 = fma(vec4<f32>(h.w), vec4<f32>(w1.w, w2.xyz), c1);
                c2 = fma(vec4<f32>(h.w), vec4<f32>(w2.w, w3.xyz), c2);
                c3 = fma(vec4<f32>(h.w), vec4<f32>(w3.w, w4.xyz), c3);
                w0 = w1;
                w1 = w2;
                w2 = w3;
                w3 = w4;
            }
            y0 += c0;
            y1 += c1;
            y2 += c2;
            y3 += c3;

            if (turn == 0u && workgroupUniformLoad(&is_odd) != 0u) {
                for (var i = t; i < CLASSES * (WORDS + TAP_WORDS); i += WIDTH) {
                    atomicStore(&masks[i], 0u);
                }
                workgroupBarrier();
                for (var q = t; q < TILE + CHUNK; q += WIDTH) {
                    let i = start + i32(j0 + q);
                    if (i >= 0 && u32(i) < p.rows.n) {
                        mark(value(term, i), q, 0u, WORDS);
                    }
                }
                for (var q = t; q < count; q += WIDTH) {
                    mark(tap(term, j0 + q), q, CLASSES * WORDS, TAP_WORDS);
                }
                workgroupBarrier();
                found = footprint(t, count, found);
            }
        }
        if (turn == 0u) {
            // Through workgroup memory, so that neighbours write neighbours.
            workgroupBarrier();
            values[place(4u * t)] = outputs(y0, 0u, 0u, found);
            values[place(4u * t + 1u)] = outputs(y1, 0u, 4u, found);
            values[place(4u * t + 2u)] = outputs(y2, 0u, 8u, found);
            values[place(4u * t + 3u)] = outputs(y3, 0u, 12u, found);
            workgroupBarrier();
            for (var i = t; i < TILE; i += WIDTH) {
                store(row, part, tile + i, values[place(i >> 2u)][i & 3u]);
            }
            let sum = workgroupUniformLoad(&largest);
            if (sum <= p.most) {
                break;
            }
            shift = sum - p.most;
            // Another invocation writes these outputs again.
            storageBarrier();
        } else if (turn == 1u) {
            overflows = beyond(y0, shift) | (beyond(y1, shift) << 4u)
                | (beyond(y2, shift) << 8u) | (beyond(y3, shift) << 12u);
        } else {
            let first = tile + 16u * t;
            store4(row, part, first, outputs(y0, shift, 0u, found), overflows);
            store4(row, part, first + 4u, outputs(y1, shift, 4u, found), overflows >> 4u);
            store4(row, part, first + 8u, outputs(y2, shift, 8u, found), overflows >> 8u);
            store4(row, part, first + 12u, outputs(y3, shift, 12u, found), overflows >> 12u);
        }
        y0 = vec4<f32>();
        y1 = vec4<f32>();
        y2 = vec4<f32>();
        y3 = vec4<f32>();
    }
}

// Writes an output, if the row has it.
fn store(row: u32, part: u32, i: u32, word: u32) {
    if (i < p.rows.outputs) {
        y[(p.rows.y_at + row * p.rows.y_step + i * p.rows.y_stride) * p.parts + part] = word;
    }
}

// Writes four outputs, those whose bit is set.
fn store4(row: u32, part: u32, i: u32, words: vec4<u32>, wanted: u32) {
    if ((wanted & 1u) != 0u) { store(row, part, i, words.x); }
    if ((wanted & 2u) != 0u) { store(row, part, i + 1u, words.y); }
    if ((wanted & 4u) != 0u) { store(row, part, i + 2u, words.z); }
    if ((wanted & 8u) != 0u) { store(row, part, i + 3u, words.w); }
}

fn outputs(sums: vec4<f32>, shift: u32, r: u32, found: vec3<u32>) -> vec4<u32> {
    return vec4<u32>(
        output(sums.x, shift, r, found), output(sums.y, shift, r + 1u, found),
        output(sums.z, shift, r + 2u, found), output(sums.w, shift, r + 3u, found));
}
