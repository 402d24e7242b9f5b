import Files
import Testing

@Suite struct UniqueNameTests {
    @Test func `no two names of one process are alike`() {
        let names = (0..<10_000).map { _ in UniqueName.make() }
        #expect(Set(names).count == names.count)
        #expect(
            names.allSatisfy { name in name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") } })
    }

    @Test func `a name is abandoned once its process is gone`() {
        #expect(!UniqueName.isAbandoned(UniqueName.make()))
        // Above the highest number that Linux gives, 1 << 22.
        #expect(UniqueName.isAbandoned("4999999-0123456789abcdef"))
        for other in ["", "-1", "0-1", "a-1", "99999999999-1"] { #expect(!UniqueName.isAbandoned(other), "\(other)") }
    }

    @Test(arguments: [1, 8, 20]) func `chance gives as many bytes as are asked for`(count: Int) {
        #expect(UniqueName.random(byteCount: count).count == 2 * count)
    }
}
