import Testing

@testable import BuildspecApp

@Suite("names on the command line, many of them as one argument")
struct NameListTests {
    @Test(
        "what is folded comes back as it was",
        arguments: [
            [], ["validate"], ["validate", "a.yml"], ["validate", "a.yml", "b.yml", "c.yml"],
            ["validate", "--format", "json", "a", "b", "c", "--strict", "d", "e", "f"], ["", "", "", "e\u{301}"],
        ])
    func roundTrip(arguments: [String]) {
        #expect(NameList.unfolded(NameList.folded(arguments)) == arguments)
    }

    @Test("options and their values stay arguments of their own")
    func options() {
        let folded = NameList.folded(["validate", "--format", "json", "a", "b", "--strict"])
        #expect(folded == ["validate", "--format", "json", "a\0b", "--strict"])
    }
}
