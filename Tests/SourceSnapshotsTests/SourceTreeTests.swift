import TestSupport
import SourceSnapshots
import Foundation
import Testing

@Suite struct SourceTreeTests {
    private func withFolder(_ files: [String], _ body: (URL) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "source-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for file in files {
            let url = root.appending(path: file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        try body(root)
    }

    private func text(_ steps: [SourceTree.Step]) -> [String] {
        steps.map { step in
            ([step.folder] + step.names).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        }
    }

    @Test func `a folder without anything to leave out is taken whole`() throws {
        try withFolder(["a/b", "c"]) { root in
            let steps = try SourceTree(root: root.path, excluding: []).steps
            #expect(text(steps) == [". ."])
        }
    }

    @Test func `only folders with something left out are gone into`() throws {
        try withFolder(["a/x", "a/target/y", "b/z", "node_modules/m", ".buildspec/out/o"]) { root in
            let excluded = ["node_modules/", "a/target/"].map { Array($0.utf8) }
            let steps = try SourceTree(root: root.path, excluding: excluded).steps
            #expect(text(steps) == [". b", "a x"])
        }
    }

    @Test func `our own folder is left out at the top alone`() throws {
        try withFolder([".buildspec/out/o", "sub/.buildspec/x"]) { root in
            let steps = try SourceTree(root: root.path, excluding: []).steps
            #expect(text(steps) == [". sub"])
        }
    }

    @Test func `an empty folder has nothing to copy`() throws {
        try withFolder(["x"]) { root in
            try FileManager.default.removeItem(at: root.appending(path: "x"))
            let steps = try SourceTree(root: root.path, excluding: []).steps
            #expect(text(steps) == ["."])
        }
    }

    @Test func `a folder that is not there is named`() {
        let error = #expect(throws: SourceError.self) { try SourceTree(root: "/no/such/folder", excluding: []) }
        #expect(error?.description == "cannot read the source folder `/no/such/folder`: No such file or directory")
    }
}
