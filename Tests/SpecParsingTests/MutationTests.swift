import Rendering
import Testing

@testable import SpecParsing

/// Whatever the bytes are, reading ends, and every finding lies inside the file.
@Suite struct MutationTests {
    /// SplitMix64: the same mutations on every machine.
    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    private static let tokens = [
        ":", ": ", "- ", "\n", "\r", "\r\n", "\t", "  ", "[", "]", "{", "}", ",", "'", "\"", "\\", "|", ">", "&a ",
        "*a",
        "<<: ", "!", "!!null ", "#", "~", "?", "? ", "---\n", "...\n", "%YAML 9\n", "@", "`", "é", "日", "\u{85}",
        "\u{2028}", "\u{feff}", "\u{0}", "version", "phases", "commands", "files", "null", "0.2",
    ].map { Array($0.utf8) }

    private func mutated(_ bytes: [UInt8], using random: inout Random) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 1: bytes.insert(contentsOf: Self.tokens.randomElement(using: &random) ?? [], at: place)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
            case 3: bytes.removeLast(bytes.count - place)
            case 4 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
            default:
                let end = min(bytes.count, place + Int.random(in: 1...60, using: &random))
                bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }

    /// Lines by LF, CRLF and CR, in scalars, counted in another way than the reader's.
    private func lineLengths(_ text: [UInt8]) -> [Int] {
        var lengths = [0], last: UInt8 = 0
        for byte in text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text[...] {
            switch byte {
            case 0x0a where last == 0x0d: break
            case 0x0a, 0x0d: lengths.append(0)
            case 0x80...0xbf: break
            default: lengths[lengths.count - 1] += 1
            }
            last = byte
        }
        return lengths
    }

    private func check(_ bytes: [UInt8]) {
        let reading = readBuildSpec(bytes, file: "f", checksContent: true)
        let lengths = lineLengths(reading.source)
        for diagnostic in reading.diagnostics {
            let line = diagnostic.location.line, column = diagnostic.location.column
            #expect(lengths.indices.contains(line - 1), "\(bytes)")
            guard lengths.indices.contains(line - 1) else { continue }
            #expect((1...lengths[line - 1] + 1).contains(column), "\(diagnostic) \(bytes)")
            #expect(column + diagnostic.length - 1 <= max(column, lengths[line - 1]), "\(diagnostic) \(bytes)")
            #expect(!diagnostic.message.utf8.contains { $0 < 0x20 || $0 == 0x7f })
        }
        #expect(reading.isValid || reading.failure != nil)
        #expect(reading.spec != nil || !reading.isValid)
        let text = DiagnosticRenderer(color: false).text(reading.diagnostics, source: bytes)
        #expect(!text.utf8.contains { $0 < 0x20 && $0 != 0x0a })
        _ = readProjectSettings(bytes, file: "f", extraKeys: ["keep"])
        _ = readSecretsFile(bytes, file: "f")
    }

    @Test("mutated fixtures are read to the end", arguments: Array(CorpusTests.fixtures.enumerated()))
    func mutations(number: Int, fixture: CorpusTests.Fixture) {
        var random = Random(state: UInt64(number))
        for _ in 0..<60 { check(mutated(fixture.bytes, using: &random)) }
    }

    @Test("a richer file is mutated too")
    func richFile() {
        var random = Random(state: 99)
        let bytes = Array(richSample.utf8)
        for _ in 0..<1500 { check(mutated(bytes, using: &random)) }
    }

    @Test("every beginning of a file is read to its end")
    func prefixes() {
        let bytes = Array(richSample.utf8)
        for length in 0...bytes.count { check(Array(bytes.prefix(length))) }
    }

    @Test("random bytes and random tokens are read to the end")
    func noise() {
        var random = Random(state: 7)
        for _ in 0..<1000 {
            check((0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
            check(
                (0..<Int.random(in: 0...40, using: &random)).flatMap { _ in
                    Self.tokens.randomElement(using: &random) ?? []
                })
        }
    }
}

/// A file with something of everything.
private let richSample = """
    \u{feff}version: 0.2
    run-as: me
    env: &env
      shell: bash
      variables: {A: 1, "b.c": é, <<: {D: 日本}}
      secrets-manager:
        S: id:key
      exported-variables: [A, ~]
    phases:
      install:
        runtime-versions: {python: 3.10}
        commands:
          - echo "état: prêt"
          - |
            a
            b
      build: &b
        on-failure: RETRY-2-x
        comands: [x]
        commands: [a, {b: c}, [d]]
        finally: >-
          folded
          text
      post_build: *b
    artifacts:
      files:
      secondary-artifacts:
        - one: {files: '**/*', discard-paths: maybe}
        - ../two: {}
    cache: {paths: [a], fallback-keys: b, action: x}
    reports: {r: {files: x, file-format: y}}
    batch:
      build-graph:
        - identifier: a
          depend-on: [b]
        - {identifier: b, depend-on: a, env: {variables: {K: v}}}
    """
