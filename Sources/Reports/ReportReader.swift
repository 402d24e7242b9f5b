/// Reads one report file that comes in pieces, and gives each case and each source file on as soon as it is whole.
///
/// Its memory does not grow with the file (Documentation/decisions/reports.md).
public struct ReportReader {
    private enum Input {
        case xml(XMLStream)
        case json(JSONStream, isOfFormat: () -> Bool, finish: () throws -> Void)
        case lines(LCOVReading)
    }

    private let input: Input
    private let found: Found

    /// The format that a file of an unknown one turns out to have.
    private final class Found { var format: ReportFormat? }

    /// The format that is read; `nil` as long as it is not known.
    public var format: ReportFormat? { found.format }

    /// Whether what has been read is of the format: its root element, its first feature, its first source file.
    public var isOfFormat: Bool {
        switch input {
        case .xml(let stream): stream.hasRoot
        case .json(_, let isOfFormat, _): isOfFormat()
        case .lines(let reading): reading.isOfFormat
        }
    }

    /// Makes a reader for a file that should have a format.
    ///
    /// - Parameter findsPlaces: whether the cases that are given on have the places of their failures; else whoever takes them
    ///   calls ``TestCase/findPlace()``.
    /// - Throws: ``ReportProblem``
    public init(
        _ format: ReportFormat, findsPlaces: Bool = true, take: @escaping (ReportItem) throws -> Void
    ) throws {
        let take = findsPlaces ? Self.placing(take) : take
        let found = Found()
        found.format = format
        self.found = found
        switch format {
        case .cucumber:
            let reading = CucumberReading(take: take)
            input = .json(JSONStream { try reading.read($0) }, isOfFormat: { reading.hasFeature }, finish: {})
        case .simpleCov:
            let reading = SimpleCovReading(take: take)
            input = .json(
                JSONStream { try reading.read($0) }, isOfFormat: { reading.isOfFormat },
                finish: { try reading.finish() })
        case .lcov: input = .lines(LCOVReading(take: take))
        default:
            input = .xml(
                try XMLStream { root, _ in
                    guard format.roots.contains(root) else {
                        throw ReportProblem.root(expected: format.roots[0], found: root)
                    }
                    return Self.reading(format, take)
                })
        }
    }

    /// Makes a reader for a file of XML whose root shall tell the format.
    ///
    /// - Parameter findsPlaces: as of ``init(_:findsPlaces:take:)``.
    /// - Throws: ``ReportProblem``
    public init(findsPlaces: Bool = true, guessing take: @escaping (ReportItem) throws -> Void) throws {
        let take = findsPlaces ? Self.placing(take) : take
        let found = Found()
        self.found = found
        input = .xml(
            try XMLStream { root, attributes in
                guard let format = ReportFormat(root: root, attributes) else {
                    throw ReportProblem(.otherFormat, "<\(root)> is no root of a report")
                }
                found.format = format
                return Self.reading(format, take)
            })
    }

    private static func placing(_ take: @escaping Take) -> Take {
        { item in
            guard case .test(var test) = item else { return try take(item) }
            test.findPlace()
            try take(.test(test))
        }
    }

    private static func reading(_ format: ReportFormat, _ take: @escaping Take) -> any XMLReading {
        switch format {
        case .nunit2: NUnit2Reading(take: take)
        case .nunit3: NUnit3Reading(take: take)
        case .testNG: TestNGReading(take: take)
        case .trx: TRXReading(take: take)
        case .clover: CloverReading(take: take)
        case .cobertura: CoberturaReading(take: take)
        case .jacoco: JaCoCoReading(take: take)
        default: JUnitReading(take: take)
        }
    }

    /// Reads the next bytes of the file.
    ///
    /// - Throws: ``ReportProblem``, and what `take` throws. Nothing may be read after that.
    public func feed(_ bytes: UnsafeRawBufferPointer) throws {
        switch input {
        case .xml(let stream): try stream.feed(bytes)
        case .json(let stream, _, _): try stream.feed(bytes)
        case .lines(let reading): try reading.feed(bytes)
        }
    }

    /// Says that the file has ended.
    ///
    /// - Throws: ``ReportProblem``, and what `take` throws.
    public func finish() throws {
        switch input {
        case .xml(let stream): try stream.finish()
        case .json(let stream, _, let finish):
            try stream.finish()
            try finish()
        case .lines(let reading): try reading.finish()
        }
    }
}

extension ReportFormat {
    /// Tells a format by the root element of its files.
    init?(root: String, _ attributes: XMLAttributes) {
        switch root {
        case "testsuite", "testsuites": self = .junit
        case "test-results": self = .nunit2
        case "test-run": self = .nunit3
        case "testng-results": self = .testNG
        case "TestRun": self = .trx
        case "report" where attributes.has("name"): self = .jacoco
        case "coverage" where attributes.has("line-rate"): self = .cobertura
        case "coverage" where attributes.has("generated") || attributes.has("clover"): self = .clover
        default: return nil
        }
    }

    /// Whether files of the format are XML, whose root tells it.
    public var isXML: Bool { !roots.isEmpty }
}
