// Puts together what measure.wgsl saw of the tiles of a pair, in a workgroup for each pair.

@group(0) @binding(0) var<storage, read_write> heads: array<u32>;

var<workgroup> seen: array<atomic<u32>, 7>;
var<workgroup> sums: array<vec2<f32>, 256>;

// A power of two, e at most 0; zero if it is not above 2^-126.
fn power(e: i32) -> f32 {
    return bitcast<f32>(u32(max(127 + e, 0)) << 23u);
}

@compute @workgroup_size(256)
fn gather(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let number = id.y * p.rows.wide + id.x;
    if (p.rows.group + number >= p.rows.groups) {
        return;
    }
    let head = head_of(number);
    let tile = head + HEAD * (1u + t);
    let is_tile = t < (1u << (p.log2 - 12u));
    if (t < 7u) {
        atomicStore(&seen[t], 0u);
    }
    var largest = vec2<u32>();
    var squares = vec2<f32>();
    workgroupBarrier();
    if (is_tile) {
        largest = vec2<u32>(heads[tile + LARGEST], heads[tile + LARGEST + 1u]);
        squares = bitcast<vec2<f32>>(vec2<u32>(heads[tile + SCALE], heads[tile + SCALE + 1u]));
        atomicMax(&seen[0], largest.x);
        atomicMax(&seen[1], largest.y);
        atomicOr(&seen[2], heads[tile + KINDS]);
        atomicAdd(&seen[3], heads[tile + ZEROS]);
        atomicAdd(&seen[4], heads[tile + ZEROS + 1u]);
        atomicMax(&seen[5], heads[tile + BEGIN]);
        atomicMax(&seen[6], heads[tile + END]);
    }
    workgroupBarrier();
    let most = vec2<u32>(atomicLoad(&seen[0]), atomicLoad(&seen[1]));
    // Squares go down by two exponents.
    let powers = vec2<f32>(
        power(2 * (i32(largest.x) - i32(most.x))), power(2 * (i32(largest.y) - i32(most.y))));
    sums[t] = squares * powers;
    for (var half = 128u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (t < half) {
            sums[t] += sums[t + half];
        }
    }
    workgroupBarrier();
    if (t == 0u) {
        let points = 1u << p.log2;
        // 0 only where there are no numbers.
        let norms = max(sums[0], vec2<f32>(1.0f));
        var scales = inverseSqrt(norms);
        if (p.prepares != 0u) {
            // A filter's scale is a power of two.
            scales = bitcast<vec2<f32>>(bitcast<vec2<u32>>(scales) & vec2<u32>(0x7f800000u));
            heads[head + NORM] = bitcast<u32>(sqrt(norms.x) * scales.x);
            let end = atomicLoad(&seen[6]);
            heads[head + BEGIN] = select(p.rows.k - end, 0u, end == 0u);
            heads[head + END] = select(p.rows.k + atomicLoad(&seen[5]) - points, 0u, end == 0u);
        }
        heads[head + LARGEST] = most.x;
        heads[head + LARGEST + 1u] = most.y;
        heads[head + SCALE] = bitcast<u32>(scales.x);
        heads[head + SCALE + 1u] = bitcast<u32>(scales.y);
        var kinds = atomicLoad(&seen[2]);
        if (p.prepares == 0u) {
            let pair = pair_of(p.rows.group + number);
            let span = heads[END] - heads[BEGIN];
            let all = kinds | (heads[KINDS] * 0x10001u);
            let x_marked = needs_marks(pair.block, atomicLoad(&seen[3]), all, span, points);
            let y_marked = needs_marks(pair.other, atomicLoad(&seen[4]), all >> 16u, span, points);
            kinds |= select(0u, MARKED, x_marked) | select(0u, MARKED << 16u, y_marked);
        }
        heads[head + KINDS] = kinds;
    }
}
