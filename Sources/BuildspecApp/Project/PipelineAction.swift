internal import BuildPlanning
internal import Files
internal import SourceSnapshots
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A build as an action of a pipeline: what it is handed, what it hands on, and the folder that both lie in
/// (Documentation/decisions/pipeline.md).
struct PipelineAction: Sendable {
    /// An artifact that the build is handed; the first one is its primary source.
    struct Input: Sendable {
        let name: String
        let place: SourcePlace
    }

    /// The absolute path of the folder that holds the pipeline's artifacts, each a zip or a folder of its name.
    let folder: String
    let inputs: [Input]
    /// The names of the artifacts that the build hands on.
    let outputs: [String]
    /// The name by which later actions know the exported variables.
    let namespace: String?

    /// How many artifacts an action may have on each side (CODEBUILD-2026.md F.6).
    static let limit = 5

    /// The pipeline's own name.
    var name: String { folder.split(separator: "/").last.map(String.init) ?? "pipeline" }

    /// - Parameter base: the project's own folder, which `git:REV` means.
    /// - Returns: `nil` for a build that is in no pipeline.
    /// - Throws: ``Failure`` for flags that contradict one another, and for an input that is not there.
    init?(_ asked: Asked, of base: String, _ places: Places) throws {
        let inputs = asked.inputs ?? [], outputs = asked.outputs ?? []
        guard let folder = asked.pipeline ?? places.variable("pipeline") else {
            for (flag, isGiven) in [
                ("input", !inputs.isEmpty), ("output", !outputs.isEmpty), ("namespace", asked.namespace != nil),
            ] where isGiven {
                throw Failure(
                    .usage, "`--\(flag)` is for builds of a pipeline", help: "name its folder with --pipeline DIR")
            }
            return nil
        }
        let path = places.absolute(folder)
        guard Files.kind(of: path) == .folder else {
            throw Failure(
                .noSuchFile, "cannot find the pipeline's folder `\(path)`",
                help: "make a folder for the artifacts that the pipeline's builds hand to one another")
        }
        self.folder = path
        self.outputs = outputs
        namespace = asked.namespace ?? places.variable("namespace")
        self.inputs = try inputs.map { try Input($0, in: path, of: base, places) }
        let names = self.inputs.map(\.name)
        for (flag, names) in [("input", names), ("output", outputs), ("namespace", namespace.map { [$0] } ?? [])] {
            for name in names where !Self.isName(name) {
                throw Failure(
                    .usage, "`--\(flag)` is `\(name)`",
                    help: "names in a pipeline have letters, digits, `-` and `_`, at most 100")
            }
            guard names.count <= Self.limit else {
                throw Failure(.usage, "there are \(names.count) of `--\(flag)`; an action has at most \(Self.limit)")
            }
        }
        let all = names + outputs
        if let double = all.first(where: { name in all.count { $0 == name } > 1 }) {
            throw Failure(.usage, "`\(double)` is named twice among `--input` and `--output`")
        }
        if !names.isEmpty, asked.source != nil || asked.otherSources != nil {
            throw Failure(
                .usage, "`--source` and `--input` contradict one another",
                help: "the inputs of an action are its sources: `--input NAME=SOURCE` takes one from elsewhere")
        }
        if asked.otherSources != nil {
            throw Failure(
                .usage, "`--source ID=…` is no source of a pipeline's build", help: "use --input NAME=SOURCE")
        }
        if !outputs.isEmpty, asked.artifacts != nil {
            throw Failure(
                .usage, "`--artifacts` and `--output` contradict one another",
                help: "outputs go into the pipeline's folder")
        }
    }

