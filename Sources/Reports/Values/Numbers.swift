extension Int {
    /// The sum, or the largest number where it is larger than that: report files may claim anything.
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }

    /// A count as report files have it: not negative, and small enough to be added up.
    init?(count text: String?) {
        guard let text, let number = Int(text) else { return nil }
        self = Swift.min(Swift.max(number, 0), 1 << 40)
    }
}

/// Durations as report files have them, in nanoseconds.
enum Duration {
    /// The longest duration that is believed: some thirty years.
    private static let limit = 1e18

    static func nanoseconds(_ number: Double) -> Int {
        number.isNaN ? 0 : Int(min(max(number, 0), limit))
    }

    /// Reads seconds, which may have separators between the thousands: `1,234.5`.
    static func seconds(_ text: String?) -> Int {
        guard let text else { return 0 }
        if let number = plain(text) ?? Double(text) { return nanoseconds(number * 1e9) }
        return Double(text.filter { $0 != "," && $0 != " " }).map { nanoseconds($0 * 1e9) } ?? 0
    }

    /// Reads a number such as `12.345`, to the same bits as `Double` does and in a tenth of its time; `nil` for one of another form.
    private static func plain(_ text: String) -> Double? {
        var digits = 0, value = 0, scale = 1, hasPoint = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
                if hasPoint { scale *= 10 }
            case UInt8(ascii: ".") where !hasPoint && digits > 0: hasPoint = true
            default: return nil
            }
            // Both numbers of so many digits are exact, and so the quotient is rounded once.
            guard digits <= 15 else { return nil }
        }
        return digits > 0 ? Double(value) / Double(scale) : nil
    }

    static func milliseconds(_ text: String?) -> Int {
        text.flatMap { Double($0) }.map { nanoseconds($0 * 1e6) } ?? 0
    }

    /// Reads a duration of .NET: `hh:mm:ss.fffffff`, with days in front (`1.02:03:04`) where it is a long one.
    static func clock(_ text: String?) -> Int {
        guard let parts = text?.split(separator: ":"), parts.count == 3, let seconds = Double(parts[2]),
            let minutes = Double(parts[1])
        else { return 0 }
        let first = parts[0].split(separator: ".")
        guard let hours = first.last.flatMap({ Double($0) }) else { return 0 }
        let days = first.count == 2 ? Double(first[0]) ?? 0 : 0
        return nanoseconds((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1e9)
    }
}
