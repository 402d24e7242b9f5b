public import SpecParsing

extension BuildPlan {
    /// The variables whose values are looked up as the run starts: parameters and secrets.
    public var references: [Variable] { variables.filter { $0.type != .plaintext } }

    /// The variables of a buildspec, weakest first: of one name in several maps, a secret beats a parameter, and that a
    /// plain value. [unknown, CODEBUILD.md 5.3 and 14.8]
    static func variables(of environment: BuildSpec.Environment) -> [Variable] {
        func variables(_ variables: [BuildSpec.Variable], _ type: Variable.Kind) -> [Variable] {
            variables.map {
                Variable(name: $0.name, value: $0.value, origin: .buildspec, place: "\($0.location)", type: type)
            }
        }
        return variables(environment.variables, .plaintext) + variables(environment.parameterStore, .parameterStore)
            + variables(environment.secretsManager, .secretsManager)
    }

    /// The first text of `env.sh`.
    public func environmentFile(secrets: [String: SecretText] = [:]) -> String {
        Self.environmentFile(of: variables, secrets: secrets)
    }

    /// Lines of `env.sh`: every variable a shell can assign, quoted.
    ///
    /// - Parameters:
    ///   - variables: the variables in the order in which they are written.
    ///   - secrets: the values of references, by the variable's name. A reference without one is left out.
    public static func environmentFile(of variables: [Variable], secrets: [String: SecretText]) -> String {
        variables.filter { $0.name.isShellIdentifier }.compactMap { variable in
            let value = variable.type == .plaintext ? variable.value : secrets[variable.name]?.revealed()
            return value.map { "export \(variable.name)=\($0.shellQuoted)\n" }
        }.joined()
    }

    /// Which of ``exportedVariables`` must not be: what was a secret stays one (CODEBUILD.md 3.6).
    public var secretExports: [String] {
        let secrets = Set(references.map(\.name))
        return exportedVariables.filter(secrets.contains)
    }
}
