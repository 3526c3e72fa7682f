// reverb IN.wav OUT.wav
//
// Convolution reverb: makes a sound of 16-bit samples sound as in a room.
//
// The response of the room is synthetic: the direct sound, then noise that decays by 60 dB in two seconds. All channels
// are queued on one stream before the first result is waited for; they share the response.
import Foundation
import MLXConvolve
import Support

/// Noise from a fixed seed, so that the result is the same every time.
struct Noise: RandomNumberGenerator {
  var state: UInt64 = 20_240_607

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

func makeResponse(rate: Int) -> [Float] {
  var noise = Noise()
  var response = (0..<2 * rate).map { i in
    0.05 * Float.random(in: -1...1, using: &noise) * pow(10, -3 * Float(i) / Float(2 * rate))
  }
  response[0] = 1
  return response
}

run("reverb IN.wav OUT.wav", count: 2) { arguments in
  let sound = try Wav(path: arguments[0])
  let samples = try ConvolveArray(sound.samples)
  let response = makeResponse(rate: sound.rate)
  let room = try ConvolveArray(response)
  let stream = try ConvolveStream()

  let start = Date()
  let queued = try (0..<sound.channels).map { channel in
    let dry = try samples.view(shape: [sound.frames], strides: [sound.channels], offset: channel, stream: stream)
    return try convolve(dry, room, stream: stream)
  }
  let wet: [[Float]] = try queued.map { try $0.values() }
  let milliseconds = 1000 * Date().timeIntervalSince(start)

  let peak = wet.joined().reduce(0) { max($0, abs($1)) }
  let gain = min(1, 32440 / peak)
  let frames = sound.frames + response.count - 1
  var out = Wav(rate: sound.rate, channels: sound.channels, samples: [])
  out.samples = (0..<frames * sound.channels).map { Int16((gain * wet[$0 % sound.channels][$0 / sound.channels]).rounded()) }
  try out.write(to: arguments[1])

  let seconds = { (count: Int) in fixed(Double(count) / Double(sound.rate), 2) }
  print(
    "  length:  \(seconds(sound.frames)) s of \(sound.channels) channels at \(sound.rate) Hz, with a response of"
      + " \(seconds(response.count)) s: \(seconds(out.frames)) s")
  print("  time:    \(fixed(milliseconds, 1)) ms")
  print("  gain:    \(fixed(Double(gain), 3)) against clipping")
}
