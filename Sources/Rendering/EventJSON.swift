public import BuildPlanning
internal import SpecParsing

extension BuildEvent {
    /// The event as `--log-format json` and `buildspec logs --format json` print it: one object that begins with version, kind and
    /// time.
    public var json: JSONText { .object(members) }

    private var members: [(String, JSONText?)] {
        var members: [(String, JSONText?)] = [
            ("version", .number(Self.version)), ("kind", .string(kindName)), ("time", .string(time.rfc3339)),
        ]
        switch kind {
        case .buildStarted(let start):
            members += [
                ("id", .string("\(start.id)")), ("image", .string(start.image)),
                ("sourceDirectory", .string(start.sourceDirectory)), ("buildspec", .string(start.buildspec)),
                ("source", start.source.map { .string($0) }),
                ("sourceKind", start.snapshot.map { .string($0.kind) }),
                ("tree", start.snapshot.map { .string($0.tree) }),
                ("snapshot", start.snapshot.map { .string($0.identity) }),
            ]
        case .agentLog(let phase, let text):
            members += [("phase", .string(phase.rawValue)), ("text", .string(text))]
        case .phaseStarted(let phase): members += [("phase", .string(phase.rawValue))]
        case .commandStarted(let phase, let command, let location):
            members += [
                ("phase", .string(phase.rawValue)), ("command", .string(command)),
                ("location", location.map { .string("\($0)") }),
            ]
        case .output(let phase, let bytes):
            members += [("phase", .string(phase.rawValue))]
            if let text = String(validating: bytes, as: UTF8.self) {
                members += [("text", .string(text))]
            } else {
                members += [("base64", .string(bytes.base64))]
            }
        case .commandFinished(let phase, let command, let exitStatus, let milliseconds):
            members += [
                ("phase", .string(phase.rawValue)), ("command", .string(command)),
                ("exitStatus", .number(exitStatus)), ("seconds", .decimal(Double(milliseconds) / 1000)),
            ]
        case .commandExplained(let phase, let command, let help, let failedTests):
            members += [
                ("phase", .string(phase.rawValue)), ("command", .string(command)), ("help", help.map { .string($0) }),
                ("failedTests", .array(failedTests.map { .string($0) })),
            ]
        case .phaseRetried(let phase, let attempt, let limit):
            members += [
                ("phase", .string(phase.rawValue)), ("attempt", .number(attempt)), ("limit", .number(limit)),
            ]
        case .phaseFinished(let phase, let status, let context, let milliseconds):
            members += [
                ("phase", .string(phase.rawValue)), ("status", .string(status.rawValue)),
                ("statusCode", .string(context.statusCode)), ("message", .string(context.message)),
                ("seconds", .decimal(Double(milliseconds) / 1000)),
            ]
        case .cacheRestored(let entries, let bytes, let path):
            members += [("entries", .number(entries)), ("bytes", .number(bytes)), ("path", .string(path))]
        case .cacheSaved(let entries, let bytes, let path, let changed):
            members += [
                ("entries", .number(entries)), ("bytes", .number(bytes)), ("path", .string(path)),
                ("changed", .bool(changed)),
            ]
        case .artifactsCollected(let identifier, let files, let bytes, let path, let name):
            members += [
                ("identifier", .string(identifier)), ("files", .number(files)), ("bytes", .number(bytes)),
                ("path", .string(path)), ("name", name.map { .string($0) }),
            ]
        case .reportMade(let report): members += [("report", report.json)]
        case .checkpointMade(let phase, let image, let bytes):
            members += [("phase", .string(phase.rawValue)), ("image", .string(image)), ("bytes", .number(bytes))]
        case .phaseSkipped(let phase): members += [("phase", .string(phase.rawValue))]
        case .containerKept(let container): members += [("container", .string(container))]
        case .buildResumed(let point, let source):
            members += [
                ("phase", .string(BuildPhase(point.phase).rawValue)), ("isInFinally", .bool(point.isInFinally)),
                ("index", .number(point.index)), ("sourceKind", source.map { .string($0.kind) }),
                ("tree", source.map { .string($0.tree) }), ("snapshot", source.map { .string($0.identity) }),
            ]
        case .notice(let text): members += [("text", .string(text))]
        case .variablesExported(let variables):
            members += [("variables", variables.json)]
        case .imageUsed(let image):
            members += [
                ("image", .string(image.name)), ("id", .string(image.id)),
                ("digest", image.digest.map { .string($0) }),
            ]
        case .networkUsed(let use):
            members += [
                ("recorded", .number(use.recorded)), ("recordedBytes", .number(use.recordedBytes)),
                ("replayed", .number(use.replayed)), ("missed", .number(use.missed)), ("failed", .number(use.failed)),
            ]
        case .runtimesSelected(let runtimes): members += [("runtimes", runtimes.json)]
        case .comparedWithOriginal(let comparison): members += [("fromBuild", comparison.json)]
        case .buildFinished(let status): members += [("status", .string(status.rawValue))]
        }
        return members
    }

