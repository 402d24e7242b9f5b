/// One test case of a report.
public struct TestCase: Sendable, Equatable {
    /// How a case ended (API: `status`).
    public enum Status: String, Sendable, CaseIterable {
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
        case error = "ERROR"
        case skipped = "SKIPPED"
        case unknown = "UNKNOWN"

        /// Whether a report with such a case has failed. Skipped and unknown cases are neutral [unknown].
        public var isFailure: Bool {
            switch self {
            case .failed, .error: true
            case .succeeded, .skipped, .unknown: false
            }
        }

        /// The place among all cases.
        var place: Int {
            switch self {
            case .succeeded: 0
            case .failed: 1
            case .error: 2
            case .skipped: 3
            case .unknown: 4
            }
        }
    }

    public var suite: String
    /// The class, where the format tells it apart from the suite.
    public var className: String?
    public var name: String
    public var status: Status = .succeeded
    public var nanoseconds: Int = 0
    /// What the test said when it failed, or why it was skipped.
    public var message: String?
    public var stack: String?
    public var file: String?
    public var line: Int?
    /// Whether the test failed before it succeeded, in this same run.
    public var isFlaky = false
    /// Whether the place of the failure is still to be looked for in the trace: ``findPlace()``.
    var hasUnreadTrace = false

    public init(suite: String, className: String? = nil, name: String) {
        self.suite = suite
        self.className = className
        self.name = name
    }

    /// Looks for the place of the failure, where the trace may tell one and nobody has looked yet.
    public mutating func findPlace() {
        guard hasUnreadTrace else { return }
        hasUnreadTrace = false
        let owner = className ?? suite
        let place =
            stack.flatMap { StackPlace.find(in: $0, className: owner) }
            ?? message.flatMap { StackPlace.find(in: $0, className: owner) }
        guard let place else { return }
        file = place.file
        line = place.line
    }

    /// Names the case among those of other builds: class or suite, and name.
    public var fullName: String {
        let owner = className ?? suite
        return owner.isEmpty || name.hasPrefix(owner + ".") ? name : "\(owner).\(name)"
    }
}
