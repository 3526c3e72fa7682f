// The footprint of infinities and NaNs, and of zeros as long as the filter, in the blocks of blocks.wgsl.
//
// The marks of a block lie at the beginning of the workgroup memory, and those of the filter MARKS words
// later. The filter's are in reverse: its mark j belongs to tap k - 1 - j.

// Masks of the places that hold NaN, something positive, negative, a zero, +Inf or -Inf. +-Inf are
// positive or negative, too. One word is left free before a mask, and one behind it.
const LANE = WORDS + 2u;
const NAN = 0u;
const POSITIVE = 1u;
const NEGATIVE = 2u;
const ZERO = 3u;
const UP = 4u;
const DOWN = 5u;
const KINDS_OF_MARKS = 6u;
// Behind the masks, numbers before each of their words: of NaN, of what is not zero and 2^16 times of
// what is negative, of +Inf, of -Inf.
const NANS = 6u;
const SIGNS = 7u;
const UPS = 8u;
const DOWNS = 9u;
// At last, for each mask, the words that are not 0.
const FILLED = 10u * LANE;
const GROUPS = (LANE + 31u) / 32u;
const MARKS = FILLED + KINDS_OF_MARKS * GROUPS;

// Marks what a block holds, in words of `plane` from `base` on. The places of a filter count from its
// last tap. All invocations call it together.
fn mark(block: Block, base: u32, t: u32) {
    workgroupBarrier();
    for (var i = t; i < LANE; i += WIDTH) {
        var nans = 0u;
        var positive = 0u;
        var negative = 0u;
        var zero = 0u;
        var up = 0u;
        var down = 0u;
        if (i > 0u && i <= WORDS) {
            for (var b = 0u; b < 32u; b++) {
                let at = 32u * (i - 1u) + b;
                let x = block.start + i32(select(at, block.places - 1u - at, p.prepares != 0u));
                if (at < block.places && x >= 0 && u32(x) < p.n) {
                    let word = value(block.row, x);
                    let magnitude = word & 0x7fffffffu;
                    let bit = 1u << b;
                    let is_number = magnitude != 0u && magnitude <= 0x7f800000u;
                    nans |= select(0u, bit, magnitude > 0x7f800000u);
                    positive |= select(0u, bit, is_number && word == magnitude);
                    negative |= select(0u, bit, is_number && word != magnitude);
                    zero |= select(0u, bit, magnitude == 0u);
                    up |= select(0u, bit, word == 0x7f800000u);
                    down |= select(0u, bit, word == 0xff800000u);
                }
            }
        }
        let at = base + i;
        plane[at + NAN * LANE] = nans;
        plane[at + POSITIVE * LANE] = positive;
        plane[at + NEGATIVE * LANE] = negative;
        plane[at + ZERO * LANE] = zero;
        plane[at + UP * LANE] = up;
        plane[at + DOWN * LANE] = down;
    }
    workgroupBarrier();
    for (var i = t; i < LANE; i += WIDTH) {
        var before = vec4<u32>();
        for (var u = 0u; u < i; u++) {
            before += counted(base + u, 0xffffffffu);
        }
        plane[base + NANS * LANE + i] = before.x;
        plane[base + SIGNS * LANE + i] = before.y;
        plane[base + UPS * LANE + i] = before.z;
        plane[base + DOWNS * LANE + i] = before.w;
    }
    for (var i = t; i < KINDS_OF_MARKS * GROUPS; i += WIDTH) {
        let kind = i / GROUPS;
        let word = 32u * (i - kind * GROUPS);
        var index = 0u;
        for (var b = 0u; b < min(32u, LANE - word); b++) {
            index |= select(0u, 1u << b, plane[base + kind * LANE + word + b] != 0u);
        }
        plane[base + FILLED + i] = index;
    }
    workgroupBarrier();
}

// How many numbers of a word are NaN, not zero and 2^16 times negative, +Inf, -Inf.
fn counted(at: u32, bits: u32) -> vec4<u32> {
    let nans = plane[at + NAN * LANE];
    let negative = plane[at + NEGATIVE * LANE];
    let nonzero = nans | negative | plane[at + POSITIVE * LANE];
    let kinds = vec4<u32>(nans, nonzero, plane[at + UP * LANE], plane[at + DOWN * LANE]);
    let counts = countOneBits(kinds & vec4<u32>(bits));
    return counts + vec4<u32>(0u, countOneBits(negative & bits) << 16u, 0u, 0u);
}

// The same of all places before one.
fn before(base: u32, at: u32) -> vec4<u32> {
    let i = base + 1u + (at >> 5u);
    let all = vec4<u32>(
        plane[i + NANS * LANE], plane[i + SIGNS * LANE], plane[i + UPS * LANE], plane[i + DOWNS * LANE]);
    return all + counted(i, (1u << (at & 31u)) - 1u);
}

