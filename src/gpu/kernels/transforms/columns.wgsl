// The first of three passes of transforms through memory: see passes.rs. Loads and scales 16 columns of
// a pair of blocks, transforms them and multiplies by roots of unity.
//
// A pair has 256 rows. Row r holds the places from `r width` on.

@group(0) @binding(1) var<storage, read> roots: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> heads: array<u32>;
@group(0) @binding(3) var<storage, read_write> planes: array<vec2<f32>>;

@compute @workgroup_size(256)
fn columns(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = id.y * p.rows.wide + id.x;
    let tiles = 1u << (p.log2 - 12u);
    let number = group / tiles;
    if (p.rows.group + number >= p.rows.groups) {
        return;
    }
    let pair = pair_of(p.rows.group + number);
    let head = head_of(number);
    let width = 1u << (p.log2 - 8u);
    let column = 16u * (group - number * tiles) + (t & 15u);
    let s = t >> 4u;
    let largest = vec2<u32>(heads[head + LARGEST], heads[head + LARGEST + 1u]);
    let scales = bitcast<vec2<f32>>(vec2<u32>(heads[head + SCALE], heads[head + SCALE + 1u]));
    let at = s * width + column;
    var x: array<vec2<f32>, 16>;
    x[$j] = loaded(pair, at + $ju * 16u * width, largest) * scales;
    forward(&x, s, (t & 15u) * APART);
    let base = number << p.log2;
    planes[base + at + $ju * 16u * width] = times(x[$j], twiddle(column * (s + $ju * 16u)));
}

fn loaded(pair: Pair, i: u32, largest: vec2<u32>) -> vec2<f32> {
    return vec2<f32>(scaled(place(pair.block, i), largest.x), scaled(place(pair.other, i), largest.y));
}
