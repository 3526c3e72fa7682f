// The convolution of bools:
//
//     y[i] = or over j of h[j] and x[i + j],  h the taps in reverse, x the signal from first - (k - 1) on
//
// The operands have a byte an element, true if it is not 0. The outputs have a word each, 0 or 1.
//
// A workgroup makes TILE outputs of one row, an invocation 32 that lie side by side. Taps go in chunks
// of CHUNK. For each chunk:
//
//     stage CHUNK taps and the TILE + CHUNK values under them as bits, zeros beyond their ends
//     32 outputs x 32 taps a step, from two words that slide
//     stop where all outputs are true

// The places of values and taps are counted in bytes, those of outputs in words.
struct Params {
    rows: Rows,
}

var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> v: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

const WIDTH = 64u;
const TILE = 32u * WIDTH;
const CHUNK = 4096u;
const WORDS = TILE / 32u;
const TAP_WORDS = CHUNK / 32u;

var<workgroup> values: array<u32, WORDS + TAP_WORDS>;
var<workgroup> taps: array<u32, TAP_WORDS>;
var<workgroup> is_missing: atomic<u32>;
var<workgroup> goes_on: u32;

// A row's value, 0 or 1; 0 beyond its ends. Before its begin, i wraps.
fn value(row: u32, i: u32) -> u32 {
    if (i >= p.rows.n) {
        return 0u;
    }
    let at = p.rows.a_at + row * p.rows.a_step + i * p.rows.a_stride;
    return min((a[at >> 2u] >> (8u * (at & 3u))) & 255u, 1u);
}

fn tap(row: u32, j: u32) -> u32 {
    if (j >= p.rows.k) {
        return 0u;
    }
    let at = p.rows.v_at + row * p.rows.v_step + (p.rows.k - 1u - j) * p.rows.v_stride;
    return min((v[at >> 2u] >> (8u * (at & 3u))) & 255u, 1u);
}

// A bit for each of the four bytes in a word.
fn nibble(word: u32) -> u32 {
    let pairs = word | (word >> 4u);
    let fours = pairs | (pairs >> 2u);
    let bytes = (fours | (fours >> 1u)) & 0x01010101u;
    // Moves bits 0, 8, 16, 24 to 24, 25, 26, 27, and others to places below.
    return (bytes * 0x01020408u) >> 24u;
}

// The bits of 32 values from value i on.
fn value_bits(row: u32, i: u32) -> u32 {
    var bits = 0u;
    if (p.rows.a_stride == 1u && i < p.rows.n && p.rows.n - i >= 32u) {
        // They are in eight words, or in nine.
        let at = p.rows.a_at + row * p.rows.a_step + i;
        let word = at >> 2u;
        let skipped = at & 3u;
        for (var w = 0u; w < 8u; w++) {
            bits |= nibble(a[word + w]) << (4u * w);
        }
        if (skipped > 0u) {
            bits = (bits >> skipped) | (nibble(a[word + 8u]) << (32u - skipped));
        }
        return bits;
    }
    for (var b = 0u; b < 32u; b++) {
        bits |= value(row, i + b) << b;
    }
    return bits;
}

fn tap_bits(row: u32, j: u32) -> u32 {
    var bits = 0u;
    for (var b = 0u; b < 32u; b++) {
        bits |= tap(row, j + b) << b;
    }
    return bits;
}

// What of 32 taps meets true values, for four outputs from output r on. `next` is the word after `low`,
// times 2.
fn met(h: u32, low: u32, next: u32, r: u32) -> vec4<u32> {
    let shift = vec4<u32>(r, r + 1u, r + 2u, r + 3u);
    return vec4<u32>(h) & ((vec4<u32>(low) >> shift) | (vec4<u32>(next) << (vec4<u32>(31u) - shift)));
}

