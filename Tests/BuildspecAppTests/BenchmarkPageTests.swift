import ChildProcesses
import Foundation
import TestSupport
import Testing

/// The scripts of Benchmarks/, with made-up times: nothing is measured here.
@Suite struct BenchmarkPageTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Benchmarks").standardized

    private func python(_ words: [String]) async throws -> CommandOutput {
        try await Command(
            "python3", words, environment: ["PYTHONDONTWRITEBYTECODE": "1"], workingDirectory: Self.folder.path
        ).collect()
    }

    private static let kept = """
        {"machine": {"cores": "2", "engine": "20.10"}, "notes": {"cache": ["300 MB."]}, "results": [
        {"task": "cache", "what": "save & nothing changed / tar", "by": "by hand", "ours": [0.1, 0.2, 0.3],
         "other": [2, 4, 6], "target": "0.04 (aim 0.02)", "load": 1.5, "date": "2026-01-01 00:00"},
        {"task": "cache", "what": "restore / tar", "by": "by hand", "ours": [150, 150], "other": [100, 100],
         "target": "-", "load": 1.5, "date": "2026-01-01 00:00"}]}
        """

    @Test func `the page tells medians, ratios, their spread and what misses its target`() async throws {
        try await withScratch { folder in
            let results = folder.appending("results.json")
            try results.write(Array(Self.kept.utf8))
            let made = try await python(["page.py", results.string, folder.string])
            #expect(made.status.isSuccess, "\(made.errorText)")
            let page = String(decoding: try folder.appending("results.md").bytes(), as: UTF8.self)
            let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.map(String.init)
            #expect(
                rows.contains(
                    "| save & nothing changed / tar | 200.0 ms | 4.00 s | 0.050 **missed** | 0.050 to 0.050 | 0.04 (aim 0.02) | 3 | 1.5 |"
                ), "\(page)")
            #expect(rows.contains("| restore / tar | 150 s | 100 s | 1.50 | 1.50 to 1.50 | - | 2 | 1.5 |"), "\(page)")
            #expect(rows.contains("| cores | 2 |"))
            #expect(page.contains("\n300 MB.\n"))
            let picture = String(decoding: try folder.appending("results.svg").bytes(), as: UTF8.self)
            #expect(picture.contains("save &amp; nothing changed"))
            // One target, and one ratio on either side of 1.
            #expect(picture.split(separator: "#c1121f").count == 2)
            #expect(picture.contains("#4c956c") && picture.contains("#c98a2b"))
        }
    }

    @Test(arguments: [
        ([1.0, 1.02, 0.98, 1.01, 0.99, 1.0, 1.03], "within the noise"),
        ([0.7, 1.4, 0.8, 1.3, 1.2, 0.9, 1.1], "within the noise"),
        ([1.2, 1.22, 1.18, 1.21, 1.19, 1.2, 1.2], "B is 20 % slower"),
        ([0.5, 0.52, 0.48, 0.51, 0.49, 0.5, 0.5], "B is 50 % quicker"),
        ([0.5, 0.5], "too few rounds to tell"),
    ])
    func `a difference counts when it is more than noise`(ratios: [Double], expected: String) async throws {
        let told = try await python(["-c", "import binaries; print(binaries.verdict(\(ratios)))"])
        #expect(String(decoding: told.output, as: UTF8.self) == expected + "\n", "\(told.errorText)")
    }

    @Test func `every script can be read`() async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
            $0.hasSuffix(".py")
        }
        #expect(names.count > 5)
        let script = "import ast, sys\nfor name in sys.argv[1:]: ast.parse(open(name).read(), name)"
        let read = try await python(["-c", script] + names.sorted())
        #expect(read.status.isSuccess, "\(read.errorText)")
    }
}
