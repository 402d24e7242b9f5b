internal import BuildPlanning

/// A JUnit file made of the test cases of a build, whatever format these had.
///
/// It is made case by case: a build may have many.
public struct JUnitText {
    private var suite: String?

    public init() {}

    public var head: [UInt8] { Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".utf8) }

    /// The text of a case, with the beginning of its suite where another one was before.
    ///
    /// - Parameter build: the build's name in its batch, which goes before that of the suite.
    public mutating func text(of recorded: RecordedTestCase, in build: String? = nil) -> [UInt8] {
        let test = recorded.test, name = (build.map { "\($0): " } ?? "") + test.testSuiteName
        var text = ""
        if suite != name {
            text += (suite == nil ? "" : "</testsuite>\n") + "<testsuite name=\"\(Self.escaped(name))\">\n"
            suite = name
        }
        text += "<testcase name=\"\(Self.escaped(test.name))\""
        text += " classname=\"\(Self.escaped(test.prefix ?? test.testSuiteName))\""
        text += " time=\"\(Self.seconds(test.durationInNanoSeconds))\""
        if let file = test.file { text += " file=\"\(Self.escaped(file))\"" }
        if let line = test.line { text += " line=\"\(line)\"" }
        guard let element = Self.element(test.status) else {
            text += recorded.isFlaky ? "><flakyFailure/></testcase>\n" : "/>\n"
            return Array(text.utf8)
        }
        text += "><\(element)" + (test.message.map { " message=\"\(Self.escaped($0))\"" } ?? "")
        text += recorded.stackTrace.map { ">\(Self.escaped($0))</\(element)>" } ?? "/>"
        text += "</testcase>\n"
        return Array(text.utf8)
    }

    public var end: [UInt8] { Array(((suite == nil ? "" : "</testsuite>\n") + "</testsuites>\n").utf8) }

    private static func element(_ status: String) -> String? {
        switch status {
        case "FAILED": "failure"
        case "ERROR": "error"
        case "SKIPPED", "UNKNOWN": "skipped"
        default: nil
        }
    }

    private static func seconds(_ nanoseconds: Int) -> String {
        let fraction = String(nanoseconds % 1_000_000_000 / 1_000_000)
        return "\(nanoseconds / 1_000_000_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }

    /// The text between quotes or tags. What XML has no room for becomes U+FFFD.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n": escaped += "&#10;"
            case "\t": escaped += "&#9;"
            case "\r": escaped += "&#13;"
            case "\u{0}"..<"\u{20}", "\u{fffe}", "\u{ffff}": escaped += "\u{fffd}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
