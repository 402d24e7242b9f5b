/// Resolves the functions of a CloudFormation template as far as the template and its parameters tell (CODEBUILD-2026 G.1).
struct TemplateValues {
    private let root: SpecNode
    private let parameters: [String: String]
    /// The conditions that are known to hold, or not to.
    private var conditions: [String: Bool] = [:]

    init(_ root: SpecNode, _ parameters: [String: String]) {
        self.root = root
        self.parameters = parameters
        var seen: Set<String> = []
        let names = root["Conditions"]?.pairs.map(\.key.text) ?? []
        for name in names { decide(name, &seen) }
    }

    /// Whether a text has the account of a build in it that nobody has named.
    func hasUnknownAccount(_ text: String) -> Bool {
        let zeros = "000000000000"
        return parameters["AWS::AccountId"] == zeros && text.contains(zeros)
    }

    /// Finds out whether a condition holds, once.
    ///
    /// - Parameter seen: the conditions that were asked for; one that needs itself is not known.
    private mutating func decide(_ name: String, _ seen: inout Set<String>) {
        guard seen.insert(name).inserted, let node = root["Conditions"]?[name] else { return }
        for other in Self.conditions(in: node) { decide(other, &seen) }
        conditions[name] = holds(node)
    }

    /// The names of the conditions that one is made of.
    private static func conditions(in node: SpecNode) -> [String] {
        if node.tag == "!Condition" { return [node.text] }
        return node.items.flatMap { conditions(in: $0) }
            + node.pairs.flatMap { $0.key.text == "Condition" ? [$0.value.text] : conditions(in: $0.value) }
    }

    /// What a value comes to.
    enum Value {
        /// A value without functions at its top; its members may have some.
        case plain(SpecNode)
        case text(String)
        case list([Value])
        /// `AWS::NoValue`: as if the key were not there.
        case nothing
        /// A value that only AWS knows, in the template's words: `Fn::ImportValue`.
        case unknown(String)
    }

    func value(of node: SpecNode) -> Value {
        if let function = function(of: node) { return call(function) }
        if node.kind == .scalar {
            let text = node.text
            return text.contains("{{resolve:") && !Self.isSecret(text) ? .unknown(text) : .plain(node)
        }
        return .plain(node)
    }

    /// A function with its argument.
    private struct Function {
        /// The long form: `Fn::Sub`.
        let name: String
        let argument: SpecNode
        /// Whether the tag stands on the argument itself.
        let hasTag: Bool
    }

    private func function(of node: SpecNode) -> Function? {
        if let tag = node.tag {
            // `!Sub` is `Fn::Sub`, and so are all others but two.
            let name = String(tag.dropFirst())
            let long = ["Ref", "Condition"].contains(name) ? name : "Fn::\(name)"
            return Function(name: long, argument: node, hasTag: true)
        }
        guard node.kind == .mapping, node.pairs.count == 1, let pair = node.pairs.first,
            pair.key.text == "Ref" || pair.key.text.hasPrefix("Fn::")
        else { return nil }
        return Function(name: pair.key.text, argument: pair.value, hasTag: false)
    }

