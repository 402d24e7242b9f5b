import ChildProcesses
import Foundation

/// A CodeBuild and a CloudWatch Logs of a test's own on loopback, which the real AWS CLI talks to: the reading calls alone.
///
/// What it answers is told by ``Scenario``. It lives as long as the body of ``with(_:_:)``.
public struct FakeCloud: Sendable {
    public let endpoint: String
    /// A folder of the test's own.
    public let folder: URL

    /// What there is, and what goes wrong.
    public struct Scenario: Encodable, Sendable {
        /// The builds, newest first. Each may change: the answer to the n-th question is its n-th form, or its last.
        public var builds: [[JSON]] = []
        /// The batches.
        public var batches: [JSON] = []
        /// The projects that have no build.
        public var projects: [String] = []
        /// How many ids one list has.
        public var idsPerPage = 100
        /// The streams by `group:name`.
        public var streams: [String: [Page]] = [:]
        public var faults: [Fault] = []

        public init() {}
    }

    /// The events of one answer of GetLogEvents.
    public struct Page: Encodable, Sendable {
        public var messages: [String]
        /// How many questions for this stream there have to be before the page is there.
        public var questions: Int

        public init(_ messages: [String], after questions: Int = 0) {
            self.messages = messages
            self.questions = questions
        }
    }

    /// Refuses calls.
    public struct Fault: Encodable, Sendable {
        /// `GetLogEvents`; every call when absent.
        public var operation: String?
        /// How many of these calls succeed before.
        public var after = 0
        /// How many calls are refused.
        public var times = Int(Int32.max)
        /// Refuses only calls with this access key.
        public var key: String?
        public var status = 400
        public var code: String
        public var message: String

        public init(_ code: String, _ message: String) {
            self.code = code
            self.message = message
        }
    }

    /// A JSON text, to be a part of a larger one.
    public struct JSON: Encodable, Sendable, ExpressibleByStringLiteral {
        public let text: String

        public init(stringLiteral text: String) { self.text = text }
        public init(_ text: String) { self.text = text }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
    }

    struct Failure: Error { let text: String }

    /// Where `.ci/moto` put the AWS CLI; `make test` says it.
    private static let programs = ProcessInfo.processInfo.environment["BUILDSPEC_TEST_AWS"]

    /// With BUILDSPEC_REQUIRE_DOCKER=1 the tests run, and fail, where it is not.
    public static let isThere =
        programs != nil || ProcessInfo.processInfo.environment["BUILDSPEC_REQUIRE_DOCKER"] == "1"

