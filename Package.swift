// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude,
        swiftSettings: [.enableUpcomingFeature("ExistentialAny")])
}

let package = Package(
    name: "buildspec",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "buildspec", targets: ["buildspec"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
        .systemLibrary(
            name: "CLibArchive", pkgConfig: "libarchive",
            providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
        .systemLibrary(name: "CLinuxNamespaces"),

        // The pure rooms: no files, no clock, no processes.
        room("SpecParsing", ["CLibYAML"]),
        .target(
            name: "BuildPlanning", dependencies: ["SpecParsing"],
            resources: [
                .embedInCode("Resources/driver.sh"), .embedInCode("Resources/shell.sh"),
                .embedInCode("Resources/docker.sh"),
                .embedInCode("Resources/codebuild-files.sh"), .embedInCode("Resources/git-credential-helper.sh"),
            ],
            swiftSettings: settings),
        room("Rendering", ["BuildPlanning", "SpecParsing"]),
        room("LogComparing", ["BuildPlanning", "SpecParsing"]),

        // The hands: they speak of images, paths and bytes, never of buildspecs.
        room(
            "ChildProcesses",
            [.product(name: "Subprocess", package: "swift-subprocess"), system]),
        room("Engines", ["ChildProcesses", "CLinuxNamespaces"]),
        room("ShellChecking", ["ChildProcesses"]),
        room("Archives", ["CLibArchive", system]),
        room(
            "Workspaces",
            ["Archives", "ChildProcesses", .product(name: "Crypto", package: "swift-crypto"), system]),
        room("Recordings", [.product(name: "Crypto", package: "swift-crypto"), system]),
        room(
            "OfflineProxy",
            [
                "Recordings", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"), system,
            ]),

        // Plan and hands together, and the front door.
        room(
            "BuildExecution",
            [
                "BuildPlanning", "SpecParsing", "Engines", "Workspaces", "Archives", system,
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "buildspec",
            dependencies: [
                "SpecParsing", "BuildPlanning", "Rendering", "LogComparing", "ChildProcesses", "Engines", "Archives",
                "Workspaces", "Recordings", "OfflineProxy", "ShellChecking",
                "BuildExecution", system,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),

        tests("SpecParsingTests", ["SpecParsing", "Rendering"]),
        tests("BuildPlanningTests", ["BuildPlanning", "SpecParsing"]),
        tests("RenderingTests", ["Rendering", "BuildPlanning", "SpecParsing"]),
        tests("LogComparingTests", ["LogComparing", "BuildPlanning", "SpecParsing"]),
        tests("ChildProcessesTests", ["ChildProcesses"]),
        tests("ShellCheckingTests", ["ShellChecking"]),
        tests("ArchivesTests", ["Archives", system]),
        tests("WorkspacesTests", ["Workspaces", "Archives", system]),
        tests("RecordingsTests", ["Recordings", system]),
        tests("OfflineProxyTests", ["OfflineProxy", "Recordings", "ChildProcesses", system], exclude: ["Resources"]),
        tests(
            "BuildExecutionTests",
            ["BuildExecution", "BuildPlanning", "SpecParsing", "Engines", "ChildProcesses"]),
        tests("AcceptanceTests", ["ChildProcesses", "Engines", "Recordings", "Workspaces", "buildspec"]),
    ],
    swiftLanguageModes: [.v6]
)
