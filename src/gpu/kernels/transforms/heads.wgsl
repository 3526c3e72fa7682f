// The heads of pairs of blocks, and of filters, in words. There is one for a pair and one for each of its
// tiles. The first pair is the filter.
const HEAD = 10u;
const LARGEST = 0u;     // of each block the biased exponent of the largest finite magnitude
const SCALE = 2u;       // of a pair: what its numbers are multiplied by; of a tile: the sums of squares
const KINDS = 4u;       // ODD, NEGATIVES; of the second block 16 bits higher
const ZEROS = 5u;       // how many zeros either block has, those beyond its ends included
const NORM = 7u;        // of the filter
const BEGIN = 8u;       // of the filter in reverse: the taps that are not 0 lie from here
const END = 9u;         // to here; of a tile, how far from the end they begin, and where they end

// In KINDS: the block's outputs depend on single places.
const MARKED = 4u;

fn head_of(number: u32) -> u32 {
    let tiles = 1u << (p.log2 - 12u);
    return HEAD * (1u + tiles) * select(1u + number, 0u, p.prepares != 0u);
}

