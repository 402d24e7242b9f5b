import Testing

@testable import SpecParsing

@Suite struct PatternCheckTests {
    // MARK: cache

    @Test(
        "a cache path of one level is named, with the form that is meant",
        arguments: [
            ("/root/.m2/«*»", "write `/root/.m2/**/*`"), ("vendor/«*»", "write `vendor/**/*`"),
            ("~/.kube/«*»", "write `~/.kube/**/*`"), ("./node_modules/«*»", "write `./node_modules/**/*`"),
        ])
    func oneLevel(path: String, help: String) {
        let found = expectChecks(goodHead + "cache:\n  paths:\n    - '\(path)'\n", ["cache-one-level"])
        #expect(found.map(\.help) == [help])
    }

    @Test(
        "other cache paths are left alone",
        arguments: ["/root/.m2/**/*", "/root/.m2", "/root/.m2/", "a/**", "*", "/root/*.jar", "../x", "$HOME/.m2/**/*"])
    func otherCache(path: String) {
        expectChecks(goodHead + "cache: {paths: ['\(path)']}\n", [])
    }

    @Test("an empty text matches nothing, wherever it stands")
    func empty() {
        expectChecks(
            goodHead + """
                cache: {paths: [«''»]}
                artifacts:
                  files: [a, «""»]
                  exclude-paths: «''»
                  secondary-artifacts: {two: {files: [«''»]}}
                reports: {r: {files: [«''»]}}
                """, Array(repeating: "never-matches", count: 5))
    }

    // MARK: artifacts

    private func artifacts(_ pattern: String, _ rest: String = "") -> String {
        goodHead + "artifacts:\n  files:\n    - '\(pattern)'\n\(rest)"
    }

    @Test(
        "a pattern that can match nothing is named with the reason",
        arguments: [
            ("«..»/x", "it leads out of the source"),
            ("«a/../..»/b", "it leads out of the source"), ("«./..»/b", "it leads out of the source"),
            ("«~»/x", "`~` is not expanded here"), ("«.git»/HEAD", "`.git` is no part"),
            ("./«.git»/**/*", "`.git` is no part"),
        ])
    func never(pattern: String, reason: String) {
        let found = expectChecks(artifacts(pattern), ["never-matches"])
        #expect(found.first?.message.contains("matches nothing: \(reason)") == true)
    }

    @Test("what leads out of the base directory matches nothing, what lies in it may")
    func base() {
        expectChecks(
            artifacts("«../x»".replacing("../x»", with: "..»/x"), "  base-directory: out\n"), ["never-matches"])
        expectChecks(artifacts("/tmp/x", "  base-directory: /opt\n"), [])
        expectChecks(artifacts("/tmp/x", "  base-directory: /tmp\n"), [])
        expectChecks(artifacts("/tmp/x", "  base-directory: $OUT\n"), [])
    }

    @Test("reports and exclusions are looked at as far as paths lead out")
    func others() {
        expectChecks(
            artifacts("a", "  exclude-paths: ['«..»/x', /x, .git/**/*]\n")
                + "reports: {r: {files: ['«..»/x', /x, ~/x]}}\n",
            ["never-matches", "never-matches"])
    }

    @Test(
        "a folder without a pattern is named with the pattern that is meant",
        arguments: [
            ("«'build/'»", "write `'build/**/*'`"), ("«'a/b//'»", "write `'a/b/**/*'`"),
            ("«'target'»", "write `'target/**/*'`"),
            ("«'api/dist'»", "write `'api/dist/**/*'`"), ("«node_modules»", "write `'node_modules/**/*'`"),
            ("«.»", "write `'**/*'` for every file"), ("«./»", "write `'**/*'` for every file"),
        ])
    func folders(pattern: String, help: String) {
        let found = expectChecks(goodHead + "artifacts:\n  files:\n    - \(pattern)\n", ["directory-pattern"])
        #expect(found.map(\.help) == [help])
    }

    @Test(
        "other patterns are left alone",
        arguments: [
            "**/*", "*", "app.jar", "build.zip", "Makefile", "bin", "target/*", "target/app.jar", "dist/**/*", "a/../b",
            "$OUT/**/*", "$CODEBUILD_SRC_DIR/x", "/codebuild/output/x", "${A}/../../x", "**/../x", ".gitignore",
            ".github/x", "a/.git/x", "/tmp/x.log", "/root/*.zip", "~x", "*/build/*.zip", "..x",
        ])
    func otherPatterns(pattern: String) {
        expectChecks(artifacts(pattern), [])
    }
}
