import Testing

@testable import SpecParsing

@Suite struct ProjectSettingsTests {
    private func read(_ text: String) -> SettingsReading {
        readProjectSettings(Array(text.utf8), file: "codebuild.yml", extraKeys: ["keep", "env-file"])
    }

    @Test("settings are read in the API's words")
    func settings() {
        let reading = read(
            """
            environment:
              image: aws/codebuild/standard:7.0
              privilegedMode: true
              environmentVariables:
                - {name: A, value: 010}
                - {name: P, value: /a/b, type: PARAMETER_STORE}
                - {name: S, value: "id:key", type: SECRETS_MANAGER}
                - {name: E}
            source: {buildspec: ci/buildspec.yml}
            timeoutInMinutes: 90
            x-buildspec:
              keep: failure
              env-file: [a, b]
            """)
        #expect(reading.diagnostics == [])
        let settings = reading.settings
        #expect(settings.image?.value == "aws/codebuild/standard:7.0")
        #expect(settings.image?.location.description == "codebuild.yml:2:10")
        #expect(settings.privilegedMode?.value == true)
        #expect(
            settings.environmentVariables.map { "\($0.type.rawValue) \($0.name)=\($0.value)" } == [
                "PLAINTEXT A=010", "PARAMETER_STORE P=/a/b", "SECRETS_MANAGER S=id:key", "PLAINTEXT E=",
            ])
        #expect(settings.buildspec?.value == "ci/buildspec.yml")
        #expect(settings.timeoutInMinutes?.value == 90)
        #expect(settings.extra.mapValues(\.value) == ["keep": ["failure"], "env-file": ["a", "b"]])
    }

    @Test("the JSON of batch-get-projects is accepted as it is")
    func batchGetProjects() {
        let reading = read(
            """
            {
              "projects": [
                {
                  "name": "petclinic-rest", "arn": "arn:aws:codebuild:eu-west-1:111122223333:project/petclinic-rest",
                  "source": {"type": "GITHUB", "location": "https://github.com/acme/x.git", "gitCloneDepth": 1,
                    "gitSubmodulesConfig": {"fetchSubmodules": false}, "buildspec": "ci/buildspec.yml", "insecureSsl": false},
                  "secondarySources": [], "artifacts": {"type": "NO_ARTIFACTS"},
                  "cache": {"type": "S3", "location": "acme-cache/petclinic", "modes": [], "cacheNamespace": "acme"},
                  "environment": {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0",
                    "computeType": "BUILD_GENERAL1_SMALL", "privilegedMode": false,
                    "imagePullCredentialsType": "CODEBUILD",
                    "environmentVariables": [{"name": "PROFILE", "value": "ci", "type": "PLAINTEXT"}]},
                  "serviceRole": "arn:aws:iam::111122223333:role/cb", "timeoutInMinutes": 60,
                  "queuedTimeoutInMinutes": 480, "encryptionKey": "x", "tags": [], "created": 1.6E9,
                  "lastModified": "2026-09-16T10:31:02+02:00", "badge": {"badgeEnabled": false},
                  "logsConfig": {}, "projectVisibility": "PRIVATE"
                }
              ],
              "projectsNotFound": []
            }
            """)
        #expect(reading.diagnostics == [])
        #expect(reading.settings.image?.value == "aws/codebuild/standard:7.0")
        #expect(reading.settings.privilegedMode?.value == false)
        #expect(reading.settings.environmentVariables.map(\.name) == ["PROFILE"])
        #expect(reading.settings.buildspec?.value == "ci/buildspec.yml")
        #expect(
            reading.settings.cache
                == ProjectSettings.Cache(type: .s3, location: "acme-cache/petclinic", namespace: "acme"))
    }

    @Test("a variable that is too long for CodeBuild is a warning", arguments: [(4096, 0), (4097, 1)])
    func longVariable(length: Int, count: Int) {
        let value = String(repeating: "é", count: length)
        let reading = read("environment: {environmentVariables: [{name: A, value: \(value)}]}")
        #expect(reading.isValid)
        #expect(reading.diagnostics.map(\.code) == Array(repeating: "too-many", count: count))
        #expect(reading.settings.environmentVariables.map(\.value) == [value])
    }

    @Test(
        "the kinds of cache are the API's, and none of them needs a location",
        arguments: [("NO_CACHE", ProjectSettings.Cache.Kind.none), ("LOCAL", .local), ("S3", .s3)])
    func cache(text: String, kind: ProjectSettings.Cache.Kind) {
        let reading = read("cache: {type: \(text), modes: [LOCAL_CUSTOM_CACHE]}")
        #expect(reading.diagnostics == [])
        var cache = ProjectSettings.Cache(type: kind, location: nil, namespace: nil)
        cache.modes = [.custom]
        #expect(reading.settings.cache == cache)
    }

    @Test(
        "what is wrong with settings is found",
        arguments: [
            ("imagee: x", "warning: unknown key `imagee` at the top level [unknown-key]"),
            ("image: x", "warning: unknown key `image` at the top level [unknown-key]"),
            ("x-buildspec: {keeep: x}", "error: unknown key `keeep` in `x-buildspec` [unknown-key]"),
            ("x-buildspec: {keep: {a: b}}", "error: `x-buildspec.keep` is a mapping, expected a list [wrong-type]"),
            ("timeoutInMinutes: 1h", "error: `timeoutInMinutes` is `1h`, expected a whole number [not-a-number]"),
            ("timeoutInMinutes: 0", "error: `timeoutInMinutes` is 0, expected 1 or more [not-a-number]"),
            (
                "environment: {environmentVariables: [{value: x}]}",
                "error: `environment.environmentVariables[0]` has no `name` [missing-key]"
            ),
            (
                "environment: {environmentVariables: [{name: x, type: SECRET}]}",
                "error: `environment.environmentVariables[0].type` is `SECRET`, expected `PLAINTEXT`, `PARAMETER_STORE` or `SECRETS_MANAGER` [unknown-value]"
            ),
            (
                "cache: {type: s3}",
                "error: `cache.type` is `s3`, expected `NO_CACHE`, `S3` or `LOCAL` [unknown-value]"
            ),
            (
                "environment: {privilegedMode: maybe}",
                "error: `environment.privilegedMode` is `maybe`, expected `yes` or `no` [not-a-boolean]"
            ),
            ("projects: []", "error: the file has no CodeBuild project [missing-key]"),
            ("projects: [{name: a}, {name: b}]", "error: the file has 2 projects: `a`, `b` [too-many]"),
            ("- a", "error: the file is a list, expected a mapping [wrong-type]"),
            ("{", "error: did not find expected node content [yaml-syntax]"),
        ])
    func wrong(text: String, finding: String) {
        let reading = read(text)
        #expect(reading.diagnostics.map(shown) == [finding])
        #expect(reading.isValid == finding.hasPrefix("warning"))
    }

    @Test("help names the place of a misplaced key, and the meant flag")
    func help() {
        #expect(
            read("image: x").diagnostics.map(\.help) == [
                "`image` belongs in `environment`: indent it, to stand below `environment`"
            ])
        #expect(read("x-buildspec: {keeep: x}").diagnostics.map(\.help) == ["did you mean `keep`?"])
    }

    @Test("an empty file gives empty settings", arguments: ["", "# nothing\n", "{}"])
    func empty(text: String) {
        #expect(read(text).settings == ProjectSettings())
        #expect(read(text).diagnostics == [])
    }
}
