// The last of three passes of transforms through memory: see passes.rs. Multiplies 16 columns by roots of
// unity, transforms them back, scales them back and stores the outputs.

@group(0) @binding(0) var<storage, read> planes: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read> roots: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> heads: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(256)
fn outputs(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
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
    let at = s * width + column;
    let base = (number << p.log2) + at;
    var x: array<vec2<f32>, 16>;
    x[$j] = turned_back(planes[base + $ju * 16u * width], twiddle(column * (s + $ju * 16u)));
    inverse(&x, s, (t & 15u) * APART);

    let filter_largest = heads[LARGEST];
    // The filter's scale is a power of two.
    let halvings = 127 - i32(exponent(heads[SCALE]));
    let scales = bitcast<vec2<f32>>(vec2<u32>(heads[head + SCALE], heads[head + SCALE + 1u]));
    let largest = vec2<u32>(heads[head + LARGEST], heads[head + LARGEST + 1u]);
    let shifts = bitcast<vec2<i32>>(largest) + vec2<i32>(i32(filter_largest) - 254 + halvings);
    let kinds = heads[head + KINDS];
    let all_kinds = vec2<u32>(kinds, kinds >> 16u) | vec2<u32>(heads[KINDS]);
    let signs = all_kinds & vec2<u32>(NEGATIVES);
    // Half of the bound: 6 eps log2(points) times the norms, of which the block's is 1.
    let slack = f32(6u * p.log2) / 8388608.0f * bitcast<f32>(heads[NORM]);
    let ends = vec2<f32>(end_of(shifts.x), end_of(shifts.y)) + vec2<f32>(slack) / scales;
    let kept = select(vec2<u32>(), vec2<u32>(0xffffffffu), largest != vec2<u32>());
    store_both(pair, at + $ju * 16u * width + 1u - p.rows.k, made(x[$j] / scales, shifts, ends, signs) & kept);
}

fn turned_back(x: vec2<f32>, root: vec2<f32>) -> vec2<f32> {
    return times(x, vec2<f32>(root.x, -root.y));
}

// 2^128 by 2^-shift, or 2^16 if that is more.
fn end_of(shift: i32) -> f32 {
    return bitcast<f32>(u32(clamp(255 - shift, 1, 143)) << 23u);
}

// The words of outputs that are scaled back. Beyond the largest float by more than half of the bound
// they are Inf: the other half is the error. Below, they are the largest float at most.
fn made(x: vec2<f32>, shifts: vec2<i32>, ends: vec2<f32>, signs: vec2<u32>) -> vec2<u32> {
    let words = vec2<u32>(scaled_back(x.x, shifts.x), scaled_back(x.y, shifts.y));
    // Inf, less 1 where that is not sure.
    let is_close = abs(x) <= ends;
    let is_infinite = (words & vec2<u32>(0x7fffffffu)) == vec2<u32>(0x7f800000u);
    let finite = words - select(vec2<u32>(), vec2<u32>(1u), is_close & is_infinite);
    let negative = (bitcast<vec2<u32>>(x) >> vec2<u32>(31u)) != vec2<u32>();
    return select(finite, vec2<u32>(), negative & (signs == vec2<u32>()));
}

fn store_both(pair: Pair, o: u32, words: vec2<u32>) {
    if (o < pair.counts.x) {
        store(pair.row, pair.first + o, words.x);
    }
    if (o < pair.counts.y) {
        store(pair.row, pair.first + p.valid + o, words.y);
    }
}

fn store(row: u32, i: u32, word: u32) {
    y[p.rows.y_at + row * p.rows.y_step + i * p.rows.y_stride] = word;
}
