import BuildPlanning
import Testing

/// What a project's settings come to: sizes of machines, places of artifacts.
@Suite struct ProjectPartsTests {
    @Test(
        arguments: [
            ("BUILD_GENERAL1_SMALL", nil, 2, 4), ("BUILD_GENERAL1_MEDIUM", "LINUX_CONTAINER", 4, 8),
            ("BUILD_GENERAL1_LARGE", "ARM_CONTAINER", 8, 16), ("BUILD_GENERAL1_XLARGE", "LINUX_CONTAINER", 36, 72),
            ("BUILD_GENERAL1_XLARGE", "ARM_CONTAINER", 32, 64), ("BUILD_GENERAL1_2XLARGE", "ARM_CONTAINER", 48, 96),
            ("BUILD_GENERAL1_SMALL", "LINUX_GPU_CONTAINER", 4, 16),
            ("BUILD_LAMBDA_4GB", "LINUX_LAMBDA_CONTAINER", nil, 4),
        ] as [(String, String?, Int?, Int)])
    func `a compute type has its size`(type: String, environment: String?, processors: Int?, memory: Int) {
        #expect(
            ComputeSize(type: type, environmentType: environment) == ComputeSize(processors: processors, memory: memory)
        )
    }

    @Test func `other types have none`() {
        #expect(ComputeSize(type: "GENERAL_LINUX_XLAGRE") == nil)
        #expect(ComputeSize(type: "BUILD_GENERAL1_MEDIUM", environmentType: "LINUX_GPU_CONTAINER") == nil)
        #expect(ComputeSize.names.allSatisfy { ComputeSize(type: $0) != nil })
    }

    @Test(
        arguments: [
            (nil, false, "app", false, nil, nil, "s3://b/app"),
            ("ci/out", true, "app.zip", false, "own", nil, "s3://b/ci/out/ID/app.zip"),
            ("ci", false, "/", false, nil, nil, "s3://b/ci"),
            (nil, true, "app", true, "own-$X", nil, "s3://b/ID/own-$X"),
            ("ci", true, "app", true, nil, "pre", "s3://b/pre/ID/app"),
        ] as [(String?, Bool, String, Bool, String?, String?, String)])
    func `an artifact has its place`(
        row: (path: String?, hasBuild: Bool, name: String, takesOwn: Bool, own: String?, prefix: String?, url: String)
    ) {
        let place = ArtifactPlace(
            bucket: "b", path: row.path, hasBuildFolder: row.hasBuild, name: row.name,
            takesNameOfBuildspec: row.takesOwn)
        #expect(place.url(build: "ID", ownName: row.own, prefix: row.prefix) == row.url)
    }
}
