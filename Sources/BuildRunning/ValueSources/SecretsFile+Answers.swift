internal import BuildPlanning
internal import SpecParsing

extension SecretsFile {
    /// Looks a variable up in the file, by its own name first and then by its reference.
    func answer(to variable: BuildPlan.Variable) -> SecretLookup.Answer {
        if let value = variables[variable.name] { return .value(value) }
        do throws(ReferenceProblem) {
            switch variable.type {
            case .plaintext: return .unknown
            case .parameterStore:
                let reference = try ParameterReference(variable.value)
                return (parameters[reference.text] ?? parameters[reference.name]).map { .value($0) } ?? .unknown
            case .secretsManager: return answer(to: try SecretReference(variable.value))
            }
        } catch {
            return .failure("\(variable.value) \(error.message)")
        }
    }

    private func answer(to reference: SecretReference) -> SecretLookup.Answer {
        switch (secrets[reference.text], secrets[reference.id]) {
        // What is written under the whole reference is the value itself, already picked.
        case (.text(let text)?, _): .value(text)
        case (nil, .text(let text)?): SecretLookup.pick(reference, from: text.revealed())
        case (.keys(let keys)?, _), (nil, .keys(let keys)?): Self.pick(reference, from: keys)
        case (nil, nil): .unknown
        }
    }

    private static func pick(_ reference: SecretReference, from keys: [Key]) -> SecretLookup.Answer {
        guard let name = reference.jsonKey else {
            let object = JSONText.object(keys.map { ($0.name, .string($0.value.revealed())) })
            return .value(SecretText(String(decoding: object.bytes, as: UTF8.self)))
        }
        return keys.last { $0.name == name }.map { .value($0.value) }
            ?? .failure(SecretLookup.without(name, reference, isObject: true))
    }
}
