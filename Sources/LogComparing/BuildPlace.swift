internal import BuildPlanning

/// A place in the order of a build.
struct BuildPlace: Sendable, Equatable, Comparable {
    /// The index of the phase in the order of the API; less than zero before the build begins.
    let phase: Int
    /// The 1-based number of the command in its phase; 0 for the phase itself.
    let command: Int
    /// The 1-based number of the line in the command's output; 0 for the command itself.
    let line: Int

    /// The settings of a build, which are there before it begins.
    static let settings = BuildPlace(index: -1)
    /// The selection of runtimes and the look-up of secrets.
    static let downloadSource = BuildPlace(phase: BuildPhase.downloadSource.rawValue, command: 0, line: 0)

    init(phase: String, command: Int, line: Int) {
        let index = BuildPhase(rawValue: phase).flatMap { BuildPhase.allCases.firstIndex(of: $0) }
        self.phase = index ?? BuildPhase.allCases.count
        self.command = command
        self.line = line
    }

    private init(index: Int) {
        phase = index
        command = 0
        line = 0
    }

    /// The name of the phase in the API; `nil` before the build begins.
    var phaseName: String? {
        BuildPhase.allCases.indices.contains(phase) ? BuildPhase.allCases[phase].rawValue : nil
    }

    static func < (one: Self, other: Self) -> Bool {
        (one.phase, one.command, one.line) < (other.phase, other.command, other.line)
    }
}

extension LogDiff.Difference {
    /// The place of the difference in the order of the build. What concerns a phase as a whole is its end.
    var buildPlace: BuildPlace {
        guard let command else { return BuildPlace(phase: phase, command: .max, line: 0) }
        switch kind {
        case .output(let change): return BuildPlace(phase: phase, command: command.number, line: change.oneNumber)
        case .exitStatus: return BuildPlace(phase: phase, command: command.number, line: .max)
        default: return BuildPlace(phase: phase, command: command.number, line: 0)
        }
    }
}
