// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

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
        .systemLibrary(
            name: "CExpat", pkgConfig: "expat",
            providers: [.apt(["libexpat1-dev"]), .brew(["expat"])]),
        .systemLibrary(name: "CLinuxNamespaces"),

        // The pure rooms: no files, no clock, no processes.
        room("SpecParsing", ["CLibYAML"]),
        room("BuildPlanning", ["SpecParsing"]),
        room("Rendering", ["BuildPlanning", "SpecParsing", crypto]),
        room("LogComparing", ["BuildPlanning", "SpecParsing"]),
        room("Reports", ["CExpat"]),

        // The floor: the system, paths, descriptors, locks.
        room("Files", [system]),

        // The hands: they speak of images, paths and bytes, never of buildspecs.
        room("ChildProcesses", ["Files", .product(name: "Subprocess", package: "swift-subprocess")]),
        room("ShellChecking", ["ChildProcesses", "Files"]),
        room("Archives", ["CLibArchive", "Files"]),
        room("AWSCalls", ["ChildProcesses", "Files"]),
        room("SourceSnapshots", ["Archives", "ChildProcesses", "Files", crypto]),
        room("Caches", ["Archives", "AWSCalls", "ChildProcesses", "Files", crypto]),
        room("Artifacts", ["Archives", "Files"]),
        room("Engines", ["ChildProcesses", "Files"]),
        .target(
            name: "SwarmJobs", dependencies: ["ChildProcesses", "Engines", "Files", crypto],
            resources: [.embedInCode("Resources/swarm-job.sh")], swiftSettings: settings),
        room("Recordings", ["Files", crypto]),
        room(
            "OfflineWorld",
            [
                "AWSCalls", "ChildProcesses", "CLinuxNamespaces", "Engines", "Files", "Recordings", crypto,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
            ]),

        room(
            "PageServing",
            [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),

        // Plan and hands together, and the application around them.
        .target(
            name: "BuildRunning",
            dependencies: [
                "BuildPlanning", "SpecParsing", "Engines", "SourceSnapshots", "Caches", "Artifacts", "Archives",
                "AWSCalls", "ChildProcesses", "Files", "Reports",
            ],
            resources: [
                .embedInCode("Resources/driver.sh"), .embedInCode("Resources/shell.sh"),
                .embedInCode("Resources/docker.sh"),
                .embedInCode("Resources/codebuild-files.sh"), .embedInCode("Resources/git-credential-helper.sh"),
            ],
            swiftSettings: settings),
        .target(
            name: "BuildspecApp",
            dependencies: [
                "SpecParsing", "BuildPlanning", "Rendering", "LogComparing", "ChildProcesses", "Engines", "Archives",
                "AWSCalls", "SourceSnapshots", "Caches", "Artifacts", "Files", "Recordings", "OfflineWorld",
                "PageServing", "ShellChecking", "SwarmJobs", "BuildRunning",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            // Links to Dockerfiles/standard: an installed program makes that image, too.
            resources: [
                .embedInCode("Resources/Dockerfile"), .embedInCode("Resources/install.sh"),
                .embedInCode("Resources/runtime.sh"),
            ],
            swiftSettings: settings),
        .executableTarget(name: "buildspec", dependencies: ["BuildspecApp"], swiftSettings: settings),

        .target(
            name: "TestSupport", dependencies: ["Archives", "ChildProcesses", "Engines", "Files"],
            path: "Tests/TestSupport"),
        tests("FilesTests", ["Files", "TestSupport"]),
        tests("SpecParsingTests", ["SpecParsing", "Rendering"]),
        tests("BuildPlanningTests", ["BuildPlanning", "SpecParsing"]),
        tests("RenderingTests", ["Rendering", "BuildPlanning", "SpecParsing"]),
        tests("ReportsTests", ["Reports"]),
        tests("LogComparingTests", ["LogComparing", "BuildPlanning", "SpecParsing"]),
        tests("EngineContractTests", ["Engines", "Archives", "ChildProcesses", "Files", "TestSupport"]),
        tests("ChildProcessesTests", ["ChildProcesses", "Files"]),
        tests("AWSCallsTests", ["AWSCalls", "ChildProcesses", "Files", "TestSupport"]),
        tests("SwarmJobsTests", ["SwarmJobs", "Engines", "ChildProcesses", "Files"]),
        tests("ShellCheckingTests", ["ShellChecking"]),
        tests("ArchivesTests", ["Archives", "Files", "TestSupport"]),
        tests("SourceSnapshotsTests", ["SourceSnapshots", "Archives", "Files", "TestSupport"]),
        tests("CachesTests", ["Caches", "AWSCalls", "Archives", "Files", "TestSupport"]),
        tests("ArtifactsTests", ["Artifacts", "Archives", "Files", "TestSupport"]),
        tests("RecordingsTests", ["Recordings", "Files"]),
        tests(
            "OfflineWorldTests",
            ["OfflineWorld", "Recordings", "AWSCalls", "ChildProcesses", "Engines", "Files", "TestSupport"],
            exclude: ["Resources"]),
        tests(
            "BuildRunningTests",
            [
                "BuildRunning", "BuildPlanning", "SpecParsing", "Rendering", "Engines", "ChildProcesses", "AWSCalls",
                "SourceSnapshots", "Caches", "Artifacts", "Archives", "Files", "TestSupport",
            ]),
        tests(
            "BuildspecAppTests", ["BuildspecApp", "BuildPlanning", "SpecParsing", "Engines", "Files", "TestSupport"]),
        tests(
            "AcceptanceTests",
            [
                "ChildProcesses", "Engines", "Recordings", "SourceSnapshots", "Caches", "AWSCalls", "OfflineWorld",
                "Files", "BuildspecApp", "TestSupport", "buildspec",
            ], exclude: ["Resources"]),
    ],
    swiftLanguageModes: [.v6]
)
