internal import ArgumentParser

/// The flags of `run` for looking into a build: parts of it, pauses, and what stays afterwards.
struct DebuggingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "When the container stays: never, failure or always.",
            discussion: "For `shell` and `resume` (default: failure on a terminal, never elsewhere).", valueName: "when"
        ),
        completion: .list(["never", "failure", "always"]))
    var keep: String?

    @Option(
        help: ArgumentHelp("Run only this phase.", discussion: "INSTALL, PRE_BUILD, BUILD or POST_BUILD."))
    var phase: String?

    @Option(
        help: ArgumentHelp(
            "Begin with this phase, or its Nth command.", discussion: "PHASE or PHASE:N.", valueName: "phase"))
    var from: String?

    @Option(
        help: ArgumentHelp(
            "End with this phase.", discussion: "Artifacts are collected then.", valueName: "phase"))
    var until: String?

    @Option(
        name: .customLong("break"),
        help: ArgumentHelp(
            "Pause before this phase, or at a failure.",
            discussion: """
                Before a phase's first command (PHASE) or its Nth (PHASE:N), or after any that failed (failure), until \
                `codebuild-resume` is run in the container. Repeatable.
                """, valueName: "point"))
    var breaks: [String] = []

    @Flag(
        help: ArgumentHelp(
            "Let `codebuild-breakpoint` pause the build.", discussion: "As a command in it; --break does so, too."))
    var debugSession = false

    @Flag(
        help: ArgumentHelp(
            "Keep the state before each phase.",
            discussion: """
                For `resume --from` and `shell --at` when the container is long gone; the newest \(Checkpoints.buildLimit) builds \
                keep theirs.
                """))
    var checkpoint = false

    @Flag(
        help: ArgumentHelp(
            "Ask before each command.", discussion: "Run it, skip it, edit it, open a shell, or quit."))
    var step = false

    func add(to asked: inout Asked) {
        asked.keep = keep
        asked.phase = phase
        asked.from = from
        asked.until = until
        asked.breaks = breaks
        asked.debugSession = debugSession
        asked.checkpoint = checkpoint
        asked.step = step
    }
}
