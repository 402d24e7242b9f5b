import BuildPlanning
import ConsoleRendering
import Testing

@Suite struct EventJSONTests {
    private let time = Timestamp(microseconds: 1_783_175_139_684_611)

    private func json(_ kind: BuildEvent.Kind) -> String {
        String(decoding: BuildEvent(time: time, kind: kind).json.bytes, as: UTF8.self)
    }

    private let head = #"{"version":1,"kind":"#
    private let stamp = #","time":"2026-07-04T14:25:39.684611Z","#

    @Test func `an event is one object on one line`() {
        #expect(
            json(.commandFinished(phase: .preBuild, command: "a\n\"b\"", exitStatus: 3, milliseconds: 1250))
                == head + #""commandFinished""# + stamp
                + #""phase":"PRE_BUILD","command":"a\n\"b\"","exitStatus":3,"seconds":1.25}"#)
    }

    @Test func `output is text where it is UTF-8, else base 64`() {
        #expect(json(.output(phase: .build, bytes: Array("é\u{1b}[0m\n".utf8))).hasSuffix(#""text":"é\u001b[0m\n"}"#))
        #expect(json(.output(phase: .build, bytes: [0xff, 0x00, 0x61])).hasSuffix(#""base64":"/wBh"}"#))
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base 64 as RFC 4648 gives it`(text: String, expected: String) {
        #expect(Array(text.utf8).base64 == expected)
    }
}
