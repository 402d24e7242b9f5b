import BuildPlanning
import Rendering
import Foundation
import Testing

@Suite struct BuildSpecSchemaTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Schemas/buildspec-0.2.schema.json").standardized

    @Test func `the committed schema is the one the key table makes`() throws {
        let made = BuildSpecSchema.json.lines
        let environment = ProcessInfo.processInfo.environment
        if environment["BUILDSPEC_UPDATE_GOLDEN"] == "1", environment["CI"] == nil {
            try Data(made).write(to: Self.file)
        }
        let committed = String(decoding: try Data(contentsOf: Self.file), as: UTF8.self)
        #expect(committed == String(decoding: made, as: UTF8.self), "BUILDSPEC_UPDATE_GOLDEN=1 rewrites the file")
    }

    @Test func `every key is described, and everything but phases may have further ones`() throws {
        let json = try JSONSerialization.jsonObject(with: Data(BuildSpecSchema.json.bytes))
        var described = 0, closed: [String] = []
        func check(_ schema: [String: Any], _ path: String) {
            if schema["additionalProperties"] as? Bool == false { closed.append(path) }
            for (name, value) in schema["properties"] as? [String: [String: Any]] ?? [:] {
                #expect((value["description"] as? String)?.hasSuffix(".") == true, "\(path).\(name)")
                described += 1
                check(value, path.isEmpty ? name : "\(path).\(name)")
            }
            for inner in ["items", "additionalProperties"] {
                if let inner = schema[inner] as? [String: Any] { check(inner, path + "[]") }
            }
        }
        check(try #require(json as? [String: Any]), "")
        #expect(described > 90)
        #expect(closed == ["phases"])
    }

    @Test func `lines are indented, and what is short stands on one`() {
        let json = JSONText.object([
            ("a", .array([.number(1), .string("b")])), ("none", nil), ("c", .object([])),
            ("d", .object([("e", .object([("f", .bool(true)), ("g", .string(String(repeating: "x", count: 40)))]))])),
        ])
        #expect(
            String(decoding: json.lines, as: UTF8.self) == """
                {
                  "a": [1, "b"],
                  "c": {},
                  "d": {
                    "e": {
                      "f": true,
                      "g": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                    }
                  }
                }

                """)
    }
}
