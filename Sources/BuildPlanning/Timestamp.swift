/// A moment, in microseconds since 1970, UTC.
public struct Timestamp: Hashable, Sendable, Comparable {
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static func < (one: Self, other: Self) -> Bool { one.microseconds < other.microseconds }

    public func milliseconds(since earlier: Timestamp) -> Int { Int((microseconds - earlier.microseconds) / 1000) }

    /// The date and time of day in UTC (proleptic Gregorian calendar).
    private var fields: (year: Int64, month: Int64, day: Int64, seconds: Int64, fraction: Int64) {
        let seconds = microseconds.flooredQuotient(by: 1_000_000)
        let days = seconds.flooredQuotient(by: 86_400)
        // Days counted from 1 March of year 0, so that the leap day is the last of its year; 400 years are one era.
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * marchMonth + 2) / 5 + 1, seconds: seconds - days * 86_400,
            fraction: microseconds - seconds * 1_000_000
        )
    }

    /// `2026/07/04 14:25:39.684611`, as the log has it (CODEBUILD.md 4).
    public var logForm: String { text(dateSeparator: "/", middle: " ", end: "") }

    /// `2026-07-04T14:25:39.684611Z`, as JSON has it (RFC 3339).
    public var rfc3339: String { text(dateSeparator: "-", middle: "T", end: "Z") }

    private func text(dateSeparator: String, middle: String, end: String) -> String {
        let (year, month, day, seconds, fraction) = fields
        let date = [year.padded(4), month.padded(2), day.padded(2)].joined(separator: dateSeparator)
        let time = "\((seconds / 3600).padded(2)):\((seconds / 60 % 60).padded(2)):\((seconds % 60).padded(2))"
        return "\(date)\(middle)\(time).\(fraction.padded(6))\(end)"
    }
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    fileprivate func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
