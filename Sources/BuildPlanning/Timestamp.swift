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

    /// Reads what ``rfc3339`` wrote: UTC, with microseconds.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        let marks: [(Int, Unicode.Scalar)] = [
            (4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (26, "Z"),
        ]
        guard bytes.count == 27, marks.allSatisfy({ bytes[$0.0] == UInt8(ascii: $0.1) }) else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            bytes[range].reduce(0 as Int64?) { value, byte in
                guard let value, (0x30...0x39).contains(byte) else { return nil }
                return value * 10 + Int64(byte - 0x30)
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let fraction = number(20..<26),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        // As in `fields`: years begin in March here.
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear.flooredQuotient(by: 400), yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        microseconds = ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction
    }

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
