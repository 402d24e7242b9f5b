internal import Archives
internal import Artifacts
internal import BuildPlanning
internal import Engines
internal import Files
internal import Reports
internal import SpecParsing

/// Reads the reports of a build, in UPLOAD_ARTIFACTS and after its artifacts (CODEBUILD.md 8, CODEBUILD-2026 C).
///
/// Of the groups that the buildspec names nothing is logged: the service's lines are not known.
struct ReportStage: Sendable {
    let context: StageContext

    private var plan: BuildPlan { context.plan }
    private var sink: EventSink { context.sink }
    private var recipe: BuildRecipe { context.job.recipe }
    private var files: ContainerFiles { ContainerFiles(context: context) }
    /// The source as the build's own programs see it.
    private var directory: String { context.job.surroundings.root + plan.sourceDirectory }

    /// Lists the files of the source.
    private func listing() async throws -> Listing {
        Listing(try await context.session.ask("list \(plan.sourceDirectory.shellQuoted) '' f").bytes)
    }

    private static let discoverySwitch = "CODEBUILD_CONFIG_AUTO_DISCOVER"
    private static let discoveryPattern = "CODEBUILD_CONFIG_AUTO_DISCOVER_DIR"

    /// The variables whose values after the last command the reports need.
    var variableNames: [String] {
        let texts = plan.reports.flatMap { group in
            [group.name] + [group.baseDirectory].compactMap { $0?.value } + group.files.map(\.value)
        }
        return texts.flatMap { BuildRunning.variableNames(in: $0) } + [Self.discoverySwitch, Self.discoveryPattern]
    }

    /// Reads the groups of the buildspec, and then what is found beside them.
    ///
    /// - Returns: why the phase fails, or `nil`. Cases that fail are no reason.
    func run(_ variables: [String: String]) async throws -> PhaseContext? {
        try removeOld()
        var failure: PhaseContext?, known: Set<[UInt8]> = []
        let places = plan.reports.isEmpty ? nil : SourcePlaces(try await listing().files, below: directory)
        for group in plan.reports {
            let outcome = try await read(group, variables, knowing: &known, places: places)
            failure = failure ?? outcome
        }
        try await discover(variables, without: known)
        return failure
    }

    /// A build that goes on writes its reports anew.
    private func removeOld() throws {
        guard let folder = context.job.surroundings.records else { return }
        try Folder.remove("\(folder)/\(ReportFiles.cases)")
        try Folder.remove("\(folder)/\(ReportFiles.coverages)")
        try Folder.remove("\(folder)/\(ReportFiles.failed)")
    }

    // MARK: The groups of the buildspec

    private func read(
        _ rules: BuildSpec.ReportGroup, _ variables: [String: String], knowing known: inout Set<[UInt8]>,
        places: SourcePlaces?
    ) async throws -> PhaseContext? {
        let key = expandVariables(in: rules.name, variables), group = ReportGroup(key: key, recipe)
        try await context.noteEmptyVariables(in: rules.name, of: "reports: group", variables)
        for (name, paths) in [
            ("base-directory", [rules.baseDirectory].compactMap(\.self)), ("files", rules.files),
        ] {
            for path in paths {
                try await context.noteEmptyVariables(in: path.value, of: "reports: \(name)", variables)
            }
        }
        if let problem = group.problem { try await sink.send(.notice(text: "report group `\(key)`: \(problem)")) }
        guard let format = ReportFormat(word: rules.fileFormat) else {
            return .ours(
                statusCode: "CLIENT_ERROR",
                message: "report group \(key): `\(rules.fileFormat)` is no format of reports")
        }
        let base = rules.baseDirectory.map { expandVariables(in: $0.value, variables) } ?? "."
        let patterns = ArtifactPatterns(
            files: rules.files.map { expandVariables(in: $0.value, variables) }, discardPaths: rules.discardPaths)
        let parts = try await files.parts(below: files.baseDirectories(base), patterns)
        let order = ReportOrder(of: parts, format)
        guard !order.isEmpty else {
            let facts = ReportCollecting(group).facts(
                format, of: buildARN, files: 0, problems: ["no file matches \(patterns.files.joined(separator: ", "))"])
            try await sink.send(.reportMade(facts))
            return Self.missing(key, patterns.files, below: base)
        }
        known.formUnion(order.names.keys)
        let outcome: ReportOutcome
        do {
            outcome = try await carryOut(order, parts, as: group.name, places: places) { _ in group }
        } catch let error as FileError where !Task.isCancelled {
            return .clientError("Error in UPLOAD_ARTIFACTS phase: \(error)")
        } catch let error as EngineError where !Task.isCancelled {
            return .clientError("Error in UPLOAD_ARTIFACTS phase: \(error)")
        }
        for facts in outcome.reports { try await tell(facts) }
        for failure in outcome.failures {
            try await sink.send(.notice(text: "report group `\(key)`: \(failure.name): \(failure.problem)"))
        }
        return outcome.failures.first.map { Self.broken(key, $0) }
    }

