
// Integers of one word. The device's own arithmetic is modulo 2^32.

alias Number = u32;
alias Quad = vec4<u32>;
alias Sums = vec4<u32>;

var<workgroup> quads: array<vec4<u32>, PLACES>;

fn quad(x: u32, y: u32, z: u32, w: u32) -> Quad {
    return vec4<u32>(x, y, z, w);
}

fn keep(at: u32, quad: Quad) {
    quads[at] = quad;
}

fn kept(at: u32) -> Quad {
    return quads[at];
}

fn kept_number(at: u32, i: u32) -> Number {
    return quads[at][i];
}

// Four taps, on the values of `w` and the quad after it.
fn multiply_add(sums: Sums, h: Quad, w: Quad, after: Quad) -> Sums {
    return sums + h.x * w
        + h.y * vec4<u32>(w.yzw, after.x)
        + h.z * vec4<u32>(w.zw, after.xy)
        + h.w * vec4<u32>(w.w, after.xyz);
}

fn plus(quad: Quad, sums: Sums) -> Quad {
    return quad + sums;
}

@compute @workgroup_size(WIDTH)
fn words32(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = p.rows.group + id.y * p.rows.wide + id.x;
    if (group < p.rows.groups) {
        make_tile(group, t);
    }
}
