public import BuildPlanning
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A test case as a line of a record's `test-cases.jsonl` tells it.
public struct RecordedTestCase: Sendable, Equatable {
    public let test: ReportFacts.Case
    /// The report file, as the build named it.
    public let file: String
    public let stackTrace: String?
    public let isFlaky: Bool

    /// Reads a line.
    ///
    /// - Returns: `nil` for what is no case, such as half a line that a killed build has left.
    public init?(jsonLine line: [UInt8]) {
        struct Rest: Decodable {
            let testRawDataPath: String
            let stackTrace: String?
            let flaky: Bool?
        }
        let decoder = JSONDecoder(), data = Data(line)
        guard let test = try? decoder.decode(ReportFacts.Case.self, from: data),
            let rest = try? decoder.decode(Rest.self, from: data)
        else { return nil }
        self.test = test
        file = rest.testRawDataPath
        stackTrace = rest.stackTrace
        isFlaky = rest.flaky ?? false
    }

    /// Whether a line is that of a failed case, without reading all of it.
    public static func isFailure(_ line: [UInt8]) -> Bool {
        line.withUnsafeBytes { contains(failed, $0) || contains(error, $0) }
    }

    private static let failed = Array(#""status":"FAILED""#.utf8), error = Array(#""status":"ERROR""#.utf8)

    /// Whether the word is somewhere in the bytes. `firstRange(of:)` takes seconds for the lines of 100,000 cases.
    private static func contains(_ word: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while start + word.count <= bytes.count {
            if bytes[start] == word[0], word.elementsEqual(bytes[start..<start + word.count]) { return true }
            start += 1
        }
        return false
    }
}

/// What earlier builds of the same branch tell of a failed test.
public enum TestMark: String, Sendable {
    /// It has failed in none of them.
    case new
    /// It has failed and not failed in turn.
    case flaky
}

extension RecordedTestCase {
    /// The case as `show --tests` prints it: a line, and what a failed one said.
    ///
    /// - Parameter withStack: whether the stack trace follows.
    public func text(_ mark: TestMark?, withStack: Bool) -> String {
        let status = test.status + String(repeating: " ", count: max(0, 10 - test.status.count))
        let place = test.file.map { file in "  \(file)" + (test.line.map { ":\($0)" } ?? "") } ?? ""
        var text = "\(status)\(ReportLines.seconds(test.durationInNanoSeconds))  "
        text += Self.oneLine(test.fullName).plain + place.plain
        if let mark { text += "  (\(mark.rawValue))" }
        if isFlaky { text += "  (failed first)" }
        text += "\n"
        guard test.status != "SUCCEEDED" else { return text }
        for part in [test.message, withStack ? stackTrace : nil].compactMap(\.self) {
            for line in part.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
                text += "          \(String(line).plain)\n"
            }
        }
        return text
    }

    private static func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }

    /// The case under the names of the API, followed by ours.
    ///
    /// - Parameter build: the build's name in its batch.
    public func json(_ mark: TestMark?, in build: String? = nil) -> JSONText {
        guard case .object(let members) = test.json else { return test.json }
        return .object(
            members + [
                ("testRawDataPath", .string(file)), ("stackTrace", stackTrace.map { .string($0) }),
                ("flaky", isFlaky ? .bool(true) : nil), ("mark", mark.map { .string($0.rawValue) }),
                ("batchIdentifier", build.map { .string($0) }),
            ])
    }
}
