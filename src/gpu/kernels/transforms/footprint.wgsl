// The footprint of infinities and NaNs, from the marks of a block and of the filter.
//
// The marks are words mark_at(i), those of a block from OF_BLOCK on and those of the filter from OF_FILTER
// on. The filter's are in reverse: its mark j belongs to tap k - 1 - j. A mask takes LANE words, and GROUPS
// words tell which of them are not 0.

// Masks of the places that hold NaN, something positive, negative, a zero, +Inf or -Inf. +-Inf are
// positive or negative, too. One word is left free before a mask, and one behind it.
const NAN = 0u;
const POSITIVE = 1u;
const NEGATIVE = 2u;
const ZERO = 3u;
const UP = 4u;
const DOWN = 5u;
const KINDS_OF_MARKS = 6u;
// Behind the masks, numbers of places before each of their words.
const NANS = 6u;
const NONZEROS = 7u;
const UPS = 8u;
const DOWNS = 9u;
const MINUSES = 10u;
// Then the words of a mask that are not 0, by bits.
const FILLED = 11u;

// A word of each mask.
struct Masks {
    nan: u32,
    positive: u32,
    negative: u32,
    zero: u32,
    up: u32,
    down: u32,
}

// Word i of the masks of a block, from 0 for the word before them on. The places of a filter count from
// its last tap.
fn masks_of(block: Block, i: u32) -> Masks {
    var masks = Masks();
    if (i == 0u) {
        return masks;
    }
    for (var b = 0u; b < 32u; b++) {
        let at = 32u * (i - 1u) + b;
        let x = block.start + i32(select(at, block.places - 1u - at, p.prepares != 0u));
        if (at < block.places && x >= 0 && u32(x) < p.rows.n) {
            let word = value(block.row, x);
            let magnitude = word & 0x7fffffffu;
            let bit = 1u << b;
            let is_number = magnitude != 0u && magnitude <= 0x7f800000u;
            masks.nan |= select(0u, bit, magnitude > 0x7f800000u);
            masks.positive |= select(0u, bit, is_number && word == magnitude);
            masks.negative |= select(0u, bit, is_number && word != magnitude);
            masks.zero |= select(0u, bit, magnitude == 0u);
            masks.up |= select(0u, bit, word == 0x7f800000u);
            masks.down |= select(0u, bit, word == 0xff800000u);
        }
    }
    return masks;
}

// How many of some places are NaN, are not zero, are +Inf, -Inf and negative.
struct Counts {
    odd: vec4<u32>,
    negative: u32,
}

// The places of a word that `bits` has.
fn counted(at: u32, bits: u32) -> Counts {
    let nans = mark_at(at + NAN * LANE);
    let negative = mark_at(at + NEGATIVE * LANE);
    let nonzero = nans | negative | mark_at(at + POSITIVE * LANE);
    let kinds = vec4<u32>(nans, nonzero, mark_at(at + UP * LANE), mark_at(at + DOWN * LANE));
    return Counts(countOneBits(kinds & vec4<u32>(bits)), countOneBits(negative & bits));
}

// All places before one.
fn before(base: u32, at: u32) -> Counts {
    let i = base + 1u + (at >> 5u);
    let odd = vec4<u32>(
        mark_at(i + NANS * LANE), mark_at(i + NONZEROS * LANE), mark_at(i + UPS * LANE),
        mark_at(i + DOWNS * LANE));
    return sum(Counts(odd, mark_at(i + MINUSES * LANE)), counted(i, (1u << (at & 31u)) - 1u));
}

fn sum(a: Counts, b: Counts) -> Counts {
    return Counts(a.odd + b.odd, a.negative + b.negative);
}

// The places from one on, before another.
fn between(base: u32, begin: u32, end: u32) -> Counts {
    let a = before(base, begin);
    let b = before(base, end);
    return Counts(b.odd - a.odd, b.negative - a.negative);
}

// How many of `all` places, without a NaN, are of a kind.
fn count_of(counts: Counts, all: u32, kind: u32) -> u32 {
    switch kind {
        case POSITIVE: { return counts.odd.y - counts.negative; }
        case NEGATIVE: { return counts.negative; }
        case ZERO: { return all - counts.odd.y; }
        case UP: { return counts.odd.z; }
        default: { return counts.odd.w; }
    }
}

// 32 bits of a mask from `shift` bits before a word on, or from `shift` bits after its beginning on.
fn left(at: u32, shift: u32) -> u32 {
    return select((mark_at(at) << shift) | (mark_at(at - 1u) >> ((32u - shift) & 31u)), mark_at(at), shift == 0u);
}

fn right(at: u32, shift: u32) -> u32 {
    return select((mark_at(at) >> shift) | (mark_at(at + 1u) << ((32u - shift) & 31u)), mark_at(at), shift == 0u);
}

// Whether a place of the block that is of kind x meets a tap of kind h at output o. Goes through the
// words of the block that are not 0, or through those of the filter.
fn is_met(o: u32, x: u32, h: u32, by_x: bool) -> bool {
    let first = 1u + (o >> 5u);
    let shift = o & 31u;
    let begin = select(1u, first, by_x);
    let end = select(1u + ((p.rows.k - 1u) >> 5u), 1u + ((o + p.rows.k - 1u) >> 5u), by_x);
    let x_words = OF_BLOCK + x * LANE;
    let h_words = OF_FILTER + h * LANE;
    let index = FILLED * LANE + select(OF_FILTER + h * GROUPS, OF_BLOCK + x * GROUPS, by_x);
    for (var group = begin >> 5u; group <= end >> 5u; group++) {
        for (var words = mark_at(index + group); words != 0u; words &= words - 1u) {
            let word = 32u * group + countTrailingZeros(words);
            if (word > end) {
                return false;
            }
            if (by_x && word >= begin) {
                if ((mark_at(x_words + word) & left(h_words + word + 1u - first, shift)) != 0u) {
                    return true;
                }
            } else if (!by_x) {
                if ((mark_at(h_words + word) & right(x_words + word + first - 1u, shift)) != 0u) {
                    return true;
                }
            }
        }
    }
    return false;
}

fn chosen(no: Counts, yes: Counts, which: bool) -> Counts {
    return Counts(select(no.odd, yes.odd, which), select(no.negative, yes.negative, which));
}

// What the products of an output make of it if one of them is not finite: bits for NaN, +Inf, -Inf.
fn footprint(block: Block, o: u32) -> u32 {
    let x = between(OF_BLOCK, o, o + p.rows.k);
    // The taps that meet values of the row.
    let at = block.start + i32(o);
    let begin = u32(max(0, -at));
    let end = u32(max(0, min(i32(p.rows.k), i32(p.rows.n) - at)));
    let h = between(OF_FILTER, begin, end);
    if ((x.odd.x | h.odd.x) != 0u) {
        return 1u;
    }
    let all = end - begin;
    var found = 0u;
    // Infinities of the block with taps, then those of the filter with values.
    for (var side = 0u; side < 2u; side++) {
        let is_x = side == 0u;
        let infinite = chosen(h, x, is_x);
        let others = chosen(x, h, is_x);
        for (var pair = 0u; pair < 6u && (infinite.odd.z | infinite.odd.w) != 0u; pair++) {
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

// The word of an output of which this was found, 0 if it was nothing.
fn infinite_word(found: u32) -> u32 {
    switch found {
        case 0u: { return 0u; }
        case 2u: { return 0x7f800000u; }
        case 4u: { return 0xff800000u; }
        default: { return 0x7fc00000u; }
    }
}
