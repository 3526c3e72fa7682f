// Advances the counter of submissions that the device has done.

@group(0) @binding(0) var<storage, read_write> counter: array<u32>;

@compute @workgroup_size(1)
fn advance() {
    counter[0] += 1u;
}
