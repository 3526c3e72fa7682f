// swift-tools-version: 6.0
import PackageDescription

// A package of its own, as a user of the library would write it:
//   swift run --package-path examples/swift smooth examples/data/sunspots.csv
// Elsewhere, `path` is where the clone is, or `url` its address.
let programs = ["smooth", "lowpass", "reverb", "ecg"]

let package = Package(
  name: "Examples",
  dependencies: [.package(name: "mlx-convolve", path: "../..")],
  targets: [.target(name: "Support", path: "Support")]
    + programs.map { program in
      .executableTarget(
        name: program,
        dependencies: ["Support", .product(name: "MLXConvolve", package: "mlx-convolve")],
        path: ".",
        exclude: ["Support"] + programs.filter { $0 != program }.map { "\($0).swift" })
    },
  swiftLanguageModes: [.v6]
)
