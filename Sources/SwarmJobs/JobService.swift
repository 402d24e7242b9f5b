internal import Engines

/// The text of a job's first process: see `Resources/swarm-job.sh`.
let jobText = String(decoding: PackageResources.swarm_job_sh, as: UTF8.self)

/// The service that a job is for Docker: one task, which is begun once.
///
/// It is a replicated service that is not restarted, not one of the mode `replicated-job`: of those the engines keep the containers
/// for ever when the service is removed, and let them run on (Documentation/decisions/swarm.md).
struct JobService {
    let spec: ContainerSpec
    /// Where the job calls back.
    let host: String
    let port: UInt16

    /// The labels of the job's service and of its secret.
    static func labels(of spec: ContainerSpec) -> [String] {
        spec.labels.sorted { $0.key < $1.key }.flatMap { ["--label", "\($0.key)=\($0.value)"] }
    }

    /// The words that make the secret, whose content is read from standard input.
    var secretArguments: [String] { ["secret", "create"] + Self.labels(of: spec) + [spec.name, "-"] }

    /// The words that make the service.
    var arguments: [String] {
        var words = [
            "service", "create", "--detach", "--quiet", "--name", spec.name, "--mode", "replicated",
            "--replicas", "1", "--restart-condition", "none", "--no-healthcheck", "--with-registry-auth",
            "--entrypoint", "sh", "--user", "0:0", "--workdir", "/", "--stop-signal", "KILL",
            "--secret", "source=\(spec.name),target=/run/buildspec,mode=0400",
        ]
        words += Self.labels(of: spec)
        for folder in spec.memoryMounts {
            words += ["--mount", ContainerSpec.mountValue(["type=tmpfs", "dst=\(folder)", "tmpfs-mode=1777"])]
        }
        for variable in spec.environment { words += ["--env", "\(variable.name)=\(Self.literal(variable.value))"] }
        if let cpus = spec.cpus { words += ["--reserve-cpu", cpus, "--limit-cpu", cpus] }
        if let memory = spec.memory { words += ["--reserve-memory", memory, "--limit-memory", memory] }
        if let architecture = spec.platform.flatMap(Self.architecture) {
            words += ["--constraint", "node.platform.arch==\(architecture)"]
        }
        let start = "if command -v bash >/dev/null; then exec bash -c \"$@\"; else exec sh -c \"$@\"; fi"
        return words + [spec.image, "-c", start, "sh", jobText, "buildspec-job", host, "\(port)", spec.name]
            + spec.arguments
    }

    /// A value as it is: in variables of a service `{{` begins a template.
    static func literal(_ value: String) -> String {
        value.split(separator: "{{", omittingEmptySubsequences: false).joined(separator: "{{\"{{\"}}")
    }

    /// The word that nodes have for the processor of a platform such as `linux/arm64`.
    private static func architecture(_ platform: String) -> String? {
        let part = platform.split(separator: "/").dropFirst().first.map(String.init)
        return part.map { ["amd64": "x86_64", "arm64": "aarch64"][$0] ?? $0 }
    }
}
