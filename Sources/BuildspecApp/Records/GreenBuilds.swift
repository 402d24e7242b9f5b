#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import BuildPlanning
internal import Files

/// Finds recorded builds that succeeded and were made of the same things, to learn from what they printed.
struct GreenBuilds {
    private let records: BuildRecords

    init(_ records: BuildRecords) { self.records = records }

    struct Pair {
        let one: RecordedBuild
        let other: RecordedBuild
        /// Whether nothing is known to differ in what the two were made of.
        let haveSameInputs: Bool
    }

    /// How many builds that succeeded are looked at, the newest first.
    private static let limit = 12

    /// Two builds of the project of a build: made of the same things as it, else of the same things as one another, else
    /// the newest two.
    ///
    /// - Parameter compared: builds to leave out, since a build teaches nothing about itself.
    func pair(like build: RecordedBuild, without compared: [RecordedBuild]) throws -> Pair? {
        guard let start = try build.start() else { return nil }
        var greens: [(build: RecordedBuild, inputs: Inputs)] = []
        for green in records.newest() where !compared.contains(where: { $0.uuid == green.uuid }) {
            guard greens.count < Self.limit else { break }
            // A damaged record teaches nothing, and is no reason to compare nothing.
            guard let inputs = try? Self.inputs(of: green, inProjectOf: start) else { continue }
            greens.append((green, inputs))
        }
        let wanted = try Inputs(build)
        let alike = greens.filter { $0.inputs.mayEqual(wanted) }
        if alike.count >= 2, alike[0].inputs.mayEqual(alike[1].inputs) {
            return Pair(one: alike[1].build, other: alike[0].build, haveSameInputs: true)
        }
        for (place, green) in greens.enumerated() {
            guard let older = greens[(place + 1)...].first(where: { $0.inputs.mayEqual(green.inputs) }) else {
                continue
            }
            return Pair(one: older.build, other: green.build, haveSameInputs: true)
        }
        guard greens.count >= 2 else { return nil }
        return Pair(one: greens[1].build, other: greens[0].build, haveSameInputs: false)
    }

    /// The inputs of a build that succeeded; `nil` for another, or one of another project or folder.
    private static func inputs(of build: RecordedBuild, inProjectOf start: BuildEvent.BuildStart) throws -> Inputs? {
        guard let own = try build.start(), own.id.project == start.id.project, own.source == start.source else {
            return nil
        }
        let inputs = try Inputs(build)
        return inputs.hasSucceeded ? inputs : nil
    }

    /// What a build was made of, as far as its record tells.
    private struct Inputs {
        let tree: String?
        let imageID: String?
        let variables: [String: String]?
        let hasSucceeded: Bool

        private struct Answer: Decodable {
            let builds: [Build]
        }

        private struct Build: Decodable {
            let buildStatus: String
            let environment: Environment?
        }

        private struct Environment: Decodable {
            let imageId: String?
            let environmentVariables: [Variable]?
        }

        private struct Variable: Decodable {
            let name: String
            let value: String
        }

        init(_ build: RecordedBuild) throws {
            let path = "\(build.folder)/build.json"
            // One that runs, or whose program was killed, has no such file.
            let answer =
                Files.kind(of: path) == .file
                ? try JSONDecoder().decode(Answer.self, from: Data(try Files.read(path))).builds.first : nil
            hasSucceeded = answer?.buildStatus == BuildStatus.succeeded.rawValue
            imageID = answer?.environment?.imageId
            variables = answer?.environment?.environmentVariables.map { list in
                Dictionary(list.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            }
            tree = try build.tree()
        }

        /// Whether nothing is known to differ.
        func mayEqual(_ other: Self) -> Bool {
            func differ<Value: Equatable>(_ one: Value?, _ other: Value?) -> Bool {
                one != nil && other != nil && one != other
            }
            return !differ(tree, other.tree) && !differ(imageID, other.imageID) && !differ(variables, other.variables)
        }
    }
}
