import ChildProcesses
import Engines
import Files
import TestSupport
import Testing

/// The promises of `TerminalAttaching`, without a terminal: what needs one is shown where the whole program runs.
@Suite struct TerminalAttachingTests {
    typealias Attacher = Subject<any ContainerRunning & TerminalAttaching>

    @Test(arguments: Subjects.attaching)
    func `a command for a person runs in the container, and its status comes back`(_ subject: Attacher) async throws {
        var spec = subject.spec(#"printf kept >"$0/tmp/file"; echo up; cat"#)
        spec.arguments.append(subject.root(spec.name))
        let (status, _) = try await subject.engine.withContainer(spec) { [spec] streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                return try await subject.engine.attach(
                    to: spec.name, user: nil, isInteractive: false,
                    [
                        #"[ "$(cat "$0/tmp/file")" = kept ] && [ "$(id -u)" = "$1" ] && exit 7"#,
                        subject.root(spec.name), subject.userID,
                    ])
            }
        }
        #expect(status == .exited(7))
    }

    @Test(arguments: Subjects.attaching)
    func `a shell in a new container ends with its text, and nothing is left`(_ subject: Attacher) async throws {
        let status = try await subject.engine.runOnTerminal(
            subject.image, memoryMounts: ["/fleeting"], isInteractive: false,
            [#"[ "$0 $1" = "a b" ] && exit 7"#, "a", "b"])
        #expect(status == .exited(7))
    }

    @Test(arguments: Subjects.attaching.filter { !$0.isRootless })
    func `a folder comes out as this user's`(_ subject: Attacher) async throws {
        try await withScratch { scratch in
            var spec = subject.spec(#"mkdir -p "$0/data/sub" && printf x >"$0/data/sub/file"; echo up; cat"#)
            spec.arguments.append(subject.root(spec.name))
            _ = try await subject.engine.withContainer(spec) { [spec] streams in
                try await Conversation.with(streams) { child in
                    try await child.output.wait(for: "up\n")
                    try await subject.engine.copyOut("/data", of: spec.name, toFolder: scratch.string)
                    let error = await #expect(throws: EngineError.self) {
                        try await subject.engine.copyOut("/nothing", of: spec.name, toFolder: scratch.string)
                    }
                    #expect(error?.code == .absent)
                }
            }
            let file = scratch.appending("data/sub/file")
            #expect(try file.text() == "x")
            var info = stat()
            #expect(stat(file.string, &info) == 0 && info.st_uid == getuid())
        }
    }

    @Test(.enabled(if: Subjects.haveDocker), arguments: Subjects.complete)
    func `a person is the user that is asked for`(_ subject: Subject<any Engine>) async throws {
        let spec = subject.waiting()
        let (status, _) = try await subject.engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                return try await subject.engine.attach(
                    to: spec.name, user: "65534", isInteractive: false, [#"[ "$(id -u)" = 65534 ] && exit 7"#])
            }
        }
        #expect(status == .exited(7))
    }
}
