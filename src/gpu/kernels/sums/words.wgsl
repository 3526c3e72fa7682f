// Direct sums of integers, modulo 2^32 or 2^64:
//
//     y[i] = sum over j of h[j] x[i + j],  h the taps in reverse, x the signal from first - (k - 1) on
//
// A workgroup makes TILE outputs of one row, an invocation 8 that lie side by side. Taps go in chunks
// of CHUNK. For each chunk:
//
//     stage CHUNK taps and the TILE + CHUNK values under them, zeros beyond their ends
//     8 outputs x 4 taps a step, from three quads that slide: 32 multiply-adds for two loads
//
// words32.wgsl or words64.wgsl follows. Each has the entry point, and what depends on the width:
//
//     Number          an integer
//     Quad            four integers, side by side
//     Sums            sums of four outputs over at most CHUNK taps
//     quad, keep, kept, kept_number   make a quad; write, read it or one of its integers in workgroup memory
//     multiply_add    adds the products of four taps to sums
//     plus            adds sums to a quad

struct Params {
    rows: Rows,
}

var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<Number>;
@group(0) @binding(1) var<storage, read> v: array<Number>;
@group(0) @binding(2) var<storage, read_write> y: array<Number>;

const WIDTH = 128u;
const TILE = 8u * WIDTH;
const CHUNK = 128u;
const QUADS = (TILE + CHUNK) / 4u;
const TAP_QUADS = CHUNK / 4u;

// Places of quads in workgroup memory: first those of values, then those of taps.
const TAPS = QUADS + QUADS / 8u;
const PLACES = TAPS + TAP_QUADS;

// Neighbouring invocations read quads two apart. One place is left out after each eight, so that they
// lie in different banks.
fn place(quad: u32) -> u32 {
    return quad + (quad >> 3u);
}

// A row's value, 0 beyond its ends. Before its begin, i wraps.
fn value(row: u32, i: u32) -> Number {
    if (i >= p.rows.n) {
        return Number();
    }
    return a[p.rows.a_at + row * p.rows.a_step + i * p.rows.a_stride];
}

fn tap(row: u32, j: u32) -> Number {
    if (j >= p.rows.k) {
        return Number();
    }
    return v[p.rows.v_at + row * p.rows.v_step + (p.rows.k - 1u - j) * p.rows.v_stride];
}

fn make_tile(group: u32, t: u32) {
    let row = group / p.rows.tiles;
    let tile = (group - row * p.rows.tiles) * TILE;
    let start = p.rows.first + tile - (p.rows.k - 1u);

    var y0 = Quad();
    var y1 = Quad();
    for (var j0 = 0u; j0 < p.rows.k; j0 += CHUNK) {
        workgroupBarrier();
        for (var q = t; q < QUADS; q += WIDTH) {
            let i = start + j0 + 4u * q;
            keep(place(q), quad(
                value(row, i), value(row, i + 1u), value(row, i + 2u), value(row, i + 3u)));
        }
        if (t < TAP_QUADS) {
            let j = j0 + 4u * t;
            keep(TAPS + t, quad(tap(row, j), tap(row, j + 1u), tap(row, j + 2u), tap(row, j + 3u)));
        }
        workgroupBarrier();

        var s0 = Sums();
        var s1 = Sums();
        var w0 = kept(place(2u * t));
        var w1 = kept(place(2u * t + 1u));
        let steps = (min(CHUNK, p.rows.k - j0) + 3u) / 4u;
        for (var s = 0u; s < steps; s++) {
            let w2 = kept(place(2u * t + 2u + s));
            let h = kept(TAPS + s);
            s0 = multiply_add(s0, h, w0, w1);
            s1 = multiply_add(s1, h, w1, w2);
            w0 = w1;
            w1 = w2;
        }
        y0 = plus(y0, s0);
        y1 = plus(y1, s1);
    }

    // Through workgroup memory, so that neighbours write neighbours.
    workgroupBarrier();
    keep(place(2u * t), y0);
    keep(place(2u * t + 1u), y1);
    workgroupBarrier();
    for (var i = t; i < TILE; i += WIDTH) {
        if (tile + i < p.rows.outputs) {
            y[p.rows.y_at + row * p.rows.y_step + (tile + i) * p.rows.y_stride] = kept_number(place(i >> 2u), i & 3u);
        }
    }
}