    /// A text of which parts are not known: each of them becomes a variable of the shell.
    ///
    /// - Returns: `nil` for a value that is not put together by `Fn::Sub` or `Fn::Join`.
    func textWithVariables(of node: SpecNode) -> (text: String, unknown: [(name: String, words: String)])? {
        guard let function = function(of: node) else { return nil }
        let pieces: [Piece]?
        switch function.name {
        case "Fn::Sub": pieces = self.pieces(ofSub: function)
        case "Fn::Join": pieces = self.pieces(ofJoin: function.argument)
        default: pieces = nil
        }
        guard let pieces else { return nil }
        var unknown: [(name: String, words: String)] = []
        let texts = pieces.map { piece in
            switch piece {
            case .text(let text): return text
            case .unknown(let words):
                // `Ref Bucket`, `Fn::GetAtt Role.Arn`: the last word is what is meant.
                let word = words.split(separator: " ").last.map(String.init) ?? words
                let name = String(word.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
                if !unknown.contains(where: { $0.name == name }) { unknown.append((name, words)) }
                return "${\(name)}"
            }
        }
        return (texts.joined(), unknown)
    }

    /// The text of a value; `nil` when it is none or cannot be known.
    func text(of node: SpecNode) -> String? { Self.text(value(of: node)) }

    private static func text(_ value: Value) -> String? {
        switch value {
        case .plain(let node): node.kind == .scalar && !node.isNull ? node.text : nil
        case .text(let text): text
        case .list, .nothing, .unknown: nil
        }
    }

    /// The reference to a parameter or a secret that a text is, in CodeBuild's words. [inferred]
    static func reference(in text: String) -> (type: String, value: String)? {
        guard isSecret(text) else { return nil }
        let words = text.dropFirst("{{resolve:".count).dropLast(2)
        if words.hasPrefix("secretsmanager:") {
            // `ID:SecretString:KEY:STAGE:VERSION`; the id may be an ARN, which has colons itself.
            let parts = words.dropFirst("secretsmanager:".count).split(separator: ":", omittingEmptySubsequences: false)
            let idCount = parts.first == "arn" ? 7 : 1
            let rest = parts.dropFirst(idCount).drop { $0 == "SecretString" }
            return ("SECRETS_MANAGER", (parts.prefix(idCount) + rest).joined(separator: ":"))
        }
        return ("PARAMETER_STORE", String(words.drop { $0 != ":" }.dropFirst()))
    }

    private static func isSecret(_ text: String) -> Bool {
        text.hasSuffix("}}") && !text.dropFirst(2).contains("{{")
            && ["secretsmanager", "ssm", "ssm-secure"].contains { text.hasPrefix("{{resolve:\($0):") }
    }

    // MARK: Functions

    private func call(_ function: Function) -> Value {
        let argument = function.argument
        switch function.name {
        case "Ref": return reference(Self.text(own(function)(argument)) ?? "")
        case "Fn::Sub": return whole(pieces(ofSub: function), function.name)
        case "Fn::Join": return whole(pieces(ofJoin: argument), function.name)
        case "Fn::FindInMap": return find(argument)
        case "Fn::If": return choose(argument)
        case "Fn::Select": return select(argument)
        case "Fn::Split": return split(argument)
        case "Fn::GetAtt":
            let parts = argument.kind == .list ? argument.items.map(\.text) : [argument.text]
            return .unknown("Fn::GetAtt \(parts.joined(separator: "."))")
        default: return .unknown(function.name)
        }
    }

    /// How the members of a function's argument are read: a tag stands on the argument, whose own value is what is behind it.
    private func own(_ function: Function) -> (SpecNode) -> Value {
        { node in function.hasTag && node.kind == .scalar ? .plain(node) : value(of: node) }
    }

    private func reference(_ name: String) -> Value {
        if name == "AWS::NoValue" { return .nothing }
        if let given = parameters[name] { return .text(given) }
        let parameter = root["Parameters"]?[name]
        if let type = parameter?["Type"]?.text, type.hasPrefix("AWS::SSM::Parameter::Value") {
            // Its default is the name of a parameter in Parameter Store.
            return parameter?["Default"].map { .text("{{resolve:ssm:\($0.text)}}") }
                ?? .unknown("the parameter \(name)")
        }
        if let fallback = root["Parameters"]?[name]?["Default"], fallback.kind == .scalar {
            return .text(fallback.text)
        }
        if root["Parameters"]?[name] != nil { return .unknown("the parameter \(name)") }
        return .unknown("Ref \(name)")
    }

    // MARK: Texts of several parts

    private enum Piece {
        case text(String)
        /// In the template's words.
        case unknown(String)
    }

    private func piece(_ value: Value, of function: String) -> Piece {
        if let text = Self.text(value) { return .text(text) }
        if case .unknown(let words) = value { return .unknown(words) }
        return .unknown(function)
    }

    /// The text that parts come to, if all of them are known.
    private func whole(_ pieces: [Piece]?, _ function: String) -> Value {
        guard let pieces else { return .unknown(function) }
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .unknown(let words): return .unknown(words)
            }
        }
        return .text(text)
    }

    private func pieces(ofSub function: Function) -> [Piece]? {
        let argument = function.argument
        let parts = argument.kind == .list ? Array(argument.items) : [argument]
        guard let template = parts.first,
            case .plain(let node) = argument.kind == .list ? value(of: template) : own(function)(template),
            node.kind == .scalar
        else { return nil }
        var pieces: [Piece] = [], rest = Substring(node.text)
        while let start = rest.firstRange(of: "${") {
            pieces.append(.text(String(rest[..<start.lowerBound])))
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                pieces.append(.text("${"))
                break
            }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            if name.hasPrefix("!") {
                pieces.append(.text("${\(name.dropFirst())}"))
                continue
            }
            let found = parts.count > 1 ? parts[1][name].map { value(of: $0) } : nil
            let inserted = found ?? (name.contains(".") ? .unknown("Fn::GetAtt \(name)") : reference(name))
            pieces.append(piece(inserted, of: "Fn::Sub of \(name)"))
        }
        return pieces + [.text(String(rest))]
    }

    private func pieces(ofJoin argument: SpecNode) -> [Piece]? {
        let parts = Array(argument.items)
        guard parts.count == 2, let separator = text(of: parts[0]), let members = values(of: parts[1]) else {
            return nil
        }
        var pieces: [Piece] = []
        for value in members {
            if case .nothing = value { continue }
            if !pieces.isEmpty { pieces.append(.text(separator)) }
            pieces.append(piece(value, of: "Fn::Join"))
        }
        return pieces
    }

    /// The members of a list, or of a function that makes one.
    private func values(of node: SpecNode) -> [Value]? {
        switch value(of: node) {
        case .list(let values): values
        case .plain(let node) where node.kind == .list: node.items.map { value(of: $0) }
        default: nil
        }
    }

    private func find(_ argument: SpecNode) -> Value {
        let keys = argument.items.map { text(of: $0) }
        guard keys.count == 3, let map = keys[0], let first = keys[1], let second = keys[2],
            let found = root["Mappings"]?[map]?[first]?[second]
        else { return .unknown("Fn::FindInMap") }
        return .plain(found)
    }

    private func choose(_ argument: SpecNode) -> Value {
        let parts = Array(argument.items)
        guard parts.count == 3 else { return .unknown("Fn::If") }
        guard let name = text(of: parts[0]), let isTrue = conditions[name]
        else { return .unknown("Fn::If \(parts[0].text)") }
        return value(of: isTrue ? parts[1] : parts[2])
    }

    /// Whether a condition holds; `nil` when that cannot be known.
    private func holds(_ node: SpecNode) -> Bool? {
        var name: String, argument = node
        if let tag = node.tag {
            name = String(tag.dropFirst())
        } else if let pair = node.pairs.first {
            name = pair.key.text
            argument = pair.value
        } else {
            return nil
        }
        if name.hasPrefix("Fn::") { name = String(name.dropFirst(4)) }
        let parts = argument.kind == .list ? Array(argument.items) : []
        switch name {
        case "Condition": return conditions[argument.text]
        case "Equals":
            guard parts.count == 2, let one = text(of: parts[0]), let other = text(of: parts[1]) else { return nil }
            return one == other
        case "Not": return parts.first.flatMap { holds($0) }.map { !$0 }
        case "And", "Or":
            let all = parts.map { holds($0) }
            let decisive = name == "Or"
            if all.contains(decisive) { return decisive }
            return all.contains(nil) ? nil : !decisive
        default: return nil
        }
    }

    private func select(_ argument: SpecNode) -> Value {
        let parts = Array(argument.items)
        guard parts.count == 2, let index = text(of: parts[0]).flatMap({ Int($0) }), let members = values(of: parts[1]),
            members.indices.contains(index)
        else { return .unknown("Fn::Select") }
        return members[index]
    }

    private func split(_ argument: SpecNode) -> Value {
        let parts = Array(argument.items)
        guard parts.count == 2, let separator = text(of: parts[0]), !separator.isEmpty, let text = text(of: parts[1])
        else {
            return .unknown("Fn::Split")
        }
        return .list(text.split(separator: separator, omittingEmptySubsequences: false).map { .text(String($0)) })
    }
}
