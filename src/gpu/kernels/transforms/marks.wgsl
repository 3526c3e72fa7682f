// The marks of the blocks of blocks.wgsl, in the workgroup memory of the transforms: see footprint.wgsl.

const LANE = WORDS + 2u;
const GROUPS = (LANE + 31u) / 32u;
const MARKS = FILLED * LANE + KINDS_OF_MARKS * GROUPS;
const OF_BLOCK = 0u;
const OF_FILTER = MARKS;

fn mark_at(i: u32) -> u32 {
    return plane[i];
}

// Marks what a block holds, in words of `plane` from `base` on. All invocations call it together.
fn mark(block: Block, base: u32, t: u32) {
    workgroupBarrier();
    for (var i = t; i < LANE; i += WIDTH) {
        let word = masks_of(block, i);
        let at = base + i;
        plane[at + NAN * LANE] = word.nan;
        plane[at + POSITIVE * LANE] = word.positive;
        plane[at + NEGATIVE * LANE] = word.negative;
        plane[at + ZERO * LANE] = word.zero;
        plane[at + UP * LANE] = word.up;
        plane[at + DOWN * LANE] = word.down;
    }
    workgroupBarrier();
    for (var i = t; i < LANE; i += WIDTH) {
        var all = Counts();
        for (var u = 0u; u < i; u++) {
            all = sum(all, counted(base + u, 0xffffffffu));
        }
        plane[base + NANS * LANE + i] = all.odd.x;
        plane[base + NONZEROS * LANE + i] = all.odd.y;
        plane[base + UPS * LANE + i] = all.odd.z;
        plane[base + DOWNS * LANE + i] = all.odd.w;
        plane[base + MINUSES * LANE + i] = all.negative;
    }
    for (var i = t; i < KINDS_OF_MARKS * GROUPS; i += WIDTH) {
        let kind = i / GROUPS;
        let word = 32u * (i - kind * GROUPS);
        var index = 0u;
        for (var b = 0u; b < min(32u, LANE - word); b++) {
            index |= select(0u, 1u << b, plane[base + kind * LANE + word + b] != 0u);
        }
        plane[base + FILLED * LANE + i] = index;
    }
    workgroupBarrier();
}

