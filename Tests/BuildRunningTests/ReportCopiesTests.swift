import Archives
import Files
import TestSupport
import Testing

@testable import BuildRunning

@Suite struct ReportCopiesTests {
    @Test func `no name leads out of the folder, and no two files are one`() async throws {
        try await withScratch { folder in
            let path = "\(folder)/copies"
            for (group, name, place) in [
                ("p-unit", "target/TEST-A.xml", "p-unit/target/TEST-A.xml"),
                ("p-unit", "target/TEST-A.xml", "p-unit/target/TEST-A.xml-2"),
                ("..", "../../x", "_/_/_/x"), ("a/../../b", "/etc/./y", "a_.._.._b/etc/_/y"), ("", "", "_/_-2"),
            ] {
                var copy = try ReportCopies(below: path, of: group).make(name)
                try Array("a".utf8).withUnsafeBytes { try copy.add(.bytes($0)) }
                try copy.add(.hole(3))
                try Array("b".utf8).withUnsafeBytes { try copy.add(.bytes($0)) }
                #expect(try Folder.read("\(path)/\(place)") == [0x61, 0, 0, 0, 0x62], "\(place)")
            }
            // A link that lies there is not followed.
            try Folder.make("\(folder)/elsewhere")
            try DirectoryHandle(opening: FilePath(path)).makeSymbolicLink(
                Array("l".utf8), to: Array("../elsewhere".utf8))
            #expect(throws: FileError.self) { _ = try ReportCopies(below: path, of: "l") }
            #expect(try Folder.names("\(folder)/elsewhere").isEmpty)
        }
    }
}