// Not 0 for those of four outputs, from output r on, that the row does not have, if it has so many.
fn beyond(outputs: u32, r: u32) -> vec4<u32> {
    let outside = vec4<u32>(r, r + 1u, r + 2u, r + 3u) >= vec4<u32>(outputs);
    return select(vec4<u32>(0u), vec4<u32>(1u), outside);
}

// The bits of four outputs, from output r on.
fn bits_from(r: u32, found: vec4<u32>) -> u32 {
    let bits = min(found, vec4<u32>(1u)) << vec4<u32>(r, r + 1u, r + 2u, r + 3u);
    return (bits.x | bits.y) | (bits.z | bits.w);
}

@compute @workgroup_size(WIDTH)
fn bits(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = p.rows.group + id.y * p.rows.wide + id.x;
    if (group >= p.rows.groups) {
        return;
    }
    let row = group / p.rows.tiles;
    let tile = (group - row * p.rows.tiles) * TILE;
    let start = p.rows.first + tile - (p.rows.k - 1u);

    // Not 0 once an output is true. Those that the row does not have keep nobody waiting.
    let outputs = p.rows.outputs - min(p.rows.outputs, tile + 32u * t);
    var f0 = beyond(outputs, 0u);
    var f1 = beyond(outputs, 4u);
    var f2 = beyond(outputs, 8u);
    var f3 = beyond(outputs, 12u);
    var f4 = beyond(outputs, 16u);
    var f5 = beyond(outputs, 20u);
    var f6 = beyond(outputs, 24u);
    var f7 = beyond(outputs, 28u);
    for (var j0 = 0u; j0 < p.rows.k; j0 += CHUNK) {
        let words = (min(CHUNK, p.rows.k - j0) + 31u) / 32u;
        workgroupBarrier();
        for (var w = t; w < WORDS + words; w += WIDTH) {
            values[w] = value_bits(row, start + j0 + 32u * w);
        }
        for (var w = t; w < words; w += WIDTH) {
            taps[w] = tap_bits(row, j0 + 32u * w);
        }
        if (t == 0u) {
            atomicStore(&is_missing, 0u);
        }
        workgroupBarrier();

        var low = values[t];
        for (var s = 0u; s < words; s++) {
            if ((s & 7u) == 0u) {
                let least = min(min(min(f0, f1), min(f2, f3)), min(min(f4, f5), min(f6, f7)));
                if (all(least != vec4<u32>(0u))) {
                    break;
                }
            }
            let h = taps[s];
            let high = values[t + s + 1u];
            let next = high << 1u;
            f0 |= met(h, low, next, 0u);
            f1 |= met(h, low, next, 4u);
            f2 |= met(h, low, next, 8u);
            f3 |= met(h, low, next, 12u);
            f4 |= met(h, low, next, 16u);
            f5 |= met(h, low, next, 20u);
            f6 |= met(h, low, next, 24u);
            f7 |= met(h, low, next, 28u);
            low = high;
        }

        let least = min(min(min(f0, f1), min(f2, f3)), min(min(f4, f5), min(f6, f7)));
        if (any(least == vec4<u32>(0u))) {
            atomicOr(&is_missing, 1u);
        }
        workgroupBarrier();
        if (t == 0u) {
            goes_on = atomicLoad(&is_missing);
        }
        if (workgroupUniformLoad(&goes_on) == 0u) {
            break;
        }
    }

    // Through workgroup memory, so that neighbours write neighbours.
    workgroupBarrier();
    values[t] = bits_from(0u, f0) | bits_from(4u, f1) | bits_from(8u, f2) | bits_from(12u, f3)
        | bits_from(16u, f4) | bits_from(20u, f5) | bits_from(24u, f6) | bits_from(28u, f7);
    workgroupBarrier();
    for (var i = t; i < TILE; i += WIDTH) {
        if (tile + i < p.rows.outputs) {
            let output = (values[i >> 5u] >> (i & 31u)) & 1u;
            y[p.rows.y_at + row * p.rows.y_step + (tile + i) * p.rows.y_stride] = output;
        }
    }
}
