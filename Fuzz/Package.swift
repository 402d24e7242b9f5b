// swift-tools-version: 6.2
import PackageDescription

// A package of its own: every module in it is built for libFuzzer, so those that are tested lie here as links to the
// real ones, and of rooms that need other packages only the files without effects. `make fuzz` builds and runs it.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    targets: [
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1"),
        .systemLibrary(name: "CExpat", pkgConfig: "expat"),
        room("Reports", ["CExpat"]),
        room("SpecParsing", ["CLibYAML"]),
        room("BuildPlanning", ["SpecParsing"]),
        room("Rendering", ["BuildPlanning", "Crypto", "SpecParsing"]),
        room("Crypto", []),
        room("Files", []),
        room("Caches", ["Crypto", "Files"]),
        room("BuildRunning", ["BuildPlanning", "Files", "SpecParsing"]),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "SpecParsing", "BuildPlanning", "Rendering", "Files", "Caches", "BuildRunning", "Reports",
            ],
            swiftSettings: [.enableUpcomingFeature("ExistentialAny")]),
    ],
    swiftLanguageModes: [.v6]
)
