// The second of three passes of transforms through memory: see passes.rs. Transforms rows of POINTS
// numbers, multiplies by the filter's spectrum, and transforms back. A filter is only transformed, and
// divided by the number of all points.

@group(0) @binding(0) var<storage, read> roots: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read> spectrum: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> planes: array<vec2<f32>>;

@compute @workgroup_size(256)
fn NAME(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = id.y * p.rows.wide + id.x;
    if (group >= (p.rows.groups - p.rows.group) << (p.log2 - 12u)) {
        return;
    }
    let row = t / WIDTH;
    let s = t % WIDTH;
    let at = 4096u * group + row * POINTS + s;
    var x: array<vec2<f32>, 16>;
    x[$j] = planes[at + $ju * WIDTH];
    forward(&x, s, row * APART);
    if (p.prepares != 0u) {
        let part = bitcast<f32>((127u - p.log2) << 23u);
        planes[at + $ju * WIDTH] = x[$j] * part;
        return;
    }
    let of_filter = at & ((1u << p.log2) - 1u);
    x[$j] = times(x[$j], spectrum[of_filter + $ju * WIDTH]);
    inverse(&x, s, row * APART);
    planes[at + $ju * WIDTH] = x[$j];
}
