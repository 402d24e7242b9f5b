@testable import LogComparing
import Testing

@Suite struct AlignmentTests {
    private func pairs(_ one: [Int], _ other: [Int]) -> [[Int]] {
        alignment(one[...], other[...]).map { [$0.one, $0.other] }
    }

    @Test(
        arguments: [
            ([], [], []), ([1], [], []), ([1, 2, 3], [1, 2, 3], [[0, 0], [1, 1], [2, 2]]),
            ([1, 2, 3], [1, 9, 3], [[0, 0], [2, 2]]), ([1, 2, 3], [2, 3], [[1, 0], [2, 1]]),
            ([1, 2], [3, 1, 4, 2], [[0, 1], [1, 3]]), ([1, 1, 2], [1, 2], [[0, 0], [2, 1]]),
        ] as [([Int], [Int], [[Int]])])
    func `what belongs together`(one: [Int], other: [Int], expected: [[Int]]) {
        #expect(pairs(one, other) == expected)
    }

    @Test func `long lists are aligned at what is in both once, in bounded time`() {
        let one = (0..<30_000).map { $0 % 3 == 0 ? $0 : -1 }
        var other = one
        other.insert(contentsOf: [90_001, 90_002], at: 15_000)
        other[20_000] = 90_003
        other.swapAt(3, 24_000)
        let found = alignment(one[...], other[...])
        #expect(found.count >= one.count - 4)
        #expect(found.allSatisfy { one[$0.one] == other[$0.other] })
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.one < $1.one && $0.other < $1.other })
    }

    @Test func `long lists with nothing in common have no pairs`() {
        #expect(pairs(Array(0..<5_000), Array(10_000..<15_000)) == [])
    }
}
