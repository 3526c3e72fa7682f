// Packs numbers of one word into elements of one or two bytes.

// There is one row. Its outputs are words of elements; the signal is counted in the numbers of a word.
struct Params {
    rows: Rows,
    made: u32,      // the kind of the elements
}

var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;

const WIDTH = 256u;
const TILE = 1024u;

// Kinds of elements.
const TRUTH = 0u;
const BYTE = 1u;
const PAIR = 2u;
const FLOAT16 = 3u;
const BFLOAT16 = 4u;

fn bytes(at: u32) -> u32 {
    return (a[at] & 0xffu) | ((a[at + 1u] & 0xffu) << 8u)
        | ((a[at + 2u] & 0xffu) << 16u) | (a[at + 3u] << 24u);
}

fn truth(word: u32) -> u32 {
    return select(0u, 1u, word != 0u);
}

fn packed(i: u32) -> u32 {
    let two = 2u * i;
    let four = 4u * i;
    switch p.made {
        case TRUTH: {
            return truth(a[four]) | (truth(a[four + 1u]) << 8u)
                | (truth(a[four + 2u]) << 16u) | (truth(a[four + 3u]) << 24u);
        }
        case BYTE: { return bytes(four); }
        case PAIR: { return (a[two] & 0xffffu) | (a[two + 1u] << 16u); }
        case FLOAT16: { return to_float16(a[two]) | (to_float16(a[two + 1u]) << 16u); }
        default: { return to_bfloat16(a[two]) | (to_bfloat16(a[two + 1u]) << 16u); }
    }
}

@compute @workgroup_size(WIDTH)
fn narrow(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let group = p.rows.group + id.y * p.rows.wide + id.x;
    if (group >= p.rows.groups) {
        return;
    }
    let tile = group * TILE;
    for (var i = tile + t; i < min(tile + TILE, p.rows.outputs); i += WIDTH) {
        y[p.rows.y_at + i] = packed(p.rows.a_at + p.rows.first + i);
    }
}
