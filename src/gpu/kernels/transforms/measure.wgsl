// Measures pairs of blocks that are transformed in passes through memory: see passes.rs.
//
// text.rs puts reading.wgsl before this text and repeats each line with a `$j` 16 times. A workgroup
// looks at 4096 places of a pair, first. Then a workgroup for each pair puts that together.

@group(0) @binding(1) var<storage, read_write> heads: array<u32>;

var<workgroup> seen: array<atomic<u32>, 7>;
var<workgroup> sums: array<vec2<f32>, 256>;

// The sums of squares of all invocations.
fn summed(squares: vec2<f32>, t: u32) -> vec2<f32> {
    sums[t] = squares;
    for (var half = 128u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (t < half) {
            sums[t] += sums[t + half];
        }
    }
    workgroupBarrier();
    return sums[0];
}

@compute @workgroup_size(256)
fn measure(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = id.y * p.rows.wide + id.x;
    let tiles = 1u << (p.log2 - 12u);
    let number = group / tiles;
    if (p.rows.group + number >= p.rows.groups) {
        return;
    }
    let tile = group - number * tiles;
    let pair = pair_of(p.rows.group + number);
    if (t < 7u) {
        atomicStore(&seen[t], 0u);
    }
    var words: array<vec2<u32>, 16>;
    let at = 4096u * tile + t;
    words[$j] = vec2<u32>(place(pair.block, at + $ju * 256u), place(pair.other, at + $ju * 256u));
    var look = Look(vec2<u32>(), vec2<u32>(), vec2<u32>(0xffffffffu), vec2<u32>());
    look = looked(look, words[$j]);
    var bounds = vec2<u32>();
    bounds = bounded(bounds, words[$j].x, at + $ju * 256u);
    workgroupBarrier();
    atomicMax(&seen[0], look.largest.x);
    atomicMax(&seen[1], look.largest.y);
    atomicOr(&seen[2], kinds_of(look));
    atomicAdd(&seen[3], look.zeros.x);
    atomicAdd(&seen[4], look.zeros.y);
    atomicMax(&seen[5], bounds.x);
    atomicMax(&seen[6], bounds.y);
    workgroupBarrier();
    let largest = vec2<u32>(exponent(atomicLoad(&seen[0])), exponent(atomicLoad(&seen[1])));
    var squares = vec2<f32>();
    squares = squared(words[$j], largest, squares);
    let sum = summed(squares, t);
    if (t == 0u) {
        let head = head_of(number) + HEAD * (1u + tile);
        heads[head + LARGEST] = largest.x;
        heads[head + LARGEST + 1u] = largest.y;
        heads[head + SCALE] = bitcast<u32>(sum.x);
        heads[head + SCALE + 1u] = bitcast<u32>(sum.y);
        heads[head + KINDS] = atomicLoad(&seen[2]);
        heads[head + ZEROS] = atomicLoad(&seen[3]);
        heads[head + ZEROS + 1u] = atomicLoad(&seen[4]);
        heads[head + BEGIN] = atomicLoad(&seen[5]);
        heads[head + END] = atomicLoad(&seen[6]);
    }
}

fn squared(words: vec2<u32>, largest: vec2<u32>, sum: vec2<f32>) -> vec2<f32> {
    let x = vec2<f32>(scaled(words.x, largest.x), scaled(words.y, largest.y));
    return fma(x, x, sum);
}

// How far from the end the numbers begin that are not 0, and where they end.
fn bounded(bounds: vec2<u32>, word: u32, i: u32) -> vec2<u32> {
    let here = vec2<u32>((1u << p.log2) - i, i + 1u);
    return select(bounds, max(bounds, here), (word & 0x7fffffffu) != 0u);
}