    public static func with(
        _ scenario: Scenario, _ body: @escaping @Sendable (FakeCloud) async throws -> Void
    ) async throws {
        guard programs != nil else {
            throw Failure(text: "BUILDSPEC_TEST_AWS is not set: `make test` does, with what .ci/moto prints")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "buildspec-cloud-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try JSONEncoder().encode(scenario).write(to: folder.appending(path: "scenario.json"))
        let server = Command("python3", ["-c", script, folder.path])
        let (lines, said) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Ended by being cancelled, which kills it.
            group.addTask {
                defer { said.finish() }
                _ = try await server.stream { streams in
                    async let _ = streams.errorOutput.forEachChunk { said.yield(String(decoding: $0, as: UTF8.self)) }
                    try await streams.output.forEachChunk { said.yield(String(decoding: $0, as: UTF8.self)) }
                }
            }
            defer { group.cancelAll() }
            var text = ""
            for await chunk in lines {
                text += chunk
                guard let port = text.firstMatch(of: #/port ([0-9]+)\n/#)?.output.1 else { continue }
                return try await body(FakeCloud(endpoint: "http://127.0.0.1:\(port)", folder: folder))
            }
            throw Failure(text: "the fake cloud ended: \(text)")
        }
    }

    /// For the AWS CLI, or for `buildspec`, which starts it: this cloud, and nobody's real credentials. The CLI makes no call
    /// again by itself.
    public var environment: [String: String?] {
        [
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test-id", "AWS_SECRET_ACCESS_KEY": "test-secret",
            "AWS_DEFAULT_REGION": "eu-west-1", "AWS_CONFIG_FILE": "/nonexistent", "AWS_PROFILE": nil, "AWS_REGION": nil,
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
            "PATH": "\(Self.programs ?? ""):\(ProcessInfo.processInfo.environment["PATH"] ?? "")",
        ]
    }

    /// The AWS CLI itself.
    public static var program: String { "\(programs ?? "")/aws" }

    /// The names of the calls that there were, in order.
    public func calls() throws -> [String] {
        try String(contentsOf: folder.appending(path: "calls"), encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private static let script = #"""
        import http.server, json, os, re, sys, threading
        folder = sys.argv[1]
        scenario = json.load(open(os.path.join(folder, "scenario.json")))
        builds = [[json.loads(form) for form in forms] for forms in scenario["builds"]]
        batches = [json.loads(batch) for batch in scenario["batches"]]
        lock, counts, asked, questions = threading.Lock(), {}, {}, {}

        class Refused(Exception):
            def __init__(self, status, code, message):
                self.status, self.code, self.message = status, code, message

        def listed(ids, body):
            start = int(body.get("nextToken") or 0)
            end = start + scenario["idsPerPage"]
            answer = {"ids": ids[start:end]}
            if end < len(ids):
                answer["nextToken"] = str(end)
            return answer

        def list_builds(body):
            return listed([forms[0]["id"] for forms in builds], body)

        def list_builds_for_project(body):
            name = body["projectName"]
            ids = [forms[0]["id"] for forms in builds if forms[0]["id"].split(":")[0] == name]
            if not ids and name not in scenario["projects"]:
                raise Refused(400, "ResourceNotFoundException", "The provided project arn:aws:codebuild:eu-west-1:111122223333:project/%s does not exist" % name)
            return listed(ids, body)

        def list_projects(body):
            return {"projects": sorted({forms[0]["id"].split(":")[0] for forms in builds} | set(scenario["projects"]))}

        def batch_get_builds(body):
            if len(body["ids"]) > 100:
                raise Refused(400, "InvalidInputException", "more than 100 ids")
            found, missing = [], []
            # In an order that is not the one of the question.
            for identifier in reversed(body["ids"]):
                if ":" not in identifier:
                    raise Refused(400, "InvalidInputException", "Invalid build ID provided")
                forms = [forms for forms in builds if identifier in (forms[0]["id"], forms[0].get("arn"))]
                if not forms:
                    missing.append(identifier)
                    continue
                number = asked.get(identifier, 0)
                asked[identifier] = number + 1
                found.append(forms[0][min(number, len(forms[0]) - 1)])
            return {"builds": found, "buildsNotFound": missing}

        def batch_get_build_batches(body):
            found = [batch for batch in batches if batch["id"] in body["ids"]]
            ids = [batch["id"] for batch in found]
            return {"buildBatches": found, "buildBatchesNotFound": [i for i in body["ids"] if i not in ids]}

        def get_log_events(body):
            name = body["logGroupName"] + ":" + body["logStreamName"]
            if name not in scenario["streams"]:
                raise Refused(400, "ResourceNotFoundException", "The specified log stream does not exist.")
            if body.get("startFromHead") is not True:
                raise Refused(400, "InvalidParameterException", "asked for from the wrong end")
            pages = scenario["streams"][name]
            number = questions[name] = questions.get(name, 0) + 1
            place = int((body.get("nextToken") or "f/0")[2:])
            events = []
            if place < len(pages) and pages[place]["questions"] < number:
                events = [{"timestamp": 1789547462000, "message": message, "ingestionTime": 1789547463000}
                          for message in pages[place]["messages"]]
                place += 1
            return {"events": events, "nextForwardToken": "f/%d" % place, "nextBackwardToken": "b/0"}

        calls = {"ListBuilds": list_builds, "ListBuildsForProject": list_builds_for_project, "ListProjects": list_projects,
                 "BatchGetBuilds": batch_get_builds, "BatchGetBuildBatches": batch_get_build_batches,
                 "GetLogEvents": get_log_events}

        def answer(operation, key, body):
            for number, fault in enumerate(scenario["faults"]):
                if fault.get("operation", operation) != operation or fault.get("key", key) != key:
                    continue
                count = counts[number] = counts.get(number, 0) + 1
                if fault["after"] < count <= fault["after"] + fault["times"]:
                    raise Refused(fault["status"], fault["code"], fault["message"])
            return calls[operation](body)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                operation = self.headers["X-Amz-Target"].split(".")[1]
                key = re.search("Credential=([^/]*)", self.headers["Authorization"]).group(1)
                with lock:
                    with open(os.path.join(folder, "calls"), "a") as file:
                        file.write(operation + "\n")
                    try:
                        status, text = 200, answer(operation, key, body)
                    except Refused as refused:
                        status, text = refused.status, {"__type": refused.code, "message": refused.message}
                text = json.dumps(text).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print("port", server.server_port, flush=True)
        server.serve_forever()
        """#
}
