import Testing

@testable import SpecParsing

/// Ten megabytes of one thing: read to the end, or refused by name, and soon.
@Suite struct LargeFileTests {
    private static let head = "version: 0.2\nphases:\n  build:\n    commands:\n"

    @Test(
        "ten megabytes of anything end soon",
        .timeLimit(.minutes(1)),
        arguments: [
            ("      - echo hello world, this is a command of some length\n", 10_000_000, [String]()),
            ("    - a: b\n", 10_000_000, ["too-large"]),
            ("      [[[[\n", 10_000_000, ["too-deep"]),
            ("    -\n", 2_000_000, ["null-item", "too-many-findings"]),
            ("#\n", 10_000_000, []),
        ])
    func repeated(line: String, size: Int, codes: [String]) {
        let lines = Array(line.utf8)
        var bytes = Array(Self.head.utf8)
        bytes.reserveCapacity(size + bytes.count)
        while bytes.count < size { bytes += lines }
        let reading = readBuildSpec(bytes, file: "f")
        #expect(Set(reading.diagnostics.map(\.code)).sorted() == codes)
        #expect(reading.diagnostics.count <= 501)
    }
}
