import ChildProcesses
import Foundation
import Testing

@testable import AWSCalls

@Suite struct AWSCredentialsTests {
    /// A CLI of a test's own: what it prints for `configure` and for `sts`, and how it ends.
    private func credentials(configure: String, sts: String = "exit 9") async throws -> AWSCredentials {
        let folder = FileManager.default.temporaryDirectory.appending(path: "aws-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = folder.appending(path: "aws.sh")
        try Data("case $1 in configure) \(configure) ;; sts) \(sts) ;; esac\n".utf8).write(to: script)
        return try await AWSCommandLine(command: ["sh", script.path]).sessionCredentials()
    }

    private let session = #"""
        echo '{"Credentials": {"AccessKeyId": "ASIA2", "SecretAccessKey": "s2", "SessionToken": "t2", "Expiration": "2026-11-29T13:00:00+00:00"}}'
        """#
    private let exchanged = AWSCredentials(
        accessKeyID: "ASIA2", secretAccessKey: "s2", sessionToken: "t2", expiration: 1_795_957_200)

    @Test func `a role's credentials are given as the CLI has them`() async throws {
        let given = try await credentials(
            configure: #"""
                echo '{"Version": 1, "AccessKeyId": "ASIA1", "SecretAccessKey": "s1", "SessionToken": "t1", "Expiration": "2026-11-29T13:00:00.25Z"}'
                """#)
        #expect(
            given
                == AWSCredentials(
                    accessKeyID: "ASIA1", secretAccessKey: "s1", sessionToken: "t1", expiration: 1_795_957_200))
        #expect("\(given)" == "***" && String(reflecting: given) == "***")
    }

    @Test func `keys that never end are exchanged for a session's`() async throws {
        let keys = #"echo '{"Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": "s1"}'"#
        #expect(try await credentials(configure: keys, sts: session) == exchanged)
    }

    @Test(arguments: [
        "echo 'aws: error: argument subcommand: Invalid choice, valid choices are:' >&2; exit 2",
        "echo \"aws: error: argument subcommand: invalid choice: 'export-credentials'\" >&2; exit 252",
    ])
    func `a CLI that cannot export is asked for a session`(refusal: String) async throws {
        #expect(try await credentials(configure: refusal, sts: session) == exchanged)
    }

    @Test func `what the CLI says is the reason, and nothing that it prints`() async {
        let none = await #expect(throws: AWSError.self) {
            try await credentials(configure: "echo 'Unable to retrieve credentials: none found' >&2; exit 255")
        }
        #expect(none?.description == "Unable to retrieve credentials: none found")
        let unreadable = await #expect(throws: AWSError.self) {
            try await credentials(configure: #"echo '{"SecretAccessKey": "hunter-two"}'"#)
        }
        #expect(unreadable?.description == "`aws configure export-credentials` gave no answer we can read")
    }

    @Test(
        arguments: [
            ("2026-11-29T13:00:00Z", 1_795_957_200), ("2026-11-29T14:00:00.123456+01:00", 1_795_957_200),
            ("tomorrow", nil), ("", nil),
        ] as [(String, Int64?)])
    func `times are read`(text: String, seconds: Int64?) {
        #expect(AWSCommandLine.seconds(text) == seconds)
    }
}
