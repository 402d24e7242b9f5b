import SpecParsing
import Testing

@Suite struct DeployFilesTests {
    private let definition = DeployFiles.File(
        name: "taskdef.json", path: "t.json",
        bytes: Array(#"{"taskDefinition": {"containerDefinitions": [{"name": "petclinic-rest", "image": "x"}]}}"#.utf8))

    private func messages(_ name: String, _ text: String, with definition: DeployFiles.File? = nil) -> [String] {
        DeployFiles.check([.init(name: name, path: name, bytes: Array(text.utf8))], taskDefinition: definition).map {
            "\($0.diagnostic.location.line):\($0.diagnostic.location.column) \($0.diagnostic.message)"
        }
    }

    @Test(arguments: [
        ("imagedefinitions.json", #"[{"name":"petclinic-rest","imageUri":"r:1"}]"#),
        ("imageDetail.json", #"{"ImageURI":"r@sha256:0"}"#),
        ("taskdef.json", #"{"containerDefinitions":[{"name":"a","image":"<IMAGE1_NAME>"}]}"#),
        (
            "appspec.yml",
            "Resources:\n  - TargetService:\n      Properties:\n        TaskDefinition: <TASK_DEFINITION>\n        LoadBalancerInfo: {ContainerName: petclinic-rest}\n"
        ), ("other.json", "{"),
    ])
    func `what a deploy stage takes is fine`(name: String, text: String) {
        #expect(messages(name, text, with: name == "taskdef.json" ? nil : definition) == [])
    }

    @Test(arguments: [
        ("imagedefinitions.json", "", "1:1 the file is empty"),
        ("imagedefinitions.json", "{}", "1:1 the file is a mapping, expected a list of containers"),
        ("imagedefinitions.json", "[]", "1:1 the list of containers is empty: nothing would be deployed"),
        ("imagedefinitions.json", #"[{"name":"petclinic-rest"}]"#, "1:2 `imageUri` is missing"),
        (
            "imagedefinitions.json", #"[{"name":"petclinic-rest","imageUri":""}]"#,
            "1:38 `imageUri` is empty, or no text"
        ),
        ("imagedefinitions.json", #"["x"]"#, "1:2 there is text where a mapping is expected"),
        (
            "imagedefinitions.json", #"[{"name":"petclinic","imageUri":"r:1"}]"#,
            "1:10 the task definition has no container `petclinic`"
        ), ("imageDetail.json", #"{"imageUri":"r"}"#, "1:1 `ImageURI` is missing"),
        (
            "taskdef.json", #"{"containerDefinitions":[{"name":"a","image":"<IMAGE1_NAME"}]}"#,
            "1:46 `image` is `<IMAGE1_NAME`, half a placeholder"
        ),
        (
            "appspec.yml", "Resources:\n  - TargetService:\n      Properties:\n        TaskDefinition: petclinic\n",
            "4:25 `TaskDefinition` is `petclinic`: CodePipeline puts nothing in its place"
        ),
    ])
    func `what a deploy stage refuses is found`(name: String, text: String, message: String) {
        #expect(messages(name, text, with: definition) == [message])
    }

    @Test func `a near name is suggested`() {
        let found = DeployFiles.check(
            [
                .init(
                    name: "imagedefinitions.json", path: "i",
                    bytes: Array(#"[{"name":"petclinic-rst","imageUri":"r"}]"#.utf8))
            ],
            taskDefinition: definition)
        #expect(found.map(\.diagnostic.help) == ["did you mean `petclinic-rest`?"])
    }
}
