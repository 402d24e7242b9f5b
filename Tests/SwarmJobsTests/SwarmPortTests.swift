import ChildProcesses
import Engines
import Testing

@testable import SwarmJobs

@Suite struct JobTokenTests {
    @Test func `a proof holds for its words and its token only`() {
        let token = JobToken("t")
        #expect(token.mark("client", "a") == token.mark("client", "a"))
        #expect(token.mark("client", "a") != token.mark("server", "a"))
        #expect(token.mark("client", "a") != JobToken("u").mark("client", "a"))
        #expect(JobToken.areEqual("ab", "ab") && !JobToken.areEqual("ab", "ac") && !JobToken.areEqual("ab", "a"))
        #expect(JobToken().text != JobToken().text && JobToken().text.utf8.count == 64)
    }
}

/// Who may speak with the machine that runs a batch.
@Suite struct SwarmPortTests {
    /// Calls a port as swarm-job.sh does, with a token of the caller's choice.
    ///
    /// - Returns: whether the port has proved that it knows this token, too.
    private func call(_ port: SwarmPort, job: String, purpose: String, token: String) async throws -> Bool {
        let script = #"""
            exec 3<>"/dev/tcp/$1/$2" && IFS= read -r challenge <&3 || exit
            mark() { set -- "$(printf '%s' "$token $* $token" | sha256sum)"; printf %s "${1%% *}"; }
            job=$3 purpose=$4 token=$5 own=$(printf %064d 7)
            printf '%s %s %s %s\n' "$job" "$purpose" "$own" "$(mark client "$job" "$purpose" "$challenge" "$own")" >&3
            IFS= read -r answer <&3 && [ "$answer" = "$(mark server "$job" "$purpose" "$challenge" "$own")" ] && echo yes
            """#
        let called = try await Command(
            "bash", ["-c", script, "caller", port.host, "\(port.port)", job, purpose, token]
        ).collect()
        return called.text == "yes"
    }

    @Test func `a job is known by its token, once for each purpose, until the token is withdrawn`() async throws {
        let port = try SwarmPort(host: "localhost", port: 0), link = JobLink("buildspec-1")
        defer { port.close() }
        #expect(port.host == "127.0.0.1" || port.host == "::1")
        port.admit(link)
        let token = link.token.text
        #expect(try await !call(port, job: "buildspec-1", purpose: "input", token: "wrong"))
        #expect(try await !call(port, job: "buildspec-2", purpose: "input", token: token))
        #expect(try await !call(port, job: "buildspec-1", purpose: "give-unasked", token: token))
        #expect(!link.input.isSettled)
        #expect(try await call(port, job: "buildspec-1", purpose: "input", token: token))
        #expect(try await !call(port, job: "buildspec-1", purpose: "input", token: token))
        #expect(await link.input.value() != nil)
        let asked = link.expect("give", "7")
        #expect(try await call(port, job: "buildspec-1", purpose: "give-7", token: token))
        #expect(await asked.stream.value() != nil)
        port.withdraw("buildspec-1")
        #expect(try await !call(port, job: "buildspec-1", purpose: "output", token: token))
        link.finish(.unwanted)
        #expect(await link.output.value() == nil)
        #expect(await asked.status.value() == nil)
    }

    @Test func `who sends no proof is hung up on`() async throws {
        let port = try SwarmPort(host: "127.0.0.1", port: 0)
        defer { port.close() }
        let script = #"exec 3<>"/dev/tcp/$1/$2" && head -c 2000 /dev/zero | tr '\0' a >&3; wc -c <&3"#
        let long = try await Command("bash", ["-c", script, "caller", port.host, "\(port.port)"]).collect()
        // The challenge, if it comes before the reset, and nothing more.
        #expect((Int(long.text) ?? 0) <= 65, "\(long.errorText)")
    }

    @Test func `an address of another machine is refused with the flag that names one`() {
        #expect { try SwarmPort(host: "192.0.2.1", port: 0) } throws: { error in
            (error as? EngineError)?.help?.contains("--swarm-address") == true
        }
    }
}

@Suite struct JobServiceTests {
    @Test func `a job reserves what its build gets, and carries its secret and its values unchanged`() throws {
        var spec = ContainerSpec(name: "buildspec-1", image: "host:5/i@sha256:1")
        (spec.cpus, spec.memory, spec.platform) = ("2", "4g", "linux/arm64")
        spec.labels = ["b": "2", "a": "1"]
        spec.environment = [("x.y", "{{.Node.ID}} {{")]
        spec.arguments = ["text", "driver"]
        let words = JobService(spec: spec, host: "10.0.0.1", port: 7).arguments, line = words.joined(separator: " ")
        #expect(line.contains("--reserve-cpu 2 --limit-cpu 2 --reserve-memory 4g --limit-memory 4g"))
        #expect(line.contains("--constraint node.platform.arch==aarch64"))
        #expect(line.contains("--label a=1 --label b=2"))
        #expect(words.contains("x.y={{\"{{\"}}.Node.ID}} {{\"{{\"}}"))
        #expect(words.suffix(6) == ["buildspec-job", "10.0.0.1", "7", "buildspec-1", "text", "driver"])
        #expect(words.contains("source=buildspec-1,target=/run/buildspec,mode=0400"))
    }

    @Test func `no build wants more than the largest node has`() {
        let swarm = Swarm(
            address: "a", nodes: [.init(processors: 2, memory: 8 << 30), .init(processors: 4, memory: 4 << 30)])
        #expect(swarm.capacity == 4)
        func fit(_ cpus: String?, _ memory: String?) -> (String?, String?, Int) {
            var spec = ContainerSpec(name: "n", image: "i")
            (spec.cpus, spec.memory) = (cpus, memory)
            let lines = swarm.fit(&spec)
            return (spec.cpus, spec.memory, lines.count)
        }
        #expect(fit("4", "4g") == ("4", "4g", 0))
        #expect(fit("2", "8g") == ("2", "8g", 0))
        #expect(fit("36", "72g") == ("4", "4096m", 2))
        #expect(fit(nil, "72g") == (nil, "4096m", 1))
        #expect(fit(nil, nil) == (nil, nil, 0))
    }

    @Test func `the words of Docker are read`() {
        #expect(SwarmEngine.JobTask("n\tRunning 3 seconds ago\t") != nil)
        #expect(SwarmEngine.JobTask("n\tRejected 3 seconds ago\t\"No such image\"")?.isOver == true)
        #expect(SwarmEngine.JobTask("") == nil)
        #expect(PinnedImages.repository(of: "host:5000/a/b:1") == "host:5000/a/b")
        #expect(PinnedImages.repository(of: "host:5000/a") == "host:5000/a")
        #expect(PinnedImages.repository(of: "debian:12") == "debian")
        #expect(SwarmEngine.quoted("it's\n") == "'it'\\''s'\"$N\"''")
    }
}
