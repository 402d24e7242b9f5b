import BuildPlanning
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970/01/01 00:00:00.000000"), (1_783_175_139_684_611, "2026/07/04 14:25:39.684611"),
        (951_782_399_999_999, "2000/02/28 23:59:59.999999"), (951_782_400_000_000, "2000/02/29 00:00:00.000000"),
        (4_107_542_400_000_000, "2100/03/01 00:00:00.000000"), (-1, "1969/12/31 23:59:59.999999"),
    ])
    func `the log's form of a moment`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).logForm == text)
    }

    @Test func `the JSON form of a moment`() {
        #expect(Timestamp(microseconds: 1_783_175_139_000_007).rfc3339 == "2026-07-04T14:25:39.000007Z")
    }

    @Test(arguments: [0, 1_783_175_139_684_611, 951_782_399_999_999, 951_782_400_000_000, 4_107_542_400_000_000, -1])
    func `the JSON form is read back`(microseconds: Int64) {
        let time = Timestamp(microseconds: microseconds)
        #expect(Timestamp(rfc3339: time.rfc3339) == time)
    }

    @Test(arguments: [
        "00000003181795956718514178Z", "2026-13-01T00:00:00.000000Z", "2026-00-01T00:00:00.000000Z",
        "2026-01-32T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z", "2026-01-01T00:60:00.000000Z",
        "2026/01/01T00:00:00.000000Z", "", "2026-07-04", "2026-07-04T14:25:39.684611", "2026-07-04T14:25:39.68461xZ",
    ])
    func `another form is none`(text: String) { #expect(Timestamp(rfc3339: text) == nil) }
}
