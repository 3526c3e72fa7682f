// lowpass IN.wav OUT.wav
//
// Takes the high notes out of a sound of any number of channels, of 16-bit samples: a FIR filter of 401 taps.
//
// The samples stay interleaved. A channel is a view of them, and nothing is copied. The library converts the samples
// to the type of the taps on the way. At both ends the first and the last sample go on, so there is no click.
import Foundation
import MLXConvolve
import Support

let cutoff = 1500.0

/// How loud samples are: the root of their mean square, in decibels below the loudest sample there is.
func decibels(_ samples: some Collection<Double>) -> Double {
  10 * log10(samples.reduce(0) { $0 + $1 * $1 } / (Double(samples.count) * 32768 * 32768) + 1e-12)
}

run("lowpass IN.wav OUT.wav", count: 2) { arguments in
  var sound = try Wav(path: arguments[0])
  let samples = try ConvolveArray(sound.samples)
  let taps = try ConvolveArray(lowpassTaps(401, cutoff: cutoff / Double(sound.rate)))

  print("  \(sound.frames) frames of \(sound.channels) channels at \(sound.rate) Hz, without the notes above \(Int(cutoff)) Hz")
  for channel in 0..<sound.channels {
    let view = try samples.view(shape: [sound.frames], strides: [sound.channels], offset: channel)
    let filtered: [Float] = try convolve(view, taps, mode: .same, boundary: .edge).values()
    let before: [Int16] = try view.values()
    print(
      "  channel \(channel): \(fixed(decibels(before.map(Double.init)), 1, width: 6)) dB before,"
        + " \(fixed(decibels(filtered.map(Double.init)), 1, width: 6)) dB after")
    for (frame, value) in filtered.enumerated() {
      sound.samples[frame * sound.channels + channel] = Int16(max(-32768, min(32767, value.rounded())))
    }
  }
  try sound.write(to: arguments[1])
}
