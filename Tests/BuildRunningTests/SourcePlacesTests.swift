import Artifacts
import Reports
import Testing

@testable import BuildRunning

@Suite struct SourcePlacesTests {
    private let places = SourcePlaces(
        ["src/shop.py", "lib/src/util.py", "other/name.py", "lib/name.py", "main.py"].map {
            ListedFile(path: Array($0.utf8), kind: .file)
        }, below: "/codebuild/output/src1/src")

    @Test(
        "a covered file is found below the folders that the report names",
        arguments: [
            ("shop.py", ["/codebuild/output/src1/src/src"], "src/shop.py"),
            ("shop.py", ["src"], "src/shop.py"), ("shop.py", ["./src/"], "src/shop.py"),
            ("src/util.py", ["/codebuild/output/src1/src", "/codebuild/output/src1/src/lib"], "lib/src/util.py"),
            ("name.py", ["/codebuild/output/src1/src/lib", "other"], "lib/name.py"),
            ("name.py", ["none", "other", "lib"], "other/name.py"),
            ("main.py", ["."], "main.py"), ("main.py", [], "main.py"),
            // It is found where its folder is not the source's.
            ("shop.py", ["/home/me/project/src"], "src/shop.py"), ("name.py", ["/home/me"], "name.py"),
            // Nothing has it: the first folder that lies in the source counts.
            ("gone.py", ["/usr/lib", "/codebuild/output/src1/src/lib", "other"], "lib/gone.py"),
            ("gone.py", ["/usr/lib"], "gone.py"),
            ("/codebuild/output/src1/src/src/shop.py", ["/x"], "src/shop.py"), ("/usr/lib/a.py", [], "/usr/lib/a.py"),
            ("../src/shop.py", ["lib"], "src/shop.py"), ("../../../../../etc/a", ["src"], "../../../../../etc/a"),
        ])
    func coverage(path: String, folders: [String], expected: String) {
        #expect(places.path(of: CoverageFile(path: path, below: folders)) == expected)
    }
}
