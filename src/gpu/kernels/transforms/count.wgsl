// Counts marks in memory, behind mark.wgsl: the numbers before each word, and which words are not 0. A
// workgroup counts those of 256 words.

@group(0) @binding(0) var<storage, read> heads: array<u32>;
@group(0) @binding(1) var<storage, read_write> marks: array<u32>;

var<workgroup> counts: array<Counts, 256>;

@compute @workgroup_size(256)
fn count_words(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    set_lane();
    let here = words_of(id.y * p.rows.wide + id.x);
    if (!here.are_marked) {
        return;
    }
    let chunk = here.chunk;
    set_block(here.number, here.b);
    let i = 256u * chunk + t;
    if (i < LANE) {
        counts[t] = counted(OF_BLOCK + i, 0xffffffffu);
    }
    workgroupBarrier();
    if (i < LANE) {
        let totals = OF_BLOCK + FILLED * LANE + KINDS_OF_MARKS * GROUPS;
        var all = Counts();
        for (var c = 0u; c < chunk; c++) {
            let at = totals + 5u * c;
            let odd = vec4<u32>(marks[at], marks[at + 1u], marks[at + 2u], marks[at + 3u]);
            all = sum(all, Counts(odd, marks[at + 4u]));
        }
        for (var c = 0u; c < t; c++) {
            all = sum(all, counts[c]);
        }
        let at = OF_BLOCK + i;
        marks[at + NANS * LANE] = all.odd.x;
        marks[at + NONZEROS * LANE] = all.odd.y;
        marks[at + UPS * LANE] = all.odd.z;
        marks[at + DOWNS * LANE] = all.odd.w;
        marks[at + MINUSES * LANE] = all.negative;
    }
    // Eight words of each index.
    let kind = t / 8u;
    let index = 8u * chunk + t % 8u;
    if (kind < KINDS_OF_MARKS && index < GROUPS) {
        var filled = 0u;
        for (var word = 0u; word < min(32u, LANE - 32u * index); word++) {
            let mask = marks[OF_BLOCK + kind * LANE + 32u * index + word];
            filled |= select(0u, 1u << word, mask != 0u);
        }
        marks[OF_BLOCK + FILLED * LANE + kind * GROUPS + index] = filled;
    }
}
