internal import SourceSnapshots
internal import BuildPlanning
internal import SpecParsing

extension BuildJob {
    /// Lets git in the build answer for the source's host, and for no other (CODEBUILD.md 3.7).
    var gitCredentialOrder: OpeningOrder? {
        guard let credential = surroundings.secrets.gitCredential else { return nil }
        let home = plan.variables.first { $0.name == "HOME" && $0.type == .plaintext }?.value ?? "/root"
        // Users other than root keep root's HOME and cannot read its files: for them git's system settings are needed.
        let hasUsers = plan.phases.contains { $0.runAs != nil && $0.runAs != "root" }
        let files = ["\(home)/.gitconfig"] + (hasUsers ? ["/etc/gitconfig"] : [])
        let words = [gitCredentialHelperText, credential.lines] + files
        return OpeningOrder("credential " + words.map(\.shellQuoted).joined(separator: " ")) {
            "cannot write git's settings (status \($0))"
        }
    }

    /// In a kept container all of that is there; the credential itself may have changed.
    var gitCredentialRenewal: [UInt8]? {
        surroundings.secrets.gitCredential.map {
            Array("(umask 077 && put \(ContainerLayout.gitCredential) \($0.lines.shellQuoted))".utf8)
        }
    }
}
