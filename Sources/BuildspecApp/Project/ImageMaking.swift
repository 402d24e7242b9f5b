internal import BuildPlanning
internal import ChildProcesses
internal import Engines
internal import Files
internal import SpecParsing

/// Makes images that no registry has, by the engine's own `build`.
struct ImageMaking {
    let machine: Machine
    let engine: any Engine

    /// The image that our stand-in begins with: of Debian's suites the one with several versions of Java.
    static let base = "debian:sid-slim"

    // MARK: Our stand-in

    /// Makes our stand-in for `aws/codebuild/standard:…`, and says what differs from AWS's.
    func makeStandIn(base: String) async throws -> ExitStatus {
        try await requireBase(base)
        let room = try await ScratchFolder(in: ScratchPlace.images.path(machine.places), named: machine.uuid())
        defer { room.remove() }
        let folder = room.path.string
        for (name, bytes) in [
            ("Dockerfile", PackageResources.Dockerfile), ("install.sh", PackageResources.install_sh),
            ("runtime.sh", PackageResources.runtime_sh), ("authorities.pem", try authorities()),
        ] { try Folder.write("\(folder)/\(name)", bytes) }
        try await build(ImageChoice.standIn, in: folder, ["--build-arg", "BASE=\(base)"])
        machine.say(Self.differences)
        return .succeeded
    }

    /// What our stand-in is not.
    static let differences = """
        `\(ImageChoice.standIn)` is made: builds that ask for `aws/codebuild/standard:…` run in it where that is not here.
        What differs from AWS's image:
          Debian instead of Ubuntu; OpenJDK under the names of Corretto (java: corretto17)
          java, nodejs and golang in several versions, others of nodejs and golang from PyPI (pip), of java from Debian
          python, ruby and php in the versions that Debian has, and no others: there is no pyenv, rbenv, phpenv, goenv or n
          no .NET, Rust, Android, Gradle, sbt, browsers or databases; other versions of Docker, the AWS CLI and Maven

        """

    /// The certificates that pip trusts on this machine: what stands between it and PyPI may have one of its own.
    private func authorities() throws -> [UInt8] {
        let environment = machine.environment
        let files =
            ["PIP_CERT", "SSL_CERT_FILE"].compactMap { environment[$0] }
            + ["/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"]
        guard let file = files.first(where: { Files.kind(of: $0) == .file }) else {
            throw Failure(
                .noSuchFile, "this machine has no certificates to trust PyPI by",
                help: "install ca-certificates, or set SSL_CERT_FILE")
        }
        return try Files.read(file)
    }

    /// Makes sure that the base is on the engine: pulled, or made of Debian's packages where nothing can be pulled.
    private func requireBase(_ base: String) async throws {
        guard try await engine.imageID(base) == nil else { return }
        machine.say("pulling `\(base)`\n")
        if try await engine.command(["pull", base]).runOnTerminal().isSuccess { return }
        guard let suite = Self.suite(of: base), try await makeBase(base, of: suite) else {
            throw Failure(
                .noEngine, "cannot get `\(base)`, which the image begins with",
                help:
                    "on a Debian machine `apt-get install mmdebstrap` lets it be made of packages; else name a Debian image "
                    + "that this engine has with --base")
        }
    }

    /// Debian's suite that an image of its name is of.
    static func suite(of image: String) -> String? {
        guard image.hasPrefix("debian:"), image.hasSuffix("-slim") else { return nil }
        let suite = image.dropFirst("debian:".count).dropLast("-slim".count)
        return suite.allSatisfy { $0.isASCII && $0.isLowercase } && !suite.isEmpty ? String(suite) : nil
    }

    /// Makes a Debian image by mmdebstrap and the engine's `import`, labelled as what stands in for a public one.
    ///
    /// - Returns: `false` where there is no mmdebstrap.
    private func makeBase(_ name: String, of suite: String) async throws -> Bool {
        let room = try await ScratchFolder(in: ScratchPlace.images.path(machine.places), named: machine.uuid())
        defer { room.remove() }
        let archive = room.path.appending("\(suite).tar").string
        machine.say("making `\(name)` by mmdebstrap\n")
        let leftOut = ["doc", "man", "info", "locale"].map { "--dpkgopt=path-exclude=/usr/share/\($0)/*" }
        let made: ChildStatus
        do {
            made = try await Command(
                "mmdebstrap",
                ["--quiet", "--variant=minbase", "--aptopt=Acquire::Check-Valid-Until \"false\""] + leftOut
                    + ["--dpkgopt=path-include=/usr/share/doc/*/copyright", suite, archive]
            ).runOnTerminal()
        } catch let error as ChildProcessError where error.code == .notFound { return false }
        guard made.isSuccess else {
            throw Failure(.noEngine, "mmdebstrap could not make `\(name)`; its messages are above")
        }
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        let imported = try await engine.command([
            "import", "--change", "CMD [\"bash\"]", "--change", "ENV \(path)", "--change",
            "LABEL dev.buildspec.stand-in=\(name)", archive, name,
        ]).collect()
        guard imported.status.isSuccess else {
            throw EngineError(.refused, doing: "import `\(name)`", reason: imported.errorText)
        }
        return true
    }

    // MARK: AWS's own

    /// Builds one of CodeBuild's images in a checkout of AWS's repository.
    func make(_ name: String, from checkout: String?) async throws -> ExitStatus {
        guard let image = CuratedImage(named: name) else {
            throw Failure(
                .usage, "there is no image `\(name)` to build",
                help: "`standard`, or a name that `buildspec images --all` lists")
        }
        if let refusal = image.refusal { throw Failure(.usage, refusal.message) }
        guard let part = image.sourceFolder, let checkout else {
            throw Failure(
                .usage, "`\(image.name)` is built from AWS's own repository, and --from names none",
                help: "`git clone https://github.com/aws/aws-codebuild-docker-images`, then --from with that folder"
                    + (image.repository == "standard" ? "; or `buildspec images build standard`" : ""))
        }
        let folder = "\(checkout)/\(part)"
        guard Files.kind(of: "\(folder)/Dockerfile") == .file else {
            throw Failure(
                .noSuchFile, "there is no `\(machine.places.shown(folder))/Dockerfile` to build `\(image.name)` of",
                help: "--from names a checkout of https://github.com/aws/aws-codebuild-docker-images")
        }
        var platform: [String] = []
        if let engine = try await engine.architecture(), let warning = image.emulationWarning(on: engine) {
            machine.say("warning: \(warning)\n")
            platform = ["--platform", image.platform]
        }
        try await build(image.name, in: folder, platform)
        machine.say("`\(image.name)` is made\n")
        return .succeeded
    }

    /// Runs the engine's `build` on the terminal.
    private func build(_ name: String, in folder: String, _ arguments: [String]) async throws {
        let environment = machine.environment
        let passed = ["http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL"].filter { environment[$0] != nil }
        var command = engine.command(
            ["build", "--tag", name] + arguments + passed.flatMap { ["--build-arg", $0] } + [folder])
        // A builder in a container of its own would not see the images of this engine.
        let context = try await engine.command(["context", "show"]).collect()
        command.environment["BUILDX_BUILDER"] = context.status.isSuccess ? context.text : "default"
        guard try await command.runOnTerminal().isSuccess else {
            throw Failure(.noEngine, "docker could not build `\(name)`; its messages are above")
        }
    }
}
