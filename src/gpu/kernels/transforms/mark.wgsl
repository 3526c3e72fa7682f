// Marks the blocks of pairs that need it, and filters, in memory: the masks, and the numbers of places of
// 256 words. A workgroup makes 256 words of each mask.

@group(0) @binding(1) var<storage, read> heads: array<u32>;
@group(0) @binding(2) var<storage, read_write> marks: array<u32>;

var<workgroup> totals: array<atomic<u32>, 5>;

@compute @workgroup_size(256)
fn mark_words(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    set_lane();
    let here = words_of(id.y * p.rows.wide + id.x);
    if (!here.are_marked) {
        return;
    }
    let chunk = here.chunk;
    set_block(here.number, here.b);
    let i = 256u * chunk + t;
    if (t < 5u) {
        atomicStore(&totals[t], 0u);
    }
    workgroupBarrier();
    if (i < LANE) {
        let pair = pair_of(p.rows.group + here.number);
        var block = pair.block;
        if (here.b == 1u) {
            block = pair.other;
        }
        let word = masks_of(block, i);
        let at = OF_BLOCK + i;
        marks[at + NAN * LANE] = word.nan;
        marks[at + POSITIVE * LANE] = word.positive;
        marks[at + NEGATIVE * LANE] = word.negative;
        marks[at + ZERO * LANE] = word.zero;
        marks[at + UP * LANE] = word.up;
        marks[at + DOWN * LANE] = word.down;
        let nonzero = word.nan | word.positive | word.negative;
        atomicAdd(&totals[0], countOneBits(word.nan));
        atomicAdd(&totals[1], countOneBits(nonzero));
        atomicAdd(&totals[2], countOneBits(word.up));
        atomicAdd(&totals[3], countOneBits(word.down));
        atomicAdd(&totals[4], countOneBits(word.negative));
    }
    workgroupBarrier();
    if (t < 5u) {
        let at = OF_BLOCK + FILLED * LANE + KINDS_OF_MARKS * GROUPS;
        marks[at + 5u * chunk + t] = atomicLoad(&totals[t]);
    }
}
