import Files
import TestSupport
import Testing

@Suite struct FolderTests {
    @Test func `a file is replaced whole, with the mode asked for, and no draft stays`() async throws {
        try await withScratch { folder in
            let path = folder.appending("f").string
            try Folder.replace(path, with: Array("one".utf8), mode: 0o600)
            #expect(Folder.status(path)?.mode == 0o600)
            try Folder.replace(path, with: Array("two".utf8))
            #expect(try Folder.read(path) == Array("two".utf8))
            try Folder.replace(path, with: Array("three".utf8), keepsOld: true)
            #expect(try Folder.read(path) == Array("two".utf8))
            #expect(folder.names() == ["f"])
        }
    }

    @Test func `many tasks of one process replace a file at once`() async throws {
        try await withScratch { folder in
            let path = folder.appending("f").string
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask { try Folder.replace(path, with: Array(repeating: UInt8(number), count: 100_000)) }
                }
                try await group.waitForAll()
            }
            let bytes = try Folder.read(path)
            #expect(bytes.count == 100_000 && Set(bytes).count == 1)
            #expect(folder.names() == ["f"])
        }
    }

    @Test func `what cannot be replaced is named, and no draft stays`() async throws {
        try await withScratch { folder in
            let path = folder.appending("d").string
            try Folder.make("\(path)/inner")
            let error = #expect(throws: FileError.self) { try Folder.replace(path, with: []) }
            #expect(error?.description == "cannot write `\(path)`: Is a directory")
            #expect(folder.names() == ["d"])
        }
    }

    @Test func `a file is moved into a folder that is made for it`() async throws {
        try await withScratch { folder in
            let (path, target) = (folder.appending("f").string, folder.appending("a/b/c").string)
            try Folder.write(path, [1])
            try Folder.move(path, to: target, mode: 0o700)
            #expect(try Folder.read(target) == [1])
            #expect(Folder.status(folder.appending("a/b").string)?.mode == 0o700)
            #expect(throws: FileError.self) { try Folder.move(path, to: target) }
        }
    }

    @Test func `what is missing is no file and has no names`() async throws {
        try await withScratch { folder in
            let path = folder.appending("none").string
            let missing = try Folder.open(path), deeper = try Folder.open("\(path)/deeper")
            #expect(missing == nil && deeper == nil)
            #expect(try Folder.names(path) == [])
            #expect(throws: FileError.self) { try Folder.read(path) }
        }
    }

    @Test func `of a longer file no more is read than is asked for`() async throws {
        try await withScratch { folder in
            let path = folder.appending("f").string
            try Folder.write(path, Array(0..<100))
            let file = try #require(try Folder.open(path))
            #expect(try file.bytes(limit: 10) == Array(0..<10))
            #expect(try file.bytes(limit: 1000) == Array(0..<100))
        }
    }
}
