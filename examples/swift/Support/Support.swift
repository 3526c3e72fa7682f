import Foundation

/// A message for the user.
public struct Failure: Error, CustomStringConvertible {
  /// The message.
  public let description: String

  /// The failure with this message.
  public init(_ description: String) {
    self.description = description
  }
}

/// Runs a program that takes `count` arguments. A failure is reported, and ends the program with 1.
public func run(_ usage: String, count: Int, _ program: ([String]) throws -> Void) {
  let arguments = Array(CommandLine.arguments.dropFirst())
  guard arguments.count == count else {
    FileHandle.standardError.write(Data("usage: \(usage)\n".utf8))
    exit(2)
  }
  do {
    try program(arguments)
  } catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
  }
}

/// The lines of a file that hold numbers, separated by commas. Comments and headings are left out.
public func readNumbers(_ path: String) throws -> [[Double]] {
  let text = try String(contentsOfFile: path, encoding: .utf8)
  return text.split(separator: "\n").compactMap { line in
    let numbers = line.split(separator: ",").compactMap { Double($0) }
    return numbers.isEmpty ? nil : numbers
  }
}

/// Writes columns to a file, as numbers separated by commas below a heading.
public func writeColumns(_ path: String, _ heading: String, _ columns: [Double]...) throws {
  let lines = columns[0].indices.map { i in columns.map { "\($0[i])" }.joined(separator: ",") }
  try ([heading] + lines).joined(separator: "\n").appending("\n").write(toFile: path, atomically: false, encoding: .utf8)
}

/// A number with so many digits behind the point, as wide as `width`.
public func fixed(_ value: Double, _ digits: Int, width: Int = 0) -> String {
  String(format: "%\(width).\(digits)f", value)
}

/// A low-pass filter of odd length, whose taps add up to 1: a sinc in a Hann window. `cutoff` is a part of the rate.
public func lowpassTaps(_ count: Int, cutoff: Double) -> [Float] {
  let taps = (0..<count).map { i in
    let t = Double(i - (count - 1) / 2)
    let x = 2 * Double.pi * cutoff * t
    return (0.5 + 0.5 * cos(2 * Double.pi * t / Double(count + 1))) * (t == 0 ? 1 : sin(x) / x)
  }
  let sum = taps.reduce(0, +)
  return taps.map { Float($0 / sum) }
}