// How many of `all` places, without a NaN, are of a kind.
fn count_of(counts: vec4<u32>, all: u32, kind: u32) -> u32 {
    let nonzero = counts.y & 0xffffu;
    let negative = counts.y >> 16u;
    switch kind {
        case POSITIVE: { return nonzero - negative; }
        case NEGATIVE: { return negative; }
        case ZERO: { return all - nonzero; }
        case UP: { return counts.z; }
        default: { return counts.w; }
    }
}

// 32 bits of a mask from `shift` bits before a word on, or from `shift` bits after its beginning on.
fn left(at: u32, shift: u32) -> u32 {
    return select((plane[at] << shift) | (plane[at - 1u] >> ((32u - shift) & 31u)), plane[at], shift == 0u);
}

fn right(at: u32, shift: u32) -> u32 {
    return select((plane[at] >> shift) | (plane[at + 1u] << ((32u - shift) & 31u)), plane[at], shift == 0u);
}

// Whether a place of the block that is of kind x meets a tap of kind h at output o. Goes through the
// words of the block that are not 0, or through those of the filter.
fn is_met(o: u32, x: u32, h: u32, by_x: bool) -> bool {
    let first = 1u + (o >> 5u);
    let shift = o & 31u;
    let begin = select(1u, first, by_x);
    let end = select(1u + ((p.k - 1u) >> 5u), 1u + ((o + p.k - 1u) >> 5u), by_x);
    let x_words = x * LANE;
    let h_words = MARKS + h * LANE;
    let index = FILLED + select(MARKS + h * GROUPS, x * GROUPS, by_x);
    for (var group = begin >> 5u; group <= end >> 5u; group++) {
        for (var words = plane[index + group]; words != 0u; words &= words - 1u) {
            let word = 32u * group + countTrailingZeros(words);
            if (word > end) {
                return false;
            }
            if (by_x && word >= begin) {
                if ((plane[x_words + word] & left(h_words + word + 1u - first, shift)) != 0u) {
                    return true;
                }
            } else if (!by_x) {
                if ((plane[h_words + word] & right(x_words + word + first - 1u, shift)) != 0u) {
                    return true;
                }
            }
        }
    }
    return false;
}

// What the products of an output make of it if one of them is not finite: bits for NaN, +Inf, -Inf.
fn footprint(block: Block, o: u32) -> u32 {
    let x = before(0u, o + p.k) - before(0u, o);
    // The taps that meet values of the row.
    let at = block.start + i32(o);
    let begin = u32(max(0, -at));
    let end = u32(max(0, min(i32(p.k), i32(p.n) - at)));
    let h = before(MARKS, end) - before(MARKS, begin);
    if ((x.x | h.x) != 0u) {
        return 1u;
    }
    let all = end - begin;
    var found = 0u;
    // Infinities of the block with taps, then those of the filter with values.
    for (var side = 0u; side < 2u; side++) {
        let is_x = side == 0u;
        let infinite = select(h, x, is_x);
        let others = select(x, h, is_x);
        for (var pair = 0u; pair < 6u && (infinite.z | infinite.w) != 0u; pair++) {
            // With zeros, then with negative ones, then with positive ones.
            let kind = UP + (pair & 1u);
            let other = ZERO - (pair >> 1u);
            let is_negative = (kind == DOWN) != (other == NEGATIVE);
            let made = select(select(2u, 4u, is_negative), 1u, other == ZERO);
            let count = count_of(infinite, all, kind);
            let other_count = count_of(others, all, other);
            if (count == 0u || other_count == 0u || (found & made) != 0u) {
                continue;
            }
            // If they are more than the places, two of them meet.
            let is_sure = count + other_count > all;
            let by_x = (count <= other_count) == is_x;
            if (is_sure || is_met(o, select(other, kind, is_x), select(kind, other, is_x), by_x)) {
                found |= made;
                if (made == 1u || found == 6u) {
                    return found;
                }
            }
        }
    }
    return found;
}

// Whether the outputs of a block depend on single places: something is not finite, or zeros lie under
// all taps that are not 0. `zeros` counts those beyond the block and the row, too.
fn needs_marks(block: Block, zeros: u32, kinds: u32, span: u32) -> bool {
    // A block of zeros alone makes zeros.
    if (block.places == 0u || (zeros == POINTS && (kinds & ODD) == 0u)) {
        return false;
    }
    let places = i32(block.places);
    let before = u32(clamp(-block.start, 0, places));
    let behind = u32(clamp(block.start + places - i32(p.n), 0, places));
    let outside = POINTS - (block.places - before - behind);
    let within = zeros - outside;
    let is_zero = within > 0u && within + before + behind >= span;
    return (kinds & ODD) != 0u || before >= span || behind >= span || is_zero;
}
