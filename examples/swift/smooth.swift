// smooth DATA.csv OUT.csv
//
// Smooths a yearly series with a moving average of 11 years, the length of a solar cycle.
//
// The mode .same gives one output for each input. Near the ends, the window covers fewer years than 11. A second
// convolution, of ones, counts the years that it covers.
import MLXConvolve
import Support

run("smooth DATA.csv OUT.csv", count: 2) { arguments in
  let series = try readNumbers(arguments[0]).filter { $0.count == 2 }
  let years = series.map { $0[0] }
  let raw = series.map { $0[1] }
  let window = [Double](repeating: 1, count: 11)

  let sums = try convolve(raw, window, mode: .same)
  let covered = try convolve(raw.map { _ in 1.0 }, window, mode: .same)
  let smooth = zip(sums, covered).map { $0 / $1 }

  print("\(raw.count) yearly values, \(Int(years[0]))-\(Int(years.last!)), smoothed over \(window.count) years\n")
  print("  year     raw  smoothed")
  for i in stride(from: 0, to: raw.count, by: 25) {
    print("  \(Int(years[i]))  \(fixed(raw[i], 1, width: 6))    \(fixed(smooth[i], 2, width: 6))")
  }
  try writeColumns(arguments[1], "year,raw,smoothed", years, raw, smooth)
}
