import Foundation

/// A sound of 16-bit samples: frame by frame, the channels of a frame side by side.
public struct Wav {
  /// Frames a second.
  public var rate: Int
  /// Samples of a frame.
  public var channels: Int
  /// All samples.
  public var samples: [Int16]

  /// The sound with these samples.
  public init(rate: Int, channels: Int, samples: [Int16]) {
    self.rate = rate
    self.channels = channels
    self.samples = samples
  }

  /// Samples of each channel.
  public var frames: Int { samples.count / channels }

  /// Reads a WAV file of 16-bit samples. It is a list of chunks: a name of 4 bytes, a size, the contents.
  public init(path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func number(_ at: Int, _ size: Int) -> Int { (0..<size).reversed().reduce(0) { $0 << 8 | Int(bytes[at + $1]) } }
    var format: Int?
    var data: Range<Int>?
    var at = 12
    while at + 8 <= bytes.count {
      let name = String(decoding: bytes[at..<at + 4], as: UTF8.self)
      let size = min(number(at + 4, 4), bytes.count - at - 8)
      if name == "fmt " && size >= 16 { format = at + 8 }
      if name == "data" { data = at + 8..<at + 8 + size }
      at += 8 + size + size % 2
    }
    guard bytes.starts(with: "RIFF".utf8), let format, let data, number(format, 2) == 1, number(format + 2, 2) > 0,
      number(format + 14, 2) == 16
    else { throw Failure("\(path): no WAV file of 16-bit samples") }
    rate = number(format + 4, 4)
    channels = number(format + 2, 2)
    samples = stride(from: data.lowerBound, to: data.upperBound - 1, by: 2).map {
      Int16(truncatingIfNeeded: number($0, 2))
    }
    samples.removeLast(samples.count % channels)
  }

  /// Writes the sound to a file.
  public func write(to path: String) throws {
    var bytes: [UInt8] = []
    func append(_ name: String, _ numbers: (value: Int, size: Int)...) {
      bytes += name.utf8
      for (value, size) in numbers {
        bytes += (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      }
    }
    append("RIFF", (36 + 2 * samples.count, 4))
    append("WAVE")
    append("fmt ", (16, 4), (1, 2), (channels, 2), (rate, 4), (2 * channels * rate, 4), (2 * channels, 2), (16, 2))
    append("data", (2 * samples.count, 4))
    bytes.reserveCapacity(bytes.count + 2 * samples.count)
    for sample in samples {
      append("", (Int(sample), 2))
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }
}