    /// Whether the pipeline allows a name (CodePipeline's API reference, `Artifact`).
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 100
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
                    || $0 == 0x2d
            }
    }

    /// What stands behind `CODEBUILD_SRC_DIR_` for an input.
    ///
    /// [inferred] A name may have a `-`, which no shell reads in the name of a variable.
    static func identifier(of name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

    // MARK: What the build is told

    /// What a build is told of a source that a pipeline hands to it: an object in S3, and of a repository no more than the commit
    /// (CODEBUILD.md 5.1).
    func facts(_ facts: SourceFacts, of artifact: String, _ network: NetworkPlan) -> SourceFacts {
        let bucket = "codepipeline-\(network.region)-\(network.account)"
        return SourceFacts(
            version: "arn:aws:s3:::\(bucket)/\(name.prefix(20))/\(artifact.prefix(10))/\(artifact).zip",
            resolvedVersion: facts.resolvedVersion, path: facts.path, snapshot: facts.snapshot)
    }

    /// The name of the primary source's artifact.
    var primaryName: String { inputs.first?.name ?? "SourceArtifact" }

    // MARK: Variables

    private static let variablesSuffix = ".variables.json"

    /// Puts the values of other actions' variables in: `#{NAMESPACE.NAME}`.
    ///
    /// - Throws: ``Failure`` that names all that cannot be had.
    func resolving(_ variables: [BuildPlan.Variable]) throws -> [BuildPlan.Variable] {
        var known: [String: [String: String]] = [:], missing: [String] = []
        let resolved = try variables.map { variable in
            guard variable.origin == .flag, variable.value.contains("#{") else { return variable }
            let value = try variable.value.replacing(#/#\{([A-Za-z0-9@_-]+)\.([^}]+)\}/#) { match in
                let space = String(match.1), name = String(match.2)
                if known[space] == nil { known[space] = try values(of: space) }
                if known[space]?[name] == nil { missing.append("`#{\(space).\(name)}` (\(variable.name))") }
                return known[space]?[name] ?? ""
            }
            return BuildPlan.Variable(
                name: variable.name, value: value, origin: variable.origin, place: variable.place, type: variable.type)
        }
        guard missing.isEmpty else {
            throw Failure(
                .noSuchFile, "no action of the pipeline in `\(folder)` has exported \(missing.joined(separator: ", "))",
                help: "an action with `--namespace NAMESPACE` keeps what its buildspec lists as `exported-variables`")
        }
        return resolved
    }

    private func values(of space: String) throws -> [String: String] {
        let path = "\(folder)/\(space)\(Self.variablesSuffix)"
        guard Files.kind(of: path) == .file else { return [:] }
        do { return try JSONDecoder().decode([String: String].self, from: Data(try Files.read(path))) } catch let error
            as DecodingError
        {
            throw Failure(.inputOutput, "cannot read `\(path)`: \(error)", help: "run the action anew that exports it")
        }
    }

    /// Keeps the exported variables of a build that has succeeded for the actions after it.
    func export(_ variables: [BuildEvent.ExportedVariable]) throws {
        guard let namespace else { return }
        let members = variables.sorted { $0.name < $1.name }.map { ($0.name, Optional(JSONText.string($0.value))) }
        try Folder.replace(
            "\(folder)/\(namespace)\(Self.variablesSuffix)", with: JSONText.object(members).bytes + [0x0a], mode: 0o666)
    }
}

extension PipelineAction.Input {
    /// Reads `NAME`, an artifact of the pipeline's folder, or `NAME=SOURCE`.
    init(_ text: String, in folder: String, of base: String, _ places: Places) throws {
        if let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
            name = String(text[..<sign])
            place = try SourcePlace(String(text[text.index(after: sign)...]), of: base, places).handedOver
            return
        }
        name = text
        let zip = "\(folder)/\(text).zip", unzipped = "\(folder)/\(text)"
        if Files.kind(of: zip) == .file {
            place = SourcePlace(archive: zip)
        } else if !text.contains("/"), Files.kind(of: unzipped) == .folder {
            // A pipeline's folder may lie in a repository, which has no say in it.
            place = SourcePlace(folder: unzipped, kind: .folder)
        } else {
            throw Failure(
                .noSuchFile, "the pipeline's folder has no artifact `\(text)`: neither `\(zip)` nor a folder",
                help:
                    "an earlier action makes it with `--output \(text)`; `--input \(text)=SOURCE` takes it from elsewhere, "
                    + "and `git archive -o \(text).zip HEAD` makes one of a commit")
        }
    }
}

extension BuildSpec {
    /// Why a build of this buildspec cannot hand on the artifacts that its action has; `nil` when it can.
    func refusal(of outputs: [String]) -> BuildFailure? {
        if outputs.count == 1 {
            guard artifacts?.primary?.hasFiles != true else { return nil }
            return BuildFailure(
                code: "CLIENT_ERROR", message: "no definition for primary artifacts in buildspec")
        }
        let known = artifacts?.secondary.compactMap(\.identifier) ?? []
        guard let missing = outputs.first(where: { !known.contains($0) }) else { return nil }
        return .ours(
            "`secondary-artifacts` has no `\(missing)`: of an action with several outputs each is the secondary artifact of its "
                + "name")
    }
}
