internal import AWSCalls
internal import BuildPlanning
internal import Rendering

extension CloudHistory {
    /// Lists the newest builds.
    func list(_ limit: Int, _ format: PlanFormat) async throws -> ExitStatus {
        let builds = try await newest(max(0, limit))
        if builds.isEmpty, format == .text {
            let whose = project.map { " of the project `\($0)`" } ?? ""
            machine.say("AWS has no builds\(whose) yet\n")
        }
        let lines = builds.map { build in
            var summary = BuildSummary(build.result(now: machine.now()), uuid: build.uuid, keptMinutes: nil)
            summary.version = (build.sourceVersion, build.resolvedSourceVersion)
            return summary
        }
        switch format {
        case .text:
            var list = BuildList(isOfCloud: true)
            for line in lines { list.add(line) }
            try machine.terminal.write(Array(list.text(columns: machine.terminal.outputColumns).utf8))
        case .json:
            let all = JSONText.object([("version", .number(1)), ("builds", .array(lines.map(\.json)))])
            try machine.terminal.write(all.bytes + [0x0a])
        }
        return .succeeded
    }

    /// Shows what became of the build that is meant.
    func show(_ format: PlanFormat) async throws -> ExitStatus {
        let (build, answer) = try await find()
        guard format == .text else {
            try machine.terminal.write(answer)
            return .succeeded
        }
        var table = ClosingTable(logPath: nil, usesColor: machine.terminal.outputUsesColor)
        table.remarks = remarks(of: build)
        try machine.terminal.write(Array(table.render(build.result(now: machine.now())).utf8))
        return .succeeded
    }

    private func remarks(of build: CloudBuild) -> [(title: String, text: String)] {
        var remarks: [(title: String, text: String)] = []
        func add(_ title: String, _ text: String?) {
            if let text, !text.isEmpty { remarks.append((title, text)) }
        }
        if let start = build.startTime {
            let initiator = build.initiator.map { ", by \($0)" } ?? ""
            add("started", "\(Timestamp(start).logForm.prefix(19)) UTC\(initiator)")
        }
        let versions = [build.sourceVersion, build.resolvedSourceVersion.map { "commit \($0)" }].compactMap { $0 }
        add("source", versions.joined(separator: ", "))
        add("image", build.environment?.image)
        let logs = build.logs
        // What has no stream yet has no page either.
        add("log", logs?.stream == nil ? logs?.s3Location : logs?.deepLink ?? logs?.cloudWatchLogsArn)
        for variable in build.exportedEnvironmentVariables ?? [] {
            add("exported", "\(variable.name)=\(variable.value ?? "")")
        }
        add("batch", build.buildBatchArn)
        return remarks
    }
}

extension CloudBuild.Logs {
    /// `s3://BUCKET/KEY` of a log that is written to S3.
    var s3Location: String? {
        guard s3Logs?.status != "DISABLED", let arn = s3LogsArn, let start = arn.firstRange(of: ":::") else {
            return nil
        }
        let place = arn[start.upperBound...]
        return place.isEmpty || place.hasPrefix("null") || place.hasSuffix("/null") ? nil : "s3://\(place)"
    }
}