    private func tell(_ facts: ReportFacts) async throws {
        try await sink.send(.reportMade(facts))
        guard facts.truncated, let total = facts.testSummary?.total else { return }
        try await sink.send(
            .notice(
                text: "report `\(facts.name)`: all \(total) test cases are kept here; CodeBuild keeps at most "
                    + "\(ServiceLimits.cases), failed ones first, with \(ServiceLimits.message) characters of a message and "
                    + "\(ServiceLimits.name) of a name"))
    }

    /// The failure of a group whose files are missing.
    ///
    /// [inferred: for a user of the service such a group failed UPLOAD_ARTIFACTS, prowler#1182; the text is unknown]
    private static func missing(_ key: String, _ patterns: [String], below base: String) -> PhaseContext {
        let place = base == "." ? "" : " below `\(base)`"
        return .ours(
            statusCode: "CLIENT_ERROR",
            message:
                "report group \(key): no file matches \(patterns.map { "`\($0)`" }.joined(separator: ", "))\(place)")
    }

    /// The failure of a group with a file that is not read. [log: aws-cdk#13867; the code is inferred]
    private static func broken(_ key: String, _ failure: ReportOutcome.Failure) -> PhaseContext {
        let message = "[\(key): [error processing report: [\(failure.path): \(failure.problem)]]]"
        // Only the complaint about the root element is the service's own.
        return failure.problem.code == .otherFormat
            ? .clientError(message) : .ours(statusCode: "CLIENT_ERROR", message: message)
    }

    private var buildARN: String {
        "arn:aws:codebuild:\(recipe.network.region):\(recipe.network.account):build/\(plan.id)"
    }

    // MARK: Auto-discovery

    /// Looks for reports that the buildspec does not name, as every build does at its end (CODEBUILD.md 4.1, 8).
    private func discover(_ variables: [String: String], without known: Set<[UInt8]>) async throws {
        guard variables[Self.discoverySwitch] != "false" else { return }
        let pattern = variables[Self.discoveryPattern] ?? "**/*"
        try await sink.log("Set report auto-discover timeout to 5 seconds")
        try await sink.log("Expanding base directory path:  .")
        try await sink.log("Assembling file list")
        try await sink.log("Expanding .")
        try await sink.log("Expanding file paths for base directory .")
        try await sink.log("Assembling file list")
        try await sink.log("Expanding \(pattern)")
        let start = context.now()
        let glob = Glob(pattern), folder = plan.sourceDirectory
        let listing = try await listing()
        let found = listing.files.filter { looksLikeReport($0.path) && glob.matches($0.path) }
        try await sink.log(
            found.isEmpty ? "No matching auto-discover report paths found" : "Found \(found.count) file(s)")
        let microseconds = context.now().microseconds - start.microseconds
        let fraction = String(microseconds % 1_000_000)
        let seconds = "\(microseconds / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
        try await sink.log("Report auto-discover file discovery took \(seconds) seconds")
        if let words = Self.words(onSearchTaking: microseconds) { try await sink.send(.notice(text: words)) }
        guard !found.isEmpty else { return }
        let selected = ArtifactPart(
            folder: folder, listing: listing,
            selection: .select(found, ArtifactPatterns(files: ["**/*"]), base: folder))
        var order = ReportOrder(of: [selected], nil)
        order.leaveOut(known)
        guard !order.isEmpty else { return }
        do {
            let outcome = try await carryOut(
                order, [selected], as: "auto-discovered", places: SourcePlaces(listing.files, below: directory)
            ) { [recipe] format in
                ReportGroup(discovered: format.rawValue, recipe)
            }
            for facts in outcome.reports { try await tell(facts) }
        } catch let error as FileError where !Task.isCancelled {
            try await sink.send(.notice(text: "reports that were discovered are not read: \(error)"))
        } catch let error as EngineError where !Task.isCancelled {
            try await sink.send(.notice(text: "reports that were discovered are not read: \(error)"))
        }
    }

