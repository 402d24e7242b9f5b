/// What a report comes to, folded from its cases and files as they are read. It stays small, however many there are.
public struct ReportTotals: Sendable, Equatable {
    /// The most cases that are named.
    static let named = 20
    static let slowest = 5
    /// The most characters of a message in the totals; the case itself has all of it.
    static let message = 1_000

    /// The number of cases by their status: what has none is not in it.
    public var counts: [TestCase.Status: Int] {
        var counts: [TestCase.Status: Int] = [:]
        for (status, number) in zip(TestCase.Status.allCases, numbers) where number > 0 { counts[status] = number }
        return counts
    }

    /// The number of cases of each status, in the order of these: a look into a dictionary costs more than all else of a case.
    private var numbers = [Int](repeating: 0, count: TestCase.Status.allCases.count)
    public private(set) var nanoseconds = 0
    /// The first cases that failed, with the beginning of their messages.
    public private(set) var failed: [TestCase] = []
    /// The slowest cases, the slowest first.
    public private(set) var slowest: [TestCase] = []
    public private(set) var flaky: [TestCase] = []
    public private(set) var files = 0
    public private(set) var lines = Coverage()
    public private(set) var branches = Coverage()
    /// Whether a name or a message is longer than the service keeps.
    private var hasLongText = false

    public init() {}

    public var total: Int { counts.values.reduce(0, +) }
    public var failures: Int { counts.filter(\.key.isFailure).values.reduce(0, +) }

    /// Whether the service would keep less than there is (API: `truncated`).
    public var isCutByService: Bool { hasLongText || total > ServiceLimits.cases }

    public mutating func add(_ item: ReportItem) {
        switch item {
        case .test(let test): add(test)
        case .coverage(let file):
            files += 1
            lines += file.lines
            branches += file.branches
        }
    }

    private mutating func add(_ test: TestCase) {
        numbers[test.status.place] += 1
        nanoseconds = nanoseconds.addingClamped(test.nanoseconds)
        hasLongText =
            hasLongText || Self.isLonger(test.name, than: ServiceLimits.name)
            || test.message.map { Self.isLonger($0, than: ServiceLimits.message) } ?? false
        if test.status.isFailure, failed.count < Self.named { failed.append(Self.short(test)) }
        if test.isFlaky, flaky.count < Self.named { flaky.append(Self.short(test)) }
        let isFull = slowest.count == Self.slowest
        guard !isFull || slowest[Self.slowest - 1].nanoseconds < test.nanoseconds else { return }
        let place = slowest.firstIndex { $0.nanoseconds < test.nanoseconds } ?? slowest.count
        slowest.insert(Self.short(test), at: place)
        if slowest.count > Self.slowest { slowest.removeLast() }
    }

    private static func isLonger(_ text: String, than limit: Int) -> Bool {
        text.utf8.count > limit && text.unicodeScalars.count > limit
    }

    private static func short(_ test: TestCase) -> TestCase {
        var short = test
        short.stack = nil
        short.name = start(of: test.name, ServiceLimits.name)
        short.suite = start(of: test.suite, ServiceLimits.name)
        short.className = test.className.map { start(of: $0, ServiceLimits.name) }
        short.file = test.file.map { start(of: $0, ServiceLimits.name) }
        short.message = test.message.map { start(of: $0, message) }
        return short
    }

    /// The first scalars of a text: a character may be of any size.
    private static func start(of text: String, _ limit: Int) -> String { String(text.unicodeScalars.prefix(limit)) }

    /// Adds the totals of another report, such as that of another shard: numbers are added up.
    public mutating func merge(_ other: ReportTotals) {
        numbers = zip(numbers, other.numbers).map { $0.addingClamped($1) }
        nanoseconds = nanoseconds.addingClamped(other.nanoseconds)
        failed = Array((failed + other.failed).prefix(Self.named))
        flaky = Array((flaky + other.flaky).prefix(Self.named))
        slowest = Array((slowest + other.slowest).sorted { $0.nanoseconds > $1.nanoseconds }.prefix(Self.slowest))
        files = files.addingClamped(other.files)
        lines += other.lines
        branches += other.branches
        hasLongText = hasLongText || other.hasLongText
    }
}
