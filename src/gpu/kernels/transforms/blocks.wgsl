// Overlap-save of float32, with blocks of POINTS points that are transformed in workgroup memory.
//
// text.rs puts three constants, the functions of butterflies.rs and reading.wgsl before this text, and
// marks.wgsl and footprint.wgsl behind it. It repeats each line with a `$j` 16 times, for the numbers that
// an invocation holds.
//
// A workgroup transforms two neighbouring blocks of a row, as real and imaginary parts:
//
//     load both blocks; find their largest magnitudes, their signs, and how many zeros they have
//     scale each block by a power of two, so that its norm is in 1 .. 2; zeros for what is not finite
//     transform, multiply by the filter's spectrum, transform back, scale back, store
//     where an output may or may not overflow, within the error bound: sum it directly
//     where a block or the filter has something not finite, or zeros as long as the filter: mark their
//     places, and write those outputs again that they decide
//
// Filters are prepared by the same kernel in dispatches before: they are transformed, divided by POINTS,
// and stored with their marks. A filter's marks are in reverse, so that tap j of the reversed filter
// meets place o + j of a block at output o.
//
// Only words that were loaded are classified, never floats that were computed: a compiler with fast
// math takes those for finite. All computed floats are finite: a block and a filter have norms below 2,
// so outputs are below 4 before they are scaled back.

@group(0) @binding(1) var<storage, read> v: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(0) @binding(3) var<storage, read> roots: array<vec2<f32>>;
// Prepared filters: the spectrum, the head, the marks.
@group(0) @binding(4) var<storage, read> filters: array<vec2<u32>>;

const WORDS = POINTS / 32u;
// The error bound of an output, at norms below 2: 12 eps log2(POINTS) norm norm.
const ERROR = f32(48u * LOG2_POINTS) / 8388608.0f;

// The head of a prepared filter.
const EXPONENT = 0u;    // the power of two that was taken out
const LARGEST = 1u;     // the biased exponent of the largest finite tap
const KINDS = 2u;       // ODD, NEGATIVES
const BEGIN = 3u;       // the taps of the reversed filter that are not 0 lie from here
const END = 4u;         // to here
const HEAD = 8u;

// What loading saw of two blocks: the largest finite magnitudes, how many zeros, what else there is;
// the squares of the norms, in units of 2^-17.
var<workgroup> seen: array<atomic<u32>, 7>;
var<workgroup> is_marked: u32;

fn add(look: Look) {
    atomicMax(&seen[0], look.largest.x);
    atomicMax(&seen[1], look.largest.y);
    atomicAdd(&seen[2], look.zeros.x);
    atomicAdd(&seen[3], look.zeros.y);
    atomicOr(&seen[4], kinds_of(look));
}

// Where a block's power of two is.
struct Scale {
    largest: u32,   // the biased exponent of the largest finite magnitude
    halvings: u32,  // how often it is halved beyond, for its norm to be in 1 .. 2
}

fn exponent_of(scale: Scale) -> i32 {
    return i32(scale.largest) - 127 + i32(scale.halvings);
}

fn scale_of(b: u32) -> Scale {
    let largest = exponent(atomicLoad(&seen[b]));
    // Rounded up by each invocation, so never 0.
    let norm = firstLeadingBit(atomicLoad(&seen[5u + b]));
    return Scale(largest, (max(norm, 17u) - 17u) / 2u);
}

fn half_to(halvings: u32) -> f32 {
    return bitcast<f32>((127u - halvings) << 23u);
}

