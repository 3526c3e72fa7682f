// Writes outputs again that single places decide: those that infinities, NaNs or zeros meet. A workgroup
// looks at 256 places of a pair of blocks. An invocation looks at one output of either block: some
// drivers end the loops of one that takes more than 65535 steps.

@group(0) @binding(0) var<storage, read> heads: array<u32>;
@group(0) @binding(1) var<storage, read> marks: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(256)
fn mend(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    set_lane();
    let group = id.y * p.rows.wide + id.x;
    let tiles = 1u << (p.log2 - 8u);
    let here = group / tiles;
    if (p.rows.group + here >= p.rows.groups) {
        return;
    }
    let pair = pair_of(p.rows.group + here);
    let number = p.skipped + here;
    let kinds = heads[head_of(number) + KINDS];
    for (var b = 0u; b < 2u; b++) {
        if (((kinds >> (16u * b)) & MARKED) == 0u) {
            continue;
        }
        set_block(number, b);
        var block = pair.block;
        var first = pair.first;
        var count = pair.counts.x;
        if (b == 1u) {
            block = pair.other;
            first += p.valid;
            count = pair.counts.y;
        }
        let o = 256u * (group - here * tiles) + t + 1u - p.rows.k;
        if (o >= count) {
            continue;
        }
        let found = footprint(block, o);
        let under = between(OF_BLOCK, o + heads[BEGIN], o + heads[END]);
        if (found != 0u || under.odd.y == 0u) {
            let at = p.rows.y_at + pair.row * p.rows.y_step + (first + o) * p.rows.y_stride;
            y[at] = infinite_word(found);
        }
    }
}