    /// The event as ``json`` has it; one that ends something also says what failed in it, and where.
    ///
    /// - Parameter result: what the build has come to with this event.
    public func json(in result: BuildResult) -> JSONText { .object(members + endMembers(result)) }

    /// What an event that ends a command, a phase or the build has to say beside its own members.
    private func endMembers(_ result: BuildResult) -> [(String, JSONText?)] {
        func location(_ location: SourceLocation?) -> (String, JSONText?) {
            ("location", location.map { .string("\($0)") })
        }
        func command(_ failure: BuildResult.Failure?) -> [(String, JSONText?)] {
            guard let failure else { return [] }
            // A command that was cut off has no exit status.
            return [
                ("command", .string(failure.command)), location(failure.location),
                ("exitStatus", failure.exitStatus == 0 ? nil : .number(failure.exitStatus)),
            ]
        }
        let failure = result.failure ?? result.timedOutAt ?? result.stoppedAt
        switch kind {
        case .commandFinished: return [location(result.runningLocation)]
        case .phaseFinished(let phase, let status, _, _):
            return status == .succeeded || failure?.phase != phase ? [] : command(failure)
        case .buildFinished(let status):
            let tests = result.testTotals.map {
                JSONText.object([("total", .number($0.total)), ("failed", .number($0.failures))])
            }
            var members: [(String, JSONText?)] = [
                ("seconds", result.runningTime.map { .decimal(Double($0) / 1000) }), ("tests", tests),
            ]
            guard status != .succeeded else { return members }
            let phase = result.phases.first { $0.status.map { $0 != .succeeded && $0 != .inProgress } ?? false }
            members += [
                ("phase", phase.map { .string($0.phase.rawValue) }),
                ("statusCode", phase.map { .string($0.context.statusCode) }),
                ("message", phase.map { .string($0.context.message) }),
            ]
            members += command(failure)
            if let tests = failure?.failedTests, !tests.isEmpty {
                members.append(("failedTests", .array(tests.map { .string($0) })))
            }
            return members
        default: return []
        }
    }

    /// The event as `events.jsonl` of a record has it: what the build printed is named by its place in the log.
    ///
    /// - Parameter offset: where in the log the event's own text begins.
    public func json(inLogAt offset: Int) -> JSONText {
        guard case .output(let phase, let bytes) = kind else { return json }
        return .object([
            ("version", .number(Self.version)), ("kind", .string(kindName)), ("time", .string(time.rfc3339)),
            ("phase", .string(phase.rawValue)), ("logOffset", .number(offset)), ("bytes", .number(bytes.count)),
        ])
    }

    private var kindName: String {
        switch kind {
        case .buildStarted: "buildStarted"
        case .agentLog: "agentLog"
        case .phaseStarted: "phaseStarted"
        case .commandStarted: "commandStarted"
        case .output: "output"
        case .commandFinished: "commandFinished"
        case .commandExplained: "commandExplained"
        case .phaseRetried: "phaseRetried"
        case .phaseFinished: "phaseFinished"
        case .cacheRestored: "cacheRestored"
        case .cacheSaved: "cacheSaved"
        case .artifactsCollected: "artifactsCollected"
        case .reportMade: "reportMade"
        case .checkpointMade: "checkpointMade"
        case .phaseSkipped: "phaseSkipped"
        case .containerKept: "containerKept"
        case .buildResumed: "buildResumed"
        case .notice: "notice"
        case .variablesExported: "variablesExported"
        case .imageUsed: "imageUsed"
        case .networkUsed: "networkUsed"
        case .runtimesSelected: "runtimesSelected"
        case .comparedWithOriginal: "comparedWithOriginal"
        case .buildFinished: "buildFinished"
        }
    }
}

extension [BuildEvent.SelectedRuntime] {
    var json: JSONText {
        .array(
            map {
                .object([
                    ("name", .string($0.name)), ("asked", .string($0.asked)), ("version", .string($0.version)),
                    ("key", .string($0.key)),
                ])
            })
    }
}

extension [BuildEvent.ExportedVariable] {
    var json: JSONText {
        .array(map { .object([("name", .string($0.name)), ("value", .string($0.value))]) })
    }
}

extension OriginalComparison {
    /// `id`, `failure`, `isSame`, `differences`, and `seconds` of the parts.
    var json: JSONText {
        func seconds(_ milliseconds: Int?) -> JSONText? { milliseconds.map { .decimal(Double($0) / 1000) } }
        return .object([
            ("id", .string(id)), ("failure", failure.map { .string($0) }), ("isSame", .bool(isSame)),
            (
                "differences",
                .array(
                    differences.map {
                        .object([
                            ("field", .string($0.field)), ("there", .string($0.there)), ("here", .string($0.here)),
                        ])
                    })
            ),
            (
                "seconds",
                .object([
                    ("source", seconds(times.source)), ("start", seconds(times.start)),
                    ("failure", seconds(times.failure)),
                ])
            ),
        ])
    }
}
