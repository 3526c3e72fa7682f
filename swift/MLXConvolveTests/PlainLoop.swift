import MLXConvolve

/// The definition, `full[n] = sum over k of a[k] * v[n - k]`, in the numbers' own arithmetic, and the outputs that a mode
/// keeps of it.
func plainLoop<Number: Numeric>(
  _ a: [Number], _ v: [Number], mode: ConvolveMode, add: (Number, Number) -> Number = (+),
  multiply: (Number, Number) -> Number = (*)
) -> [Number] {
  var full = [Number](repeating: 0, count: a.count + v.count - 1)
  for i in a.indices {
    for k in v.indices {
      full[i + k] = add(full[i + k], multiply(a[i], v[k]))
    }
  }
  let longer = max(a.count, v.count)
  let shorter = min(a.count, v.count)
  switch mode {
  case .full: return full
  case .valid: return Array(full[(shorter - 1)..<longer])
  case .same: return Array(full[((shorter - 1) / 2)...].prefix(longer))
  }
}

/// Whole numbers from -9 to 9, the same in every run. Their sums are exact in every type that holds them.
func wholeNumbers(_ count: Int, seed: Int) -> [Int] {
  var state = UInt64(seed)
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % 19 - 9
  }
}
