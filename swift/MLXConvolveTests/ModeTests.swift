import MLXConvolve
import XCTest

/// The outputs that each mode keeps, with filters of every length, odd and even.
final class ModeTests: XCTestCase {
  private func checkAllFilters<Element: ConvolveElement & Numeric & Equatable>(_ number: (Int) -> Element) throws {
    for mode in ConvolveMode.allCases {
      for taps in 1...64 {
        // Longer than each filter, shorter than many, and of one value.
        for length in [100, 31, 1] {
          let a = wholeNumbers(length, seed: length).map(number)
          let v = wholeNumbers(taps, seed: 1000 + taps).map(number)
          let expected = plainLoop(a, v, mode: mode)
          XCTAssertEqual(try convolve(a, v, mode: mode), expected, "\(length) * \(taps), \(mode)")
          XCTAssertEqual(try convolveCount(length, taps, mode: mode), expected.count)
          let result = try convolve(ConvolveArray(a), ConvolveArray(v), mode: mode)
          XCTAssertEqual(try result.values(), expected, "handles, \(length) * \(taps), \(mode)")
        }
      }
    }
  }

  func testAllFiltersInFloat() throws { try checkAllFilters { Float($0) } }
  func testAllFiltersInDouble() throws { try checkAllFilters { Double($0) } }
  func testAllFiltersInInt32() throws { try checkAllFilters { Int32($0) } }

  func testFullIsTheDefault() throws {
    XCTAssertEqual(try convolve([1.0, 2, 3], [1.0, 1]), [1, 3, 5, 3])
    XCTAssertEqual(try convolve(ConvolveArray([1.0, 2, 3]), ConvolveArray([1.0, 1])).values(), [1.0, 3, 5, 3])
  }

  func testLongFiltersByTransforms() throws {
    let a = wholeNumbers(2000, seed: 1).map { Double($0) }
    let v = wholeNumbers(400, seed: 2).map { Double($0) }
    for mode in ConvolveMode.allCases {
      let expected = plainLoop(a, v, mode: mode)
      let result = try convolve(a, v, mode: mode)
      XCTAssertEqual(result.count, expected.count)
      for (value, wanted) in zip(result, expected) {
        XCTAssertEqual(value, wanted, accuracy: 1e-9)
      }
    }
  }
}
