import Testing

@testable import BuildRunning

@Suite struct CacheRootsTests {
    private let source = "/codebuild/output/src1/src"

    private func roots(_ paths: String...) -> CacheRoots { CacheRoots(paths, sourceDirectory: source) }

    @Test(arguments: [
        ("/root/.m2/**/*", "/root/.m2", "root/.m2"), ("/root/.m2", "/root/.m2", "root/.m2"),
        ("/root/.m2/*", "/root/.m2", "root/.m2"), ("~/.m2/", "/root/.m2", "root/.m2"),
        ("vendor/*", "/codebuild/output/src1/src/vendor", "codebuild/source/vendor"),
        ("**/node_modules/**/*", "/codebuild/output/src1/src", "codebuild/source"),
        ("/codebuild/output/src1/src/a/*", "/codebuild/output/src1/src/a", "codebuild/source/a"),
        ("../x/*.jar", "/codebuild/output/src1/x", "codebuild/output/src1/x"),
        ("./a//b/", "/codebuild/output/src1/src/a/b", "codebuild/source/a/b"),
    ])
    func `a path means the folder before its first wildcard`(path: String, root: String, stored: String) {
        let roots = roots(path)
        #expect(roots.paths == [root])
        #expect(roots.stored == [stored])
    }

    @Test func `a folder in another one is read with that`() {
        #expect(
            roots("a/b/**/*", "a/*.txt", "ab", "/opt/x").paths == ["\(source)/a", "\(source)/ab", "/opt/x"].sorted())
    }

    @Test func `neither nothing nor everything is a place`() {
        let roots = roots("", "/", "/**/*", "/*/x")
        #expect(roots.paths == [])
        #expect(roots.refused == ["/", "/**/*", "/*/x"])
    }

    @Test func `a root that is a link keeps its name`() {
        let places = FoundCacheRoot.read(Array("/root/.m2\0/data/m2/\0/opt/x\0/opt/x\0".utf8))
        #expect(
            places == [
                .init(root: "/root/.m2", path: "/data/m2", isFolder: true),
                .init(root: "/opt/x", path: "/opt/x", isFolder: false),
            ])
        #expect(FoundCacheRoot.read([]) == [])
    }
}
