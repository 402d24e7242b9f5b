import TestSupport
@testable import Files
import Archives
import Testing

@Suite("folders of one run")
struct ScratchFolderTests {
    @Test("a folder is there for its run and gone with it")
    func one() async throws {
        try await withScratch { folder in
            let parent = folder.appending("a/b")
            let scratch = try await ScratchFolder(in: parent, named: "run-1")
            try scratch.path.appending("file").write("x")
            scratch.remove()
            #expect(parent.names() == [".marks"])
            #expect(parent.appending(".marks").names() == [])
        }
    }

    @Test("what a killed run left goes with the next one; what a living one has stays")
    func several() async throws {
        try await withScratch { folder in
            let living = try await ScratchFolder(in: folder, named: "living")
            try await run("mkdir", "-p", folder.appending("dead/deep").string)
            try folder.appending(".marks/dead").write("")
            let next = try await ScratchFolder(in: folder, named: "next")
            #expect(folder.names() == [".marks", "living", "next"])
            living.remove()
            next.remove()
        }
    }
}