// An output's word as the direct sum makes it, in chunks of 128 taps: a single chain of up to 3073 taps
// may be off by more than the bound of transforms.
fn summed(block: Block, o: u32, x_largest: u32, h_largest: u32) -> u32 {
    var plain = 0.0f;
    var sum = 0.0f;
    var all = 0.0f;
    for (var j0 = 0u; j0 < p.rows.k; j0 += 128u) {
        var plain_chunk = 0.0f;
        var sum_chunk = 0.0f;
        var all_chunk = 0.0f;
        for (var j = j0; j < min(j0 + 128u, p.rows.k); j++) {
            let x = place(block, o + j);
            let h = v[p.rows.v_at + block.row * p.rows.v_step + (p.rows.k - 1u - j) * p.rows.v_stride];
            let x_scaled = scaled(x, x_largest);
            let h_scaled = scaled(h, h_largest);
            plain_chunk = fma(bitcast<f32>(x), bitcast<f32>(h), plain_chunk);
            sum_chunk = fma(x_scaled, h_scaled, sum_chunk);
            all_chunk = fma(abs(x_scaled), abs(h_scaled), all_chunk);
        }
        plain += plain_chunk;
        sum += sum_chunk;
        all += all_chunk;
    }
    // Scaled numbers may have become zeros. So the plain sum stands, unless it could overflow.
    let shift = i32(x_largest + h_largest) - 254;
    let is_safe = i32(exponent(bitcast<u32>(all))) + shift < 253;
    let word = bitcast<u32>(plain);
    return select(scaled_back(sum, shift), select(word, 0u, word == 0x80000000u), is_safe);
}

fn store(row: u32, i: u32, word: u32) {
    y[p.rows.y_at + row * p.rows.y_step + i * p.rows.y_stride] = word;
}

// Stores an output of either block.
fn store_both(row: u32, first: u32, o: u32, counts: vec2<u32>, words: vec2<u32>) {
    if (o < counts.x) {
        store(row, first + o, words.x);
    }
    if (o < counts.y) {
        store(row, first + p.valid + o, words.y);
    }
}

