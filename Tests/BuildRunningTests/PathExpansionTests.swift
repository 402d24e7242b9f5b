import Testing

@testable import BuildRunning

@Suite struct PathExpansionTests {
    @Test(arguments: [
        ("dist/$APP/**/*", "dist/petclinic/**/*"), ("${APP}-x", "petclinic-x"), ("$APP.jar", "petclinic.jar"),
        ("$NONE/a", "/a"), ("a$", "a$"), ("$1", "$1"), ("${APP", "${APP"), ("plain", "plain"),
        ("$APP$APP", "petclinicpetclinic"),
        ("${APP}\u{301}", "petclinic\u{301}"), ("$\u{301}$APP\u{301}", "$\u{301}petclinic\u{301}"),
    ])
    func `variables are put into paths`(text: String, expected: String) {
        #expect(expandVariables(in: text, ["APP": "petclinic"]) == expected)
    }

    @Test(arguments: [
        ("/a/./b//c", "/a/b/c"), ("/a/../b", "/b"), ("/../a", "/a"), ("a/../../b", "../b"), ("./x/", "x"), ("/", "/"),
        ("/a/../\u{301}b", "/\u{301}b"),
    ])
    func `paths are brought to one form`(path: String, expected: String) {
        #expect(normalizedPath(path) == expected)
    }
}
