public import BuildPlanning
internal import SpecParsing

/// The order of a batch's builds as a picture in the words of a drawing program.
public struct BatchGraph: Sendable {
    private let plan: BatchPlan

    public init(_ plan: BatchPlan) { self.plan = plan }

    /// The graph in the language of Graphviz: an edge leads from a build to one that waits for it.
    public var dot: String {
        var lines = ["digraph batch {", "  rankdir=LR;", "  node [shape=box];"]
        for build in plan.builds {
            let style = build.ignoreFailure ? ", style=dashed" : ""
            lines.append("  \(Self.quoted(build.identifier)) [label=\(Self.quoted(label(build)))\(style)];")
        }
        for (before, after) in edges { lines.append("  \(Self.quoted(before)) -> \(Self.quoted(after));") }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    /// The graph as a flowchart of Mermaid.
    public var mermaid: String {
        // Names such as `end` mean something there: nodes have numbers.
        var numbers: [String: Int] = [:]
        for (number, build) in plan.builds.enumerated() { numbers[build.identifier] = number }
        var lines = ["flowchart LR"]
        for (number, build) in plan.builds.enumerated() {
            lines.append("  b\(number)[\"\(Self.entities(label(build)))\"]")
        }
        for (before, after) in edges {
            guard let one = numbers[before], let other = numbers[after] else { continue }
            lines.append("  b\(one) --> b\(other)")
        }
        let ignored = plan.builds.enumerated().filter(\.element.ignoreFailure).map { "b\($0.offset)" }
        if !ignored.isEmpty {
            lines += ["  classDef ignored stroke-dasharray: 4", "  class \(ignored.joined(separator: ",")) ignored"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var edges: [(String, String)] {
        plan.builds.flatMap { build in build.dependsOn.map { ($0, build.identifier) } }
    }

    /// The identifier; below it what tells a build of a matrix or a fanout from the others.
    private func label(_ build: BatchPlan.Build) -> String {
        guard plan.type == .matrix || plan.type == .fanout else { return build.identifier }
        let words =
            [build.buildspec, build.image, build.computeType].compactMap(\.self)
            + build.variables.map { "\($0.name)=\($0.value)" }
        return ([build.identifier] + words).joined(separator: "\n")
    }

    /// A text between quotes, as Graphviz reads it.
    static func quoted(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\u{0}"..<"\u{20}": quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return "\"\(quoted)\""
    }

    /// A text that means nothing to Mermaid, nor to the page it draws in.
    static func entities(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": escaped += "<br>"
            case "\u{0}"..<"\u{20}": escaped += " "
            case "\"", "#", "<", ">", "&", "`", ";", "\\", "[", "]", "{", "}", "(", ")", "|", "*", "_", "%":
                escaped += "#\(scalar.value);"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