@compute @workgroup_size(WIDTH)
fn NAME(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = p.rows.group + id.y * p.rows.wide + id.x;
    if (group >= p.rows.groups) {
        return;
    }
    let pair = pair_of(group);
    let row = pair.row;
    let first = pair.first;
    let counts = pair.counts;
    var block = pair.block;
    let other = pair.other;

    if (t < 7u) {
        atomicStore(&seen[t], 0u);
    }
    var words: array<vec2<u32>, 16>;
    words[$j] = vec2<u32>(place(block, t + $ju * WIDTH), place(other, t + $ju * WIDTH));
    var look = Look(vec2<u32>(), vec2<u32>(), vec2<u32>(0xffffffffu), vec2<u32>());
    look = looked(look, words[$j]);
    workgroupBarrier();
    add(look);
    workgroupBarrier();

    let largest_x = exponent(atomicLoad(&seen[0]));
    let largest_y = exponent(atomicLoad(&seen[1]));
    var x: array<vec2<f32>, 16>;
    var squares = vec2<f32>();
    x[$j] = vec2<f32>(scaled(words[$j].x, largest_x), scaled(words[$j].y, largest_y));
    squares = fma(x[$j], x[$j], squares);
    atomicAdd(&seen[5], u32(squares.x * 131072.0f) + 1u);
    atomicAdd(&seen[6], u32(squares.y * 131072.0f) + 1u);
    workgroupBarrier();
    let scale = scale_of(0u);
    let other_scale = scale_of(1u);
    let halves = vec2<f32>(half_to(scale.halvings), half_to(other_scale.halvings));
    x[$j] *= halves;
    forward(&x, t, 0u);

    let seen_kinds = atomicLoad(&seen[4]);
    if (p.prepares != 0u) {
        var at = p.rows.y_at + row * p.rows.y_step;
        let words = at + 2u * t;
        y[words + $ju * 2u * WIDTH] = bitcast<u32>(x[$j].x * (1.0f / f32(POINTS)));
        y[words + $ju * 2u * WIDTH + 1u] = bitcast<u32>(x[$j].y * (1.0f / f32(POINTS)));
        at += 2u * POINTS;
        mark(block, 0u, t);
        if (t == 0u) {
            y[at + EXPONENT] = u32(exponent_of(scale));
            y[at + LARGEST] = scale.largest;
            y[at + KINDS] = seen_kinds & 0xffffu;
            var begin = 0u;
            var end = 0u;
            for (var i = 0u; i < WORDS; i++) {
                let word = 1u + i;
                let nonzero = plane[word + NAN * LANE] | plane[word + POSITIVE * LANE]
                    | plane[word + NEGATIVE * LANE];
                if (nonzero != 0u) {
                    begin = select(begin, 32u * i + countTrailingZeros(nonzero), end == 0u);
                    end = 32u * i + firstLeadingBit(nonzero) + 1u;
                }
            }
            y[at + BEGIN] = begin;
            y[at + END] = end;
        }
        at += HEAD;
        for (var i = t; i < MARKS; i += WIDTH) {
            y[at + i] = plane[i];
        }
        return;
    }

    let record = row * p.record;
    x[$j] = times(x[$j], bitcast<vec2<f32>>(filters[record + t + $ju * WIDTH]));
    inverse(&x, t, 0u);

    let head = record + POINTS;
    let filter_exponent = i32(filters[head].x);
    let filter_largest = filters[head].y;
    let filter_kinds = filters[head + 1u].x;
    let span_begin = filters[head + 1u].y;
    let span_end = filters[head + 2u].x;
    let shifts = vec2<i32>(exponent_of(scale), exponent_of(other_scale)) + vec2<i32>(filter_exponent);
    // The largest float, as outputs are before they are scaled back.
    let ends = vec2<f32>(end_of(shifts.x), end_of(shifts.y));
    let all_kinds = vec2<u32>(seen_kinds & 0xffffu, seen_kinds >> 16u) | vec2<u32>(filter_kinds);
    // 0 where no output may be negative.
    let signs = all_kinds & vec2<u32>(NEGATIVES);
    // A block of zeros has none of the other's noise.
    let kept = select(vec2<u32>(), vec2<u32>(0xffffffffu), vec2<u32>(largest_x, largest_y) != vec2<u32>());
    var open = vec2<u32>();
    store_both(row, first, t + $ju * WIDTH + 1u - p.rows.k, counts, made(x[$j], shifts, signs) & kept);
    open |= undecided(x[$j], ends) << vec2<u32>($ju);

    if (t == 0u) {
        let x_marked = needs_marks(block, atomicLoad(&seen[2]), all_kinds.x, span_end - span_begin, POINTS);
        let y_marked = needs_marks(other, atomicLoad(&seen[3]), all_kinds.y, span_end - span_begin, POINTS);
        is_marked = select(0u, 1u, x_marked) | select(0u, 2u, y_marked);
    }
    let marked = workgroupUniformLoad(&is_marked);
    for (var b = 0u; b < 2u; b++) {
        let count = select(counts.x, counts.y, b == 1u);
        let at = first + b * p.valid;
        if (b == 1u) {
            block = other;
        }
        for (var left = select(open.x, open.y, b == 1u); left != 0u; left &= left - 1u) {
            let o = t + countTrailingZeros(left) * WIDTH + 1u - p.rows.k;
            if (o < count) {
                store(row, at + o, summed(block, o, select(largest_x, largest_y, b == 1u), filter_largest));
            }
        }
        if ((marked & (1u << b)) != 0u) {
            mark(block, 0u, t);
            for (var i = t; i < MARKS; i += WIDTH) {
                let words = filters[head + HEAD / 2u + (i >> 1u)];
                plane[OF_FILTER + i] = select(words.x, words.y, (i & 1u) != 0u);
            }
            workgroupBarrier();
            // The invocation that wrote an output writes it again.
            for (var i = t; i < POINTS; i += WIDTH) {
                let o = i + 1u - p.rows.k;
                if (o < count) {
                    let under = between(OF_BLOCK, o + span_begin, o + span_end);
                    let found = footprint(block, o);
                    if (found != 0u || under.odd.y == 0u) {
                        store(row, at + o, infinite_word(found));
                    }
                }
            }
        }
    }
}

// 2^128 by 2^-shift, or 8 if that is more.
fn end_of(shift: i32) -> f32 {
    return bitcast<f32>(u32(clamp(255 - shift, 1, 130)) << 23u);
}

// The words of outputs that are scaled back, Inf where they are surely beyond the largest float.
fn made(x: vec2<f32>, shifts: vec2<i32>, signs: vec2<u32>) -> vec2<u32> {
    let words = vec2<u32>(scaled_back(x.x, shifts.x), scaled_back(x.y, shifts.y));
    let negative = (bitcast<vec2<u32>>(x) >> vec2<u32>(31u)) != vec2<u32>();
    return select(words, vec2<u32>(), negative & (signs == vec2<u32>()));
}

// 1 for outputs that may or may not overflow, 0 for others.
fn undecided(x: vec2<f32>, ends: vec2<f32>) -> vec2<u32> {
    let m = abs(x);
    return select(vec2<u32>(), vec2<u32>(1u), (m >= ends - ERROR) & (m <= ends + ERROR));
}
