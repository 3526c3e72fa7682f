// ecg DATA.csv OUT.csv
//
// Cleans a recorded electrocardiogram with two convolutions.
//
// - The baseline wanders, because the patient breathes and moves. A long smooth filter follows the wander and not the
//   heartbeats; the program subtracts what this filter gives.
// - Noise from muscles and from the mains lies over the signal. A short low-pass filter removes it.
//
// With the mode .same and filters of odd length, output i belongs to sample i: nothing is delayed. With the boundary
// .symmetric the signal goes on mirrored beyond its ends, so the baseline has no jump there.
//
// The beats are counted to show what the cleaning is good for. This is no medical program.
import MLXConvolve
import Support

let rate = 360.0

/// A beat begins where the signal rises above half of its largest value, a quarter of a second after another at least.
func findBeats(_ signal: [Float]) -> [Int] {
  let threshold = signal.max()! / 2
  var beats: [Int] = []
  for i in 1..<signal.count where signal[i - 1] < threshold && signal[i] >= threshold {
    if beats.isEmpty || Double(i - beats.last!) > rate / 4 {
      beats.append(i)
    }
  }
  return beats
}

func span(_ signal: [Float]) -> String { fixed(Double(signal.max()! - signal.min()!), 2) }

run("ecg DATA.csv OUT.csv", count: 2) { arguments in
  // Steps of 1/200 millivolt, with the zero at 1024.
  let raw = try readNumbers(arguments[0]).map { Float($0[0] - 1024) / 200 }
  // A moving average of a moving average of 0.6 seconds, as one filter.
  let average = [Float](repeating: 1 / 217, count: 217)
  let smooth = try convolve(average, average)

  let wander = try convolve(raw, smooth, mode: .same, boundary: .symmetric)
  let level = zip(raw, wander).map { $0 - $1 }
  let clean = try convolve(level, lowpassTaps(31, cutoff: 35 / rate), mode: .same, boundary: .symmetric)
  let left = try convolve(clean, smooth, mode: .same, boundary: .symmetric)

  let noise = zip(level, clean).map { Double($0 - $1) }
  let beats = findBeats(clean)
  print("  \(fixed(Double(raw.count) / rate, 0)) seconds, \(raw.count) samples")
  print("  the baseline wanders over \(span(wander)) mV; in the cleaned signal, over \(span(left)) mV")
  let power = noise.reduce(0) { $0 + $1 * $1 } / Double(noise.count)
  print("  noise removed: \(fixed(power.squareRoot(), 3)) mV (root mean square)")
  print("  beats above half of the largest value: \(findBeats(raw).count) as recorded, \(beats.count) cleaned")
  let minutes = Double(beats.last! - beats.first!) / rate / 60
  print("  heart rate: \(fixed(Double(beats.count - 1) / minutes, 0)) beats a minute")
  try writeColumns(
    arguments[1], "seconds,raw,baseline,clean", raw.indices.map { Double($0) / rate }, raw.map(Double.init),
    wander.map(Double.init), clean.map(Double.init))
}
