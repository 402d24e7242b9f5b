import ChildProcesses
import Foundation
import Recordings
import Testing

/// Several proxies on one store at once, and a store that is damaged.
@Suite struct SharedStoreTests {
    @Test("two that record the same at once are both right, and a third replays meanwhile")
    func together() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let numbers = Array(0..<40)
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.curl(proxy, "\(origin.url)/bytes/70000?0").output.count == 70000)
            }
            try await play.withProxy(.record) { first async throws in
                try await play.withProxy(.record) { second async throws in
                    try await play.withProxy(.replay) { third async throws in
                        let places = numbers.flatMap { number in
                            [(first, number), (second, number), (third, 0)]
                        }
                        try await Self.inTurns(places, of: 6) { proxy, number in
                            let answer = try await play.curl(proxy, "\(origin.url)/bytes/70000?\(number)")
                            #expect(answer.output == (0..<70000).map { UInt8($0 % 256) })
                        }
                    }
                }
            }
            return "\(origin.url)/bytes/70000"
        }
        #expect(try play.store.verify().isEmpty)
        let entries = try play.store.entries()
        #expect(entries.count == numbers.count)
        // One file for equal bodies.
        #expect(Set(entries.flatMap { $0.files.dropFirst() }).count == 1)
        #expect(try play.files(in: "bodies").count == 1)
        #expect(try play.files(in: "drafts").isEmpty)
        try await play.withProxy(.replay) { proxy async throws in
            for number in numbers {
                #expect(try await play.curl(proxy, "\(url)?\(number)").output.count == 70000)
            }
        }
        #expect(play.failures.isEmpty)
    }

    @Test("two processes that record the same at once are both right")
    func processes() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let folder = play.folder
        try await play.withHost { origin async throws in
            let url = origin.url
            async let other = #expect(processExitsWith: .success) { [folder = folder as String, url = url as String] in
                let play = ProxyPlay(folder: folder)
                try await recordSome(play, url)
                #expect(play.failures.isEmpty)
            }
            try await recordSome(play, url)
            _ = await other
            #expect(play.failures.isEmpty)
            #expect(try play.store.verify().isEmpty)
            #expect(try play.store.entries().count == 30)
            #expect(try play.files(in: "bodies").count == 1)
            #expect(try play.files(in: "drafts").isEmpty)
        }
    }

    @Test("an answer that is replaced while it is replayed is one of the two, whole")
    func replaced() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            let url = "\(origin.url)/counter"
            try await play.withProxy(.record) { recorder async throws in
                #expect(try await play.get(recorder, url).text == "1")
                try await play.withProxy(.replay) { replayer async throws in
                    try await Self.inTurns(Array(0..<60), of: 4) { number in
                        let answer = try await play.get(number % 2 == 0 ? recorder : replayer, url)
                        #expect(answer.status == "200" && Int(answer.text) != nil, "\(answer)")
                    }
                }
            }
        }
        #expect(try play.store.verify().isEmpty)
        #expect(play.failures.isEmpty)
    }

    /// What is done to a file, and what is said of it then.
    struct Damage: Sendable, CustomTestStringConvertible {
        let part: String
        let size: Int
        let reason: String
        let change: @Sendable (URL) throws -> Void
        var testDescription: String { "\(part) of \(size): \(reason)" }

        init(_ part: String, _ size: Int, _ reason: String, _ change: @escaping @Sendable (inout Data) -> Void) {
            self.part = part
            self.size = size
            self.reason = reason
            self.change = { file in
                var data = try Data(contentsOf: file)
                change(&data)
                try data.write(to: file)
            }
        }

        /// Removes the file.
        init(removing part: String, _ size: Int, _ reason: String) {
            self.part = part
            self.size = size
            self.reason = reason
            change = { try FileManager.default.removeItem(at: $0) }
        }
    }

    @Test(
        "damage is told of and mended by recording again; others are served",
        arguments: [
            Damage("bodies", 1000, "its body is not what was recorded") { $0[500] ^= 1 },
            Damage("bodies", 900_000, "its body is not what was recorded") { $0[500] ^= 1 },
            Damage("bodies", 900_000, "its body has 899999 bytes instead of 900000") { $0.removeLast() },
            Damage("bodies", 900_000, "its body has 0 bytes instead of 900000") { $0 = Data() },
            Damage(removing: "bodies", 1000, "its body is missing"),
            Damage(removing: "bodies", 900_000, "its body is missing"),
            Damage("entries", 1000, "it is cut short or was changed") { $0[60] ^= 1 },
            Damage("entries", 900_000, "it is not readable") { $0 = Data() },
            Damage("entries", 900_000, "it is cut short or was changed") { $0.removeLast(20) },
            Damage(removing: "entries", 1000, "was not recorded"),
        ])
    func damaged(damage: Damage) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            let url = "\(origin.url)/bytes/\(damage.size)"
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.curl(proxy, url).output.count == damage.size)
            }
            let file = try #require(try play.files(in: damage.part).first)
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.get(proxy, "\(origin.url)/informative").text == "at last")
            }
            try damage.change(URL(filePath: file))
            play.events.withLock { $0 = [] }
            try await play.withProxy(.replay) { proxy async throws in
                let answer = try await play.get(proxy, url)
                #expect(answer.status == "504" && answer.text.contains(damage.reason), "\(answer)")
                #expect(answer.text.contains("--record"))
                #expect(try await play.get(proxy, url, ["-r", "5-9"]).status == "504")
                #expect(try await play.get(proxy, "\(origin.url)/informative").text == "at last")
            }
            let events = play.events.withLock { $0 }
            #expect(events.count == 3)
            for event in events {
                switch event {
                case .damaged(let name, let reason): #expect(name == url && reason.contains(damage.reason))
                case .replayed(let name): #expect(name == "\(origin.url)/informative")
                case .missing(_, let name): #expect(name == url && damage.reason == "was not recorded")
                default: Issue.record("\(event)")
                }
            }
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.curl(proxy, url).output.count == damage.size)
            }
            try await play.withProxy(.replay) { proxy async throws in
                #expect(try await play.curl(proxy, url).output.count == damage.size)
            }
        }
    }

    @Test("a store that cannot be written is told of, and what is asked for comes all the same")
    func unwritable() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        // Where a folder should be is a file: that stops everybody, root too.
        try Data().write(to: URL(filePath: play.store.folder))
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
                #expect(try await play.curl(proxy, "\(origin.url)/bytes/900000").output.count == 900_000)
            }
        }
        #expect(play.failures.count == 2)
        #expect(play.failures.allSatisfy { $0.hasPrefix("it is not recorded: ") })
    }

    private static func inTurns<Element: Sendable>(
        _ elements: [Element], of width: Int, _ body: @escaping @Sendable (Element) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, element) in elements.enumerated() {
                if index >= width { try await group.next() }
                group.addTask { try await body(element) }
            }
            try await group.waitForAll()
        }
    }
}

/// Thirty URLs of one content.
private func recordSome(_ play: ProxyPlay, _ url: String) async throws {
    try await play.withProxy(.record) { proxy async throws in
        let answer = try await play.curl(
            proxy, "-o", "/dev/null", "-w", "%{size_download}\n", "\(url)/bytes/100000?[1-30]")
        #expect(answer.text.split(separator: "\n") == Array(repeating: "100000", count: 30), "\(answer.errorText)")
    }
}

extension ProxyPlay {
    /// The paths of the files in one folder of the store.
    func files(in part: String) throws -> [String] {
        let folder = "\(store.folder)/\(part)"
        return try FileManager.default.subpathsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }.filter {
            let attributes = try FileManager.default.attributesOfItem(atPath: $0)
            return attributes[.type] as? FileAttributeType == .typeRegular
        }
    }
}
