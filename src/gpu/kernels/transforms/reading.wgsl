// How the kernels that transform blocks read them: values of a row's signal, or a row's filter.

// The tiles of a row are pairs of blocks.
struct Params {
    rows: Rows,
    valid: u32,     // outputs of a block
    record: u32,    // pairs of words from a row's prepared filter to the next row's
    prepares: u32,  // 1 if the signals are filters, to be prepared
    log2: u32,      // of the points of a block, for kernels with several lengths
    pairs: u32,     // that are transformed together, for passes through memory
    skipped: u32,   // how many of these pairs lie before the first of this dispatch, for mend.wgsl
}

var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<u32>;

// What a block or a filter has: something not finite, something negative.
const ODD = 1u;
const NEGATIVES = 2u;

// A row's block, or its filter: values from an index on, up to `places` of them.
struct Block {
    row: u32,
    start: i32,
    places: u32,
}

// The word of a row's value, 0 beyond its ends.
fn value(row: u32, i: i32) -> u32 {
    if (i < 0 || u32(i) >= p.rows.n) {
        return 0u;
    }
    return a[p.rows.a_at + row * p.rows.a_step + u32(i) * p.rows.a_stride];
}

fn place(block: Block, i: u32) -> u32 {
    if (i >= block.places) {
        return 0u;
    }
    return value(block.row, block.start + i32(i));
}

// What an invocation sees of two blocks.
struct Look {
    largest: vec2<u32>, // the largest finite magnitude
    most: vec2<u32>,    // the largest magnitude
    least: vec2<u32>,   // the least of words, less the word behind that of -0
    zeros: vec2<u32>,
}

fn looked(look: Look, words: vec2<u32>) -> Look {
    let m = words & vec2<u32>(0x7fffffffu);
    let finite = select(m, vec2<u32>(), m >= vec2<u32>(0x7f800000u));
    return Look(
        max(look.largest, finite), max(look.most, m), min(look.least, words - vec2<u32>(0x80000001u)),
        look.zeros + select(vec2<u32>(), vec2<u32>(1u), m == vec2<u32>()));
}

// The kinds of two blocks, the second's 16 bits higher.
fn kinds_of(look: Look) -> u32 {
    let odd = select(vec2<u32>(), vec2<u32>(ODD), look.most >= vec2<u32>(0x7f800000u));
    // Up to that of -Inf: neither -0 nor NaN is negative.
    let negative = select(vec2<u32>(), vec2<u32>(NEGATIVES), look.least <= vec2<u32>(0x7f7fffffu));
    let kinds = odd | negative;
    return kinds.x | (kinds.y << 16u);
}

fn exponent(word: u32) -> u32 {
    return (word >> 23u) & 255u;
}

// A number by a power of two that brings the biased exponent `largest` to 127. Zero if it is not finite,
// if it is subnormal, or if the product would be.
fn scaled(word: u32, largest: u32) -> f32 {
    let e = exponent(word);
    let is_zero = e == 255u || e == 0u || e + 127u <= largest;
    return bitcast<f32>(select(word - ((largest - 127u) << 23u), 0u, is_zero));
}

// The word of a computed number by 2^shift, which is no subnormal number and not -0.
fn scaled_back(number: f32, shift: i32) -> u32 {
    let word = bitcast<u32>(number);
    let e = i32(exponent(word));
    let sign = word & 0x80000000u;
    var made = word + (u32(shift) << 23u);
    made = select(made, sign | 0x7f800000u, e + shift >= 255);
    return select(made, 0u, e == 0 || e + shift <= 0);
}

// The blocks of a pair, and how many outputs they have.
struct Pair {
    row: u32,
    first: u32,     // the first output
    counts: vec2<u32>,
    block: Block,
    other: Block,
}

fn pair_of(number: u32) -> Pair {
    let row = number / p.rows.tiles;
    if (p.prepares != 0u) {
        return Pair(row, 0u, vec2<u32>(), Block(row, 0, p.rows.k), Block(row, 0, 0u));
    }
    let first = 2u * (number - row * p.rows.tiles) * p.valid;
    let second = first + p.valid;
    let counts = vec2<u32>(min(p.valid, p.rows.outputs - first), min(p.valid, max(second, p.rows.outputs) - second));
    // The values that they read.
    let start = i32(p.rows.first + first) - i32(p.rows.k) + 1;
    let block = Block(row, start, counts.x + p.rows.k - 1u);
    let other = Block(row, start + i32(p.valid), select(0u, counts.y + p.rows.k - 1u, counts.y > 0u));
    return Pair(row, first, counts, block, other);
}

// Whether the outputs of a block depend on single places: something is not finite, or zeros lie under
// all taps that are not 0. `zeros` counts those beyond the block and the row, too.
fn needs_marks(block: Block, zeros: u32, kinds: u32, span: u32, points: u32) -> bool {
    // A block of zeros alone makes zeros.
    if (block.places == 0u || (zeros == points && (kinds & ODD) == 0u)) {
        return false;
    }
    let places = i32(block.places);
    let before = u32(clamp(-block.start, 0, places));
    let behind = u32(clamp(block.start + places - i32(p.rows.n), 0, places));
    let outside = points - (block.places - before - behind);
    let within = zeros - outside;
    let is_zero = within > 0u && within + before + behind >= span;
    return (kinds & ODD) != 0u || before >= span || behind >= span || is_zero;
}

