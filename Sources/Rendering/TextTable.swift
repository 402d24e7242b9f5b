/// A list for people: a line of headings, and rows whose columns stand below one another.
public struct TextTable {
    private let head: [String]
    private var rows: [[String]] = []

    public init(_ head: [String]) { self.head = head }

    public var isEmpty: Bool { rows.isEmpty }

    /// Adds a row; columns without a text show `-`, those after its last one stay empty.
    public mutating func add(_ row: [String?]) { rows.append(row.map { $0 ?? "-" }) }

    private var widths: [Int] {
        head.indices.map { column in ([head] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    }

    /// The table with some columns cut so that its lines fit, as far as they can.
    ///
    /// - Parameters:
    ///   - columns: how many of the terminal a line may take.
    ///   - order: the places of columns that may be cut, the first one first.
    ///   - least: the characters that stay of each of these.
    func text(within columns: Int, cutting order: [Int], least: Int) -> String {
        var table = self
        for column in order {
            let widths = table.widths, excess = widths.reduce(0) { $0 + $1 + 2 } - 2 - columns
            guard excess > 0 else { break }
            let width = max(least, widths[column] - excess)
            for row in rows.indices { table.rows[row][column] = TerminalWidth.cut(rows[row][column], to: width) }
        }
        return table.text
    }

    /// The table, each line with its end and without blanks before it; empty for a table without rows.
    public var text: String {
        guard !rows.isEmpty else { return "" }
        let lines = [head] + rows
        let widths = widths
        return lines.map { line in
            var text = ""
            for (column, word) in line.enumerated() {
                if column > 0 { text += "  " }
                text += word.padded(to: column < widths.count ? widths[column] : 0)
            }
            while text.last == " " { text.removeLast() }
            return text.plain + "\n"
        }.joined()
    }
}

/// Numbers as a row of bars, each a character.
public enum Sparkline {
    private static let bars = Array("▁▂▃▄▅▆▇█")

    /// - Returns: a bar for each number, of the height of its share of the largest one.
    public static func text(_ numbers: [Int]) -> String {
        let most = max(1, numbers.max() ?? 1)
        return String(numbers.map { bars[max(0, min(bars.count - 1, $0 * bars.count / (most + 1)))] })
    }
}

extension [Int] {
    /// The number in the middle, the higher one of two; `nil` where there is none.
    public var median: Int? { isEmpty ? nil : sorted()[count / 2] }

    /// The smallest number that at least `percent` of all do not exceed; `nil` where there is none.
    public func percentile(_ percent: Int) -> Int? {
        isEmpty ? nil : sorted()[Swift.max(0, Swift.min(count - 1, (count * percent + 99) / 100 - 1))]
    }
}
