/// Gives each item on as soon as it is whole.
typealias Take = (ReportItem) throws -> Void

/// The case that is being read, and the texts below it: common to all formats that have them as elements.
struct OpenCase {
    var test: TestCase
    private var hasResult = false

    init(_ test: TestCase) { self.test = test }

    /// Takes the outcome that an element below the case tells. The first one that fails counts.
    mutating func end(_ status: TestCase.Status, message: String?, stack: String?) {
        guard !hasResult || status.isFailure && !test.status.isFailure else { return }
        hasResult = true
        test.status = status
        test.message = message ?? stack
        test.stack = message == nil ? nil : stack
    }

    /// The whole case. Where it failed is looked for in its trace by ``TestCase/findPlace()``.
    consuming func finished() -> TestCase {
        test.hasUnreadTrace = test.status.isFailure
        return test
    }
}
