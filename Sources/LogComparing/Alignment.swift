/// The pairs of a longest common subsequence of two lists, in order.
///
/// The result is exact for lists of ordinary length. Long lists are first cut at elements that occur exactly once in
/// both, to limit the cost; long stretches without such elements count as entirely different.
func alignment(_ one: ArraySlice<Int>, _ other: ArraySlice<Int>) -> [(one: Int, other: Int)] {
    var pairs: [(one: Int, other: Int)] = []
    var (one, other) = (one, other)
    while let first = one.first, first == other.first {
        pairs.append((one.startIndex, other.startIndex))
        one.removeFirst()
        other.removeFirst()
    }
    var ends: [(one: Int, other: Int)] = []
    while let last = one.last, last == other.last {
        ends.append((one.endIndex - 1, other.endIndex - 1))
        one.removeLast()
        other.removeLast()
    }
    if !one.isEmpty, !other.isEmpty {
        if one.count * other.count <= 4_000_000 {
            pairs += exactAlignment(one, other)
        } else {
            for stretch in stretches(one, other) { pairs += alignment(one[stretch.one], other[stretch.other]) }
        }
    }
    return pairs + ends.reversed()
}

/// The exact result, by the length of the longest common subsequence of each pair of ends.
private func exactAlignment(_ one: ArraySlice<Int>, _ other: ArraySlice<Int>) -> [(one: Int, other: Int)] {
    let width = other.count + 1
    // Neither list is longer than 4,000,000, nor both longer than 2000: the lengths fit.
    var lengths = [UInt16](repeating: 0, count: (one.count + 1) * width)
    let first = Array(one), second = Array(other)
    lengths.withUnsafeMutableBufferPointer { lengths in
        first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer { second in
                for row in first.indices.reversed() {
                    let here = row * width, below = here + width
                    for column in second.indices.reversed() {
                        lengths[here + column] =
                            first[row] == second[column]
                            ? lengths[below + column + 1] + 1
                            : max(lengths[below + column], lengths[here + column + 1])
                    }
                }
            }
        }
    }
    var pairs: [(one: Int, other: Int)] = [], row = 0, column = 0
    while row < first.count, column < second.count {
        if first[row] == second[column] {
            pairs.append((one.startIndex + row, other.startIndex + column))
            row += 1
            column += 1
        } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
            row += 1
        } else {
            column += 1
        }
    }
    return pairs
}

/// The stretches that begin at elements which occur exactly once in both lists, in the same order.
private func stretches(
    _ one: ArraySlice<Int>, _ other: ArraySlice<Int>
) -> [(one: Range<Int>, other: Range<Int>)] {
    let ownPlaces = uniquePlaces(one), otherPlaces = uniquePlaces(other)
    let common = one.indices.compactMap { place -> (one: Int, other: Int)? in
        guard ownPlaces[one[place]] == place, let match = otherPlaces[one[place]] else { return nil }
        return (place, match)
    }
    let anchors = longestRise(common)
    guard !anchors.isEmpty else { return [] }
    let starts = [(one: one.startIndex, other: other.startIndex)] + anchors
    let ends = anchors + [(one: one.endIndex, other: other.endIndex)]
    return zip(starts, ends).map { (one: $0.one..<$1.one, other: $0.other..<$1.other) }
}

private func uniquePlaces(_ list: ArraySlice<Int>) -> [Int: Int] {
    var places: [Int: Int] = [:], seenTwice: Set<Int> = []
    for (place, element) in zip(list.indices, list) where places.updateValue(place, forKey: element) != nil {
        seenTwice.insert(element)
    }
    for element in seenTwice { places[element] = nil }
    return places
}

/// The longest selection of pairs whose places increase in both lists (patience sorting). The input increases in the
/// first.
private func longestRise(_ pairs: [(one: Int, other: Int)]) -> [(one: Int, other: Int)] {
    var tops: [Int] = [], before = [Int?](repeating: nil, count: pairs.count)
    for (index, pair) in pairs.enumerated() {
        var low = 0, high = tops.count
        while low < high {
            let middle = (low + high) / 2
            if pairs[tops[middle]].other < pair.other { low = middle + 1 } else { high = middle }
        }
        before[index] = low > 0 ? tops[low - 1] : nil
        if low < tops.count { tops[low] = index } else { tops.append(index) }
    }
    var chain: [(one: Int, other: Int)] = [], next = tops.last
    while let index = next {
        chain.append(pairs[index])
        next = before[index]
    }
    return chain.reversed()
}
