// The first parameters of the kernels that compute rows: `Common` of pieces.rs.

struct Rows {
    n: u32,         // values of a row of the signal, as far as the outputs read them
    k: u32,         // taps
    first: u32,     // the first output, as an index of `full` of the values that are read
    outputs: u32,   // outputs of a row
    tiles: u32,     // tiles of a row
    group: u32,     // the first workgroup of this dispatch, of all rows' tiles
    groups: u32,    // workgroups of all rows
    wide: u32,      // workgroups in x; the others wrap into y
    a_at: u32,      // value 0 of row 0; wraps where that lies before the binding
    a_step: u32,    // from row to row; wraps where it is negative
    a_stride: u32,  // from value to value, likewise
    v_at: u32,      // the same of the filter
    v_step: u32,
    v_stride: u32,
    y_at: u32,      // and of the outputs
    y_step: u32,
    y_stride: u32,
}

