/// The size of a machine of CodeBuild's (CODEBUILD-2026 B.5).
public struct ComputeSize: Sendable, Equatable {
    /// `nil` where the memory decides.
    public let processors: Int?
    /// In GiB.
    public let memory: Int

    public init(processors: Int?, memory: Int) {
        self.processors = processors
        self.memory = memory
    }

    /// - Parameters:
    ///   - type: `BUILD_GENERAL1_SMALL`, in the API's words.
    ///   - environmentType: `LINUX_CONTAINER` and its kin; the sizes of x86 machines count where there is none.
    public init?(type: String, environmentType: String? = nil) {
        let kind =
            environmentType.map { $0.hasPrefix("ARM_") ? Kind.arm : $0.contains("GPU") ? .gpu : .linux } ?? .linux
        guard let size = Self.lambda[type] ?? Self.sizes[kind]?[type] else { return nil }
        self = size
    }

    private enum Kind { case linux, arm, gpu }

    /// The names of all sizes, the smaller first.
    public static let names = [
        "BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE",
        "BUILD_GENERAL1_2XLARGE", "BUILD_LAMBDA_1GB", "BUILD_LAMBDA_2GB", "BUILD_LAMBDA_4GB", "BUILD_LAMBDA_8GB",
        "BUILD_LAMBDA_10GB",
    ]

    private static func size(_ processors: Int?, _ memory: Int) -> ComputeSize {
        .init(processors: processors, memory: memory)
    }

    private static let lambda = [
        "BUILD_LAMBDA_1GB": size(nil, 1), "BUILD_LAMBDA_2GB": size(nil, 2), "BUILD_LAMBDA_4GB": size(nil, 4),
        "BUILD_LAMBDA_8GB": size(nil, 8), "BUILD_LAMBDA_10GB": size(nil, 10),
    ]

    private static let common = [
        "BUILD_GENERAL1_SMALL": size(2, 4), "BUILD_GENERAL1_MEDIUM": size(4, 8), "BUILD_GENERAL1_LARGE": size(8, 16),
    ]

    private static let sizes: [Kind: [String: ComputeSize]] = [
        .linux: common.merging(["BUILD_GENERAL1_XLARGE": size(36, 72), "BUILD_GENERAL1_2XLARGE": size(72, 144)]) { $1 },
        .arm: common.merging(["BUILD_GENERAL1_XLARGE": size(32, 64), "BUILD_GENERAL1_2XLARGE": size(48, 96)]) { $1 },
        .gpu: ["BUILD_GENERAL1_SMALL": size(4, 16), "BUILD_GENERAL1_LARGE": size(32, 255)],
    ]
}
