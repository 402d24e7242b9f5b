import Caches
import ChildProcesses
import Foundation
import Recordings
import Testing

/// A JDK with a Docker engine in it.
let javaWithDocker = "buildspec/java17-docker"

/// `--privileged`: a Docker daemon of the build's own.
@Suite(.serialized, .tags(.docker), .enabled(if: Docker.isThere))
struct InnerDockerTests {
    /// A playground whose volume goes with it.
    private func withPlayground(_ body: (Playground) async throws -> Void) async throws {
        let play = try Playground()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(play)) } catch { outcome = .failure(error) }
        let cleaned = try await play.call(["clean", "--kept", "--docker"])
        #expect(cleaned.status.isSuccess, "\(cleaned.errorText)")
        #expect(try await volumes(of: play).isEmpty)
        try outcome.get()
    }

    private func volumes(of play: Playground) async throws -> [String] {
        let folder = play.state.appending(path: "buildspec/docker").path
        let keys = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let all = try await Docker.call(["volume", "ls", "-q", "--filter", "label=dev.buildspec.docker"]).text
        return all.split(separator: "\n").map(String.init).filter { volume in
            keys.contains { "buildspec-docker-\($0)" == volume + ".lock" }
        }
    }

    /// A source whose build makes an image on one that only the engine outside has.
    private func sources(_ play: Playground, then commands: [String] = []) throws {
        try play.write("app/Dockerfile", "ARG BASE=buildspec/busybox\nFROM $BASE AS base\nRUN echo made > /made\n")
        let lines = (["docker build -t made app", "docker run --name job made cat /made"] + commands).map {
            "      - \($0)\n"
        }
        try play.buildspec("version: 0.2\nphases:\n  build:\n    commands:\n" + lines.joined())
    }

    @Test func `a base image is copied once, and layers are there in the next build`() async throws {
        try await withPlayground { play in
            try sources(play)
            try play.write("codebuild.yml", "environment: {privilegedMode: true}\n")
            let refused = try await !Docker.call(["run", "--rm", "--privileged", busybox, "true"]).status.isSuccess
            let first = try await play.run(image: javaWithDocker)
            #expect(first.status.isSuccess, "\(first.outputText)\(first.errorText)")
            #expect(first.printed.contains("made"))
            #expect(first.errorText.contains("copying image `buildspec/busybox`"))
            #expect(first.errorText.contains("the engine refuses --privileged") == refused)
            #expect(try await volumes(of: play).count == 1)

            // The container `job` of the build before is gone, its images are not.
            let second = try await play.run(image: javaWithDocker)
            #expect(second.status.isSuccess, "\(second.outputText)\(second.errorText)")
            #expect(second.printed.contains(" ---> Using cache"))
            #expect(!second.errorText.contains("copying image"))
            #expect(!second.errorText.contains("refuses"))
        }
    }

    @Test func `without a network and without a cache it works the same, and nothing is left`() async throws {
        try await withPlayground { play in
            try sources(play)
            let result = try await play.run(["--privileged", "--offline", "--no-cache"], image: javaWithDocker)
            #expect(result.status.isSuccess, "\(result.outputText)\(result.errorText)")
            #expect(result.printed.contains("made"))
            #expect(try await volumes(of: play).isEmpty)
        }
    }

    @Test func `a build that is not privileged has no daemon, as docker says`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [docker ps]}}")
        let result = try await play.run(["--no-cache"], image: javaWithDocker)
        #expect(result.status.exitStatus == 1)
        #expect(
            result.printed.first?.hasPrefix("Cannot connect to the Docker daemon at unix:///var/run/docker.sock")
                == true)
        #expect(result.errorText.contains("CodeBuild gives one to builds outside of a VPC; here `--docker host`"))
        let plan = try await play.call(["plan"])
        #expect(
            plan.outputText.contains("none, but `docker ps` needs one  buildspec.yml:2:29"), "\(plan.outputText)")
    }

    @Test func `with --docker host the commands find the engine itself, where it has a socket here`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: [\"docker ps -q --filter id=$(hostname) | wc -l\"]}}")
        let result = try await play.run(["--no-cache", "--docker", "host"], image: javaWithDocker)
        #expect(result.status.isSuccess && result.printed == ["1"], "\(result.outputText)\(result.errorText)")
        #expect(result.errorText.contains("--docker host: the build's commands use your engine"))
        let remote = try await play.run(["--docker", "host"], environment: ["DOCKER_HOST": "tcp://127.0.0.1:9"])
        #expect(remote.status.exitStatus == 69)
        #expect(
            remote.errorText.contains("the engine is reached by `tcp://127.0.0.1:9`, not by a socket of this machine"))
        #expect(remote.errorText.contains("help: `--docker inside`"), "\(remote.errorText)")
    }

    @Test func `an image without a daemon only causes a notice`() async throws {
        try await withPlayground { play in
            try play.buildspec("version: 0.2\nphases: {build: {commands: [echo on]}}")
            let result = try await play.run(image: busybox, environment: ["BUILDSPEC_PRIVILEGED": "yes"])
            #expect(result.status.isSuccess)
            #expect(result.printed == ["on"])
            #expect(result.errorText.contains("`buildspec/busybox` lacks `dockerd` or `docker`"))
        }
    }

    @Test func `of two builds at once one has the layers, and both succeed`() async throws {
        try await withPlayground { play in
            try sources(play, then: ["sleep 2"])
            async let one = play.run(["--privileged"], image: javaWithDocker)
            async let other = play.run(["--privileged"], image: javaWithDocker)
            let results = try await [one, other]
            for result in results { #expect(result.status.isSuccess, "\(result.outputText)\(result.errorText)") }
            #expect(results.filter { $0.errorText.contains("in use by another build") }.count == 1)
        }
    }

    @Test func `in a kept container the daemon goes on, also for resume`() async throws {
        try await withPlayground { play in
            try sources(
                play, then: ["docker run -d --name db made sleep 1000", "test -e fixed", "docker exec db cat /made"])
            let failed = try await play.run(["--privileged", "--keep", "failure"], image: javaWithDocker)
            #expect(failed.status.exitStatus == 1)
            let look = try await play.call(["shell", "--command", "docker ps --format '{{.Names}}'"])
            #expect(look.outputText == "db\n", "\(look.errorText)")
            // Who wants no cache meanwhile takes nothing from it.
            try play.write("other.yml", "version: 0.2\nphases: {build: {commands: [docker image ls -q]}}")
            let other = try await play.run(["--privileged", "-f", "other.yml", "--no-cache"], image: javaWithDocker)
            #expect(other.status.isSuccess)
            try play.write("fixed", "")
            let resumed = try await play.call(["resume"])
            #expect(resumed.status.isSuccess, "\(resumed.outputText)\(resumed.errorText)")
            #expect(resumed.printed == ["made"])
        }
    }

    @Test func `a kept container gives images and layers up to the next build`() async throws {
        try await withPlayground { play in
            try sources(play, then: ["exit 3"])
            let failed = try await play.run(["--privileged", "--keep", "failure"], image: javaWithDocker)
            #expect(failed.status.exitStatus == 1)
            try play.buildspec("version: 0.2\nphases: {build: {commands: ['docker image ls -q made | wc -l']}}")
            let next = try await play.run(["--privileged"], image: javaWithDocker)
            #expect(next.status.isSuccess && next.printed == ["1"], "\(next.outputText)\(next.errorText)")
            #expect(next.errorText.contains(": this build takes over the project's Docker images and layers\n"))
            #expect(try await play.call(["resume"]).status.exitStatus == 66)
        }
    }

    @Test func `what a killed daemon left does no harm`() async throws {
        try await withPlayground { play in
            try sources(
                play, then: ["docker run -d --restart always --name db made sleep 1000", "echo reached; sleep 60"])
            let command = play.command([
                "run", ".", "--image", javaWithDocker, "--privileged", "--artifacts", play.out.path,
            ])
            _ = try await command.stream { streams in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await streams.errorOutput.forEachChunk { _ in } }
                    group.addTask {
                        var log = ""
                        try await streams.output.forEachChunk { bytes in
                            log += String(decoding: bytes, as: UTF8.self)
                            guard log.contains("\nreached\n") else { return }
                            let running = try FileManager.default.contentsOfDirectory(
                                atPath: play.state.appending(path: "buildspec/running").path)
                            _ = try await Docker.call(["kill"] + running)
                        }
                    }
                    try await group.waitForAll()
                }
            }
            try sources(play, then: ["docker run --name db made true"])
            let next = try await play.run(["--privileged"], image: javaWithDocker)
            #expect(next.status.isSuccess, "\(next.outputText)\(next.errorText)")
            #expect(next.printed.contains(" ---> Using cache"))
        }
    }

    /// Builds an image for one test on the engine outside.
    private func withImage(_ text: String, _ body: (String) async throws -> Void) async throws {
        let name = "buildspec-test:\(UUID().uuidString.lowercased())"
        let built = try await Docker.call(["build", "-q", "-t", name, "-"], input: text)
        try #require(built.status.isSuccess, "\(built.errorText)")
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(name)) } catch { outcome = .failure(error) }
        _ = try await Docker.call(["image", "rm", "--force", name])
        try outcome.get()
    }

    @Test func `the image's own way to start the daemon is used, and its settings stay`() async throws {
        // As in CodeBuild's images: it starts the daemon, waits for it, and evaluates its words.
        let image = #"""
            FROM buildspec/java17-docker
            RUN printf '%s\n' '#!/bin/sh' 'set -e' 'dockerd --host=unix:///var/run/docker.sock --label=by=entrypoint &' \
                'until docker info >/dev/null 2>&1; do sleep 0.1; done' 'eval "$@"' >/usr/local/bin/dockerd-entrypoint.sh \
                && chmod +x /usr/local/bin/dockerd-entrypoint.sh && mkdir -p /root/.docker /etc/docker \
                && echo '{ "labels": ["own=yes"] }' >/etc/docker/daemon.json \
                && echo '{"auths": {}, "proxies": {"tcp://x": {"httpProxy": "http://y"}}}' >/root/.docker/config.json
            ENV BUILDSPEC_INNER_PROXY=http://172.31.254.1:28080
            """#
        // A label of its own in both places would be refused.
        try await withImage(image.replacing(" --label=by=entrypoint", with: " --max-concurrent-uploads=7")) { name in
            try await withPlayground { play in
                try sources(
                    play,
                    then: [
                        "docker info | grep -e own=yes -e Base",
                        "ps -e -o args | grep -c '[m]ax-concurrent-uploads=7'",
                        "docker run --rm made env | grep -i ^http_proxy",
                        "python3 -m json.tool --compact /root/.docker/config.json",
                    ])
                let result = try await play.run(["--privileged"], image: name)
                #expect(result.status.isSuccess, "\(result.outputText)\(result.errorText)")
                #expect(result.printed.contains("  own=yes"))
                #expect(result.printed.contains("   Base: 172.31.240.0/21, Size: 26"))
                #expect(result.printed.contains("1"))
                #expect(result.printed.contains("HTTP_PROXY=http://172.31.254.1:28080"))
                let proxy =
                    #"{"httpProxy":"http://172.31.254.1:28080","httpsProxy":"http://172.31.254.1:28080","noProxy":"localhost,127.0.0.1"}"#
                #expect(
                    result.printed.last
                        == #"{"auths":{},"proxies":{"default":\#(proxy),"tcp://x":{"httpProxy":"http://y"}}}"#)
            }
        }
    }

    @Test func `a daemon that does not come up fails the build with the end of its log`() async throws {
        let image = #"""
            FROM buildspec/busybox
            RUN printf '#!/bin/sh\necho no room for layers\nexit 1\n' >/usr/bin/dockerd && printf '#!/bin/sh\nexit 1\n' >/usr/bin/docker \
                && chmod +x /usr/bin/dockerd /usr/bin/docker
            """#
        try await withImage(image) { name in
            try await withPlayground { play in
                try play.buildspec("version: 0.2\nphases: {build: {commands: [echo never]}}")
                let result = try await play.run(["--privileged"], image: name)
                #expect(result.status.exitStatus == 1)
                #expect(result.printed == ["no room for layers"])
                #expect(result.outputText.contains("Timed out trying to connect to internal docker host."))
                #expect(result.log.contains("[Container] Phase complete: DOWNLOAD_SOURCE State: FAILED"))
            }
        }
    }

    @Test func `what was pulled and downloaded inside while recording comes again offline`() async throws {
        try await withPlayground { play in
            try play.write("files/a.txt", "from the host\n")
            try play.write(
                "app/Dockerfile",
                """
                FROM registry.example.test/hello:1
                RUN wget -q -O - http://files.example.test/a.txt
                RUN grep -q BEGIN "$SSL_CERT_FILE" && echo "believes $SSL_CERT_FILE"
                """)
            try play.buildspec(
                """
                version: 0.2
                phases:
                  build:
                    commands:
                      - docker pull --quiet registry.example.test/hello:1
                      - docker run --rm registry.example.test/hello:1 echo pulled
                      - docker build -t app app
                      - docker image inspect --format '{{.Config.Env}}' app
                """)
            let registry = "buildspec-test-registry-\(UUID().uuidString.prefix(8).lowercased())"
            let started = try await Docker.call([
                "run", "--detach", "--rm", "--name", registry, "--publish", "127.0.0.1::5000",
                "--env", "REGISTRY_HTTP_ADDR=0.0.0.0:5000", "--env", "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/tmp",
                "--entrypoint", "docker-registry", "buildspec/aws-local", "serve", "/etc/aws-local/registry.yml",
            ])
            #expect(started.status.isSuccess, "\(started.errorText)")
            let place = try await Docker.call(["port", registry, "5000"]).text
            _ = try await Docker.call(["tag", busybox, "\(place)/hello:1"])
            // It takes a moment to listen.
            var pushed = try await Docker.call(["push", "--quiet", "\(place)/hello:1"])
            for _ in 1...100 where !pushed.status.isSuccess {
                try await Task.sleep(for: .milliseconds(200))
                pushed = try await Docker.call(["push", "--quiet", "\(place)/hello:1"])
            }
            _ = try await Docker.call(["rmi", "\(place)/hello:1"])
            let outcome: Result<Void, any Error>
            do {
                try await serving(play.source.appending(path: "files")) { files in
                    let recorded = try await play.run(
                        [
                            "--privileged", "--record", "--mirror", "https://registry.example.test/=http://\(place)/",
                            "--mirror", "http://files.example.test/=\(files)",
                        ], image: javaWithDocker)
                    #expect(recorded.status.isSuccess, "\(recorded.outputText)\(recorded.errorText)")
                    #expect(recorded.printed.contains("pulled"))
                    #expect(recorded.printed.contains("from the host"))
                }
                outcome = .success(())
            } catch { outcome = .failure(error) }
            _ = try await Docker.call(["rm", "--force", "--volumes", registry])
            try outcome.get()
            // Nothing is left but the recordings.
            #expect(try await play.call(["clean", "--docker"]).status.isSuccess)
            let offline = try await play.run(["--privileged", "--offline"], image: javaWithDocker)
            #expect(offline.status.isSuccess, "\(offline.outputText)\(offline.errorText)")
            #expect(offline.printed.contains("pulled"))
            #expect(offline.printed.contains("from the host"))
            #expect(offline.printed.contains("believes /dev/buildspec-ca.pem"))
            #expect(offline.printed.last?.contains("SSL_CERT_FILE") == false)
        }
    }

    @Test func `Maven in a Dockerfile is recorded, and keeps its own options`() async throws {
        try await withPlayground { play in
            try play.write(
                "Dockerfile",
                """
                FROM buildspec/java17
                ENV MAVEN_OPTS=-Xmx512m
                COPY pom.xml .
                RUN mvn -B org.apache.maven.plugins:maven-clean-plugin:3.2.0:clean && env | grep MAVEN_OPTS=
                RUN MAVEN_OPTS="$MAVEN_OPTS -Xms16m" mvn -v >/dev/null && echo still
                """)
            try play.write(
                "pom.xml",
                "<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version></project>"
            )
            try play.buildspec(
                """
                version: 0.2
                phases:
                  build:
                    commands:
                      - docker build -t app .
                      - docker image inspect --format '{{.Config.Env}}' app
                """)
            let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
            let standIn = try await Command(root.appending(path: ".ci/maven-repository").path, ["start"]).collect()
            let mirror =
                standIn.text.isEmpty ? [] : ["--mirror", "https://repo.maven.apache.org/maven2/=\(standIn.text)"]
            let recorded = try await play.run(["--privileged", "--record"] + mirror, image: javaWithDocker)
            #expect(try await play.call(["clean", "--docker"]).status.isSuccess)
            let offline = try await play.run(["--privileged", "--offline"], image: javaWithDocker)
            for result in [recorded, offline] {
                #expect(result.status.isSuccess, "\(result.outputText)\(result.errorText)")
                #expect(
                    result.printed.contains { $0.contains("MAVEN_OPTS=-Djavax.net.ssl.") && $0.hasSuffix(" -Xmx512m") }
                )
                #expect(result.printed.contains { $0.hasSuffix("still") })
                #expect(result.outputText.contains("[INFO] BUILD SUCCESS"))
                #expect(result.outputText.contains("Downloaded from central: https://repo.maven.apache.org/maven2/"))
                #expect(result.printed.last?.contains("MAVEN_OPTS=-Xmx512m") == true, "\(result.printed.suffix(4))")
            }
        }
    }

    @Test func `the plan says where the mode comes from, and which images are copied`() async throws {
        let play = try Playground()
        try sources(play, then: ["docker build -f ci/x.docker --build-arg V=1 ."])
        try play.write("ci/x.docker", "ARG V\nFROM nowhere.example/base:$V")
        try play.write("node_modules/y/Dockerfile", "FROM \(debian)\nFROM base")
        try play.write("pulled/Dockerfile", "FROM recorded.example/base:2")
        let key = CacheKey(project: play.source.path, paths: []).name
        try RecordingStore(folder: play.cache.appending(path: "buildspec/recordings/\(key)").path).record(
            RecordedRequest(method: "HEAD", url: "https://recorded.example/v2/base/manifests/2"),
            RecordedHead(status: 200), body: nil)
        try play.write("codebuild.yml", "environment:\n  privilegedMode: true\nx-buildspec:\n  images: [also/this]\n")
        let text = try await play.call(["plan"]).outputText
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(lines.contains("privileged=yes  codebuild.yml:2:19"))
        #expect(lines.contains("images=also/this  codebuild.yml:4:12"))
        let start = try #require(lines.firstIndex(of: "docker images"))
        #expect(
            Array(lines[(start + 1)...].prefix(6)) == [
                "also/this (registry)  codebuild.yml:4:12", "buildspec/busybox (engine)  app/Dockerfile:2",
                "nowhere.example/base:1 (registry)  ci/x.docker:2",
                "recorded.example/base:2 (recordings)  pulled/Dockerfile:1",
                "\(debian) (engine)  node_modules/y/Dockerfile:1", "base (registry)  node_modules/y/Dockerfile:2",
            ])
        #expect(
            try await !play.call(["plan"], environment: ["BUILDSPEC_PRIVILEGED": "no"]).outputText.contains(
                "docker images"))
    }
}
