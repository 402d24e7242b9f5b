import BuildPlanning
import SpecParsing
import Testing

@Suite struct PhaseMachineTests {
    /// The steps a build takes when one phase fails.
    private func steps(
        failing: PhaseName?, rules: [PhaseName: BuildSpec.OnFailure] = [:], uploadFails: Bool = false
    ) -> [PhaseMachine.Step] {
        var machine = PhaseMachine(rules: rules), steps: [PhaseMachine.Step] = []
        while true {
            let step = machine.next()
            steps.append(step)
            switch step {
            case .run(let phase): if phase == failing { machine.failed(phase) }
            case .uploadArtifacts: if uploadFails { machine.uploadFailed() }
            case .finish: return steps
            }
        }
    }

    private let all: [PhaseMachine.Step] = [
        .run(.install), .run(.preBuild), .run(.build), .run(.postBuild), .uploadArtifacts,
    ]

    @Test func `a build without failures runs everything and succeeds`() {
        #expect(steps(failing: nil) == all + [.finish(.succeeded)])
    }

    @Test(arguments: [(PhaseName.install, 1), (.preBuild, 2), (.build, 5), (.postBuild, 5)])
    func `after a failure only what CodeBuild still owes is run`(failing: PhaseName, count: Int) {
        #expect(steps(failing: failing) == all.prefix(count) + [.finish(.failed)])
    }

    @Test(arguments: [(PhaseName.install, 1), (.preBuild, 2), (.build, 3), (.postBuild, 4)])
    func `ABORT stops at once`(failing: PhaseName, count: Int) {
        #expect(steps(failing: failing, rules: [failing: .abort]) == all.prefix(count) + [.finish(.failed)])
    }

    @Test(arguments: PhaseName.allCases)
    func `CONTINUE goes on and does not fail the build`(failing: PhaseName) {
        #expect(steps(failing: failing, rules: [failing: .continue]) == all + [.finish(.succeeded)])
    }

    @Test func `a failed upload fails the build`() {
        #expect(steps(failing: nil, uploadFails: true) == all + [.finish(.failed)])
    }

    @Test func `a part of a build is its phases, and the artifacts`() {
        var machine = PhaseMachine(rules: [:], from: .preBuild, until: .build)
        #expect(machine.next() == .run(.preBuild))
        #expect(machine.next() == .run(.build))
        #expect(machine.next() == .uploadArtifacts)
        #expect(machine.next() == .finish(.succeeded))
    }
}
