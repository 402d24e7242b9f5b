import BuildPlanning
import SpecParsing
import Testing

@Suite struct BatchPlanTests {
    private func plan(_ batch: String) throws -> BatchPlan {
        let text = "version: 0.2\nbatch:\n" + batch.split(separator: "\n").map { "  \($0)\n" }.joined()
        return BatchPlan(try #require(readBuildSpec(Array(text.utf8), file: "buildspec.yml").spec?.batch))
    }

    @Test func `a graph keeps its builds with what they wait for and set`() throws {
        let plan = try plan(
            """
            fast-fail: true
            build-graph:
              - identifier: unit
                buildspec: ci/unit.yml
              - identifier: pack
                depend-on: [unit]
                ignore-failure: true
                env: {image: debian, privileged-mode: true, variables: {K: v}}
            """)
        #expect(plan.fastFail)
        #expect(plan.builds.map(\.identifier) == ["unit", "pack"])
        #expect(plan.builds[0].buildspec == "ci/unit.yml")
        #expect(plan.builds[1].dependsOn == ["unit"])
        #expect(
            plan.builds[1].image == "debian" && plan.builds[1].privilegedMode == true && plan.builds[1].ignoreFailure)
        #expect(plan.builds[1].variables.map { "\($0.name)=\($0.value)" } == ["K=v"])
    }

    @Test func `a matrix is the product of all its lists, beside what is the same for all`() throws {
        let plan = try plan(
            """
            build-matrix:
              static: {ignore-failure: true, env: {type: LINUX_CONTAINER, variables: {S: same}}}
              dynamic:
                buildspec: [a.yml, b.yml]
                env: {image: [x, y], variables: {V: ["1", "2", "3"]}}
            """)
        #expect(plan.builds.count == 12)
        #expect(Set(plan.builds.map(\.identifier)).count == 12)
        #expect(plan.builds.first?.identifier == "build_0001")
        let last = try #require(plan.builds.last)
        #expect(last.buildspec == "b.yml" && last.image == "y" && last.environmentType == "LINUX_CONTAINER")
        #expect(last.variables.map { "\($0.name)=\($0.value)" } == ["S=same", "V=3"])
        #expect(!plan.builds.contains { !$0.ignoreFailure })
    }

    @Test func `a fanout is as many builds as it says`() throws {
        let builds = try plan("build-fanout: {parallelism: 3}").builds
        #expect(builds.map(\.identifier) == ["build_0001", "build_0002", "build_0003"])
    }
}
