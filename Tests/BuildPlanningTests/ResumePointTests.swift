import BuildPlanning
import SpecParsing
import Testing

@Suite struct ResumePointTests {
    @Test(
        "a command that failed is found again by place and text",
        arguments: [
            // The list as it was, the failed place, the list as it is, where it goes on.
            ("abc", 1, "abc", 1),  // nothing edited
            ("abc", 1, "aXc", 1),  // the failed one edited
            ("abc", 2, "aXY", 2),  // it and one before it edited
            ("abc", 1, "xabc", 2),  // one added in front
            ("abc", 2, "axbY", 3),  // one added, and the failed one edited
            ("abc", 1, "bc", 0),  // one before it taken away
            ("abc", 2, "bY", 1),  // one taken away, and the failed one edited
            ("abc", 2, "ab", 2),  // the failed one taken away: nothing is left of the list
            ("abc", 0, "", 0), ("aaa", 1, "aaa", 1), ("abc", 1, "b", 0), ("abc", 2, "XYZ", 2),
        ])
    func index(old: String, failed: Int, new: String, expected: Int) {
        #expect(ResumePoint.index(in: new.map { String($0) }, of: failed, in: old.map { String($0) }) == expected)
    }

    @Test(arguments: [
        ("BUILD", ResumePoint(phase: .build)), ("post_build:3", ResumePoint(phase: .postBuild, index: 2)),
        ("Install:1", ResumePoint(phase: .install)),
    ])
    func `a place is written as phase and number`(text: String, point: ResumePoint) {
        #expect(ResumePoint(text) == point)
    }

    @Test(arguments: ["", "BUILD:", "BUILD:0", "BUILD:x", "DEPLOY", "BUILD:1:2", "BUILD:-1"])
    func `what is no place is none`(text: String) { #expect(ResumePoint(text) == nil) }
}
