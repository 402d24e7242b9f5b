internal import BuildPlanning
extension CommandFailure {
    /// The tests that failed, each once, as the test runner lists them at the end of its output.
    ///
    /// The lists that are known are those of Maven's Surefire and Failsafe, Gradle, pytest and `go test`.
    public var failedTests: [String] {
        var names: [String] = [], isInList = false
        for line in lines {
            if line.firstMatch(of: #/^(?:\[ERROR\] )?(?:Failures|Errors|Failed tests|Tests in error): */#) != nil {
                isInList = true
            } else if line.contains("Tests run:") {
                isInList = false
            }
            guard let name = Self.failedTest(line, isInList: isInList), !names.contains(name) else { continue }
            names.append(name)
        }
        return names
    }

    private static func failedTest(_ line: String, isInList: Bool) -> String? {
        // `[ERROR]   OwnerTest.finds:34 expected:<1>`; old ones: `Failed tests:   finds(org.acme.OwnerTest): expected`
        if let match = line.firstMatch(of: #/^\[ERROR\] {3}([\w$.]+\.[\w$\[\]]+:\d+.*)/#) { return shortened(match.1) }
        if isInList {
            let text = line.replacing(#/^(?:\[ERROR\] )?(?:Failed tests|Tests in error): */#, with: "  ")
            if let match = text.firstMatch(
                of: #/^(?:\[ERROR\])? {2,}([\w$.]+(?:\.[\w$\[\]]+|\([\w$.]+\))\S*(?: .*)?)$/#)
            {
                return shortened(match.1)
            }
        }
        if let match = line.firstMatch(of: #/^FAILED (\S+::.*)$/#) { return shortened(match.1) }
        if let match = line.firstMatch(of: #/^\s*--- FAIL: (\S+)/#) { return shortened(match.1) }
        if let match = line.firstMatch(of: #/^(\S.* > .+) FAILED$/#) { return shortened(match.1) }
        return nil
    }

    private static func shortened(_ text: Substring) -> String {
        let line = text.prefix(120)
        return line.count < text.count ? "\(line)…" : String(line)
    }
}