    /// What is said of a search that takes longer than the service's may. Here it is finished all the same: another machine
    /// has another speed.
    static func words(onSearchTaking microseconds: Int64) -> String? {
        guard microseconds > 5_000_000 else { return nil }
        return
            "the look for reports took \(microseconds / 1_000_000) seconds; CodeBuild ends it after 5, and may find fewer: "
            + "CODEBUILD_CONFIG_AUTO_DISCOVER_DIR narrows it, and CODEBUILD_CONFIG_AUTO_DISCOVER=false turns it off"
    }

    // MARK: Reading

    /// Fetches files and reads them as they come.
    private func carryOut(
        _ order: ReportOrder, _ parts: [ArtifactPart], as name: String, places: SourcePlaces?,
        group: @escaping @Sendable (ReportFormat) -> ReportGroup
    ) async throws -> ReportOutcome {
        var fetches: [ContainerFiles.Fetch] = []
        for (number, part) in parts.enumerated() where !part.selection.isEmpty {
            let stage = ContainerLayout.artifactStage("report-\(name.filter { $0 != "/" })-\(number)")
            fetches.append(try await files.fetch(of: part, stage: stage, doing: "gather the reports in the container"))
        }
        let carrier = try await TarCarrier.quickest(context)
        var mask = SecretMask(context.job.surroundings.secrets.texts, rule: context.job.surroundings.secrets.mask)
        mask.add(await sink.hiddenLater)
        let (records, hiding, build) = (context.job.surroundings.records, mask, buildARN)
        let copies = context.job.surroundings.reportCopies
        return try await OutgoingStreams(fetches.map { try carrier.outgoing($0.path) }).read { readers, confirm in
            let streams = TarStreams(
                zip(readers, fetches).map { TarStream($0, map: $1.map) }, confirm: confirm)
            return try await streams.checked {
                try await BlockingThread.run { stop in
                    try explaining("read the reports of `\(name)`", as: .cannotRead) {
                        let reading = ReportReading(
                            order, keeping: ReportKeeping(places, hiding: hiding, to: records, group: group))
                        if let copies { reading.copies = try ReportCopies(below: copies, of: name) }
                        try reading.read(streams, stop: stop)
                        return try reading.finish(build)
                    }
                }
            }
        }
    }
}

/// Whether a file's name is one that files of a known report format usually have. [unknown, CODEBUILD.md 8]
func looksLikeReport(_ path: [UInt8]) -> Bool {
    let name = String(decoding: path.split(separator: 0x2f).last ?? [], as: UTF8.self).lowercased()
    let names = ["clover.xml", "cobertura.xml", "jacoco.xml", ".resultset.json", "testng-results.xml", "junit.xml"]
    return names.contains(name) || name.hasSuffix(".trx") || (name.hasPrefix("test-") && name.hasSuffix(".xml"))
        || name.hasSuffix("cucumber.json")
}
