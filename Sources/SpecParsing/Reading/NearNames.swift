/// The candidate that most resembles `name` and was probably meant; `nil` when none is similar enough.
///
/// A name is similar if it differs only in case, `-` and `_` (`baseDirectory`), if it is the beginning of the candidate
/// (`exclude` for `exclude-paths`), or if it has at most one typing slip for every four letters (`comands`).
public func nearName(to name: String, among candidates: [String]) -> String? {
    guard (2...40).contains(name.utf8.count) else { return nil }
    let folded = foldedName(name)
    if let same = candidates.first(where: { foldedName($0) == folded }) { return same }
    var best: (name: String, slips: Int)?
    for candidate in candidates {
        let other = foldedName(candidate), limit = max(1, max(folded.count, other.count) / 4)
        // Each letter more or less counts as a slip.
        guard abs(folded.count - other.count) <= limit else { continue }
        let slips = slips(from: folded, to: other)
        if slips <= limit, slips < best?.slips ?? .max { best = (candidate, slips) }
    }
    if let best { return best.name }
    guard folded.count >= 4 else { return nil }
    return candidates.first { foldedName($0).starts(with: folded) }
}

private func foldedName(_ name: String) -> [UInt8] {
    name.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: " ") }
}

/// The number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment distance).
private func slips(from one: [UInt8], to other: [UInt8]) -> Int {
    var beforeLast: [Int] = [], last = Array(0...other.count)
    for (row, letter) in one.enumerated() {
        var current = [row + 1]
        for (column, otherLetter) in other.enumerated() {
            var cost = min(last[column + 1], current[column]) + 1
            cost = min(cost, last[column] + (letter == otherLetter ? 0 : 1))
            if row > 0, column > 0, letter == other[column - 1], one[row - 1] == otherLetter {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        (beforeLast, last) = (last, current)
    }
    return last[other.count]
}
