internal import SourceSnapshots
internal import BuildPlanning
internal import SpecParsing

extension BuildJob {
    /// The order that gives git in the build the credential of the source's host, and of no other (CODEBUILD.md 3.7).
    var gitCredentialOrder: OpeningOrder? {
        guard let credential = surroundings.secrets.gitCredential else { return nil }
        let home = plan.variables.first { $0.name == "HOME" && $0.type == .plaintext }?.value ?? "/root"
        // Users other than root keep root's HOME and cannot read its files: they need git's system settings.
        let hasUsers = plan.phases.contains { $0.runAs != nil && $0.runAs != "root" }
        let files = ["\(home)/.gitconfig"] + (hasUsers ? ["/etc/gitconfig"] : [])
        let words = [gitCredentialHelperText, credential.lines] + files
        return OpeningOrder("credential " + words.map(\.shellQuoted).joined(separator: " ")) {
            "cannot write git's settings (status \($0))"
        }
    }

    /// The order that writes the credential anew in a kept container, where all but the credential is as it was.
    var gitCredentialRenewal: [UInt8]? {
        surroundings.secrets.gitCredential.map {
            Array("(umask 077 && put \(ContainerLayout.gitCredential) \($0.lines.shellQuoted))".utf8)
        }
    }
}
