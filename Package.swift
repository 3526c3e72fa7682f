// swift-tools-version: 6.0
import PackageDescription

// The Swift module calls the installed library, which pkg-config finds: see docs/swift.md. There is no version here:
// SwiftPM takes it from the tag, and Cargo.toml has the library's.
let package = Package(
  name: "mlx-convolve",
  products: [
    .library(name: "MLXConvolve", targets: ["MLXConvolve"]),
    .library(name: "CMlxConvolve", targets: ["CMlxConvolve"]),
  ],
  targets: [
    .systemLibrary(
      name: "CMlxConvolve",
      path: "swift/CMlxConvolve",
      pkgConfig: "mlx_convolve"
    ),
    .target(name: "MLXConvolve", dependencies: ["CMlxConvolve"], path: "swift/MLXConvolve"),
    .testTarget(
      name: "MLXConvolveTests",
      dependencies: ["MLXConvolve", "CMlxConvolve"],
      path: "swift/MLXConvolveTests"
    ),
  ],
  swiftLanguageModes: [.v6]
)
