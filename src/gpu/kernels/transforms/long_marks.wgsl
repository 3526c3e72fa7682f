// Where the marks of blocks lie that are transformed in passes: see footprint.wgsl. Those of the filter are
// the first. The numbers of all places of 256 words each, TOTALS times five, follow the others.

var<private> LANE: u32;
var<private> GROUPS: u32;
var<private> TOTALS: u32;
var<private> OF_BLOCK: u32;
var<private> OF_FILTER: u32;

fn mark_at(i: u32) -> u32 {
    return marks[i];
}

// The marks of the first block or the second of a pair, or those of a filter while it is prepared.
fn set_lane() {
    LANE = (1u << (p.log2 - 5u)) + 2u;
    GROUPS = (LANE + 31u) / 32u;
    TOTALS = (LANE + 255u) / 256u;
}

fn set_block(number: u32, b: u32) {
    let size = FILLED * LANE + KINDS_OF_MARKS * GROUPS + 5u * TOTALS;
    OF_FILTER = 0u;
    OF_BLOCK = select(size * (1u + 2u * number + b), 0u, p.prepares != 0u);
}

// The 256 words of each mask that a workgroup makes.
struct Words {
    number: u32,    // of the pair
    b: u32,         // of the block in it
    chunk: u32,     // of the words
    are_marked: bool,
}

fn words_of(group: u32) -> Words {
    let all = group / TOTALS;
    let blocks = select(2u, 1u, p.prepares != 0u);
    let number = all / blocks;
    let b = all - number * blocks;
    var are_marked = p.rows.group + number < p.rows.groups;
    // Filters always are.
    if (are_marked && p.prepares == 0u) {
        are_marked = ((heads[head_of(number) + KINDS] >> (16u * b)) & MARKED) != 0u;
    }
    return Words(number, b, group - all * TOTALS, are_marked);
}
