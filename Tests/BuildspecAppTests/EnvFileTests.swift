import Testing

@testable import BuildspecApp

@Suite("--env-file")
struct EnvFileTests {
    /// Reads a file on a machine with some variables.
    private func read(_ bytes: [UInt8]) throws -> EnvFile {
        var file = EnvFile(environment: ["HERE": "machine", "EMPTY": "", "BOTH": "machine"])
        try file.read(bytes, named: "f")
        return file
    }

    private func lines(_ file: EnvFile) -> [[UInt8]] { file.variables.map { Array("\($0.name)=\($0.value)".utf8) } }

    @Test(
        "it is read as docker compose reads it",
        arguments: [
            // Lines, blanks, comments, names.
            ("A=1\nB=2\n", ["A=1", "B=2"]), ("A=1\r\nB=2\r\n", ["A=1", "B=2"]), ("\u{feff}A=1\r\n", ["A=1"]),
            ("# note\r\n\r\n \t\nA=1", ["A=1"]), ("A=\u{301}x\n", ["A=\u{301}x"]), ("A==\n", ["A=="]),
            ("A=\n", ["A="]), ("A=a\rb\n", ["A=a\rb"]), ("A=1\u{2028}B=2\n", ["A=1\u{2028}B=2"]), ("", []),
            ("  A = a b \t\nB =2", ["A=a b", "B=2"]), ("\t# note\nA=1 # note\nB=1 #\n", ["A=1", "B=1"]),
            ("A=1#2\nB=1\t#2\nC= #x", ["A=1#2", "B=1\t#2", "C=#x"]), ("a.b-c[0]_É=1", ["a.b-c[0]_É=1"]),
            ("A: 1\nB: x=y\nC=1:B", ["A=1", "B=x=y", "C=1:B"]),
            ("export A=1\n\texport\tB=2\nexportC=3\nexport_D=4", ["A=1", "B=2", "exportC=3", "export_D=4"]),
            ("HERE\nEMPTY\nNOWHERE\nA=1\nHERE", ["HERE=machine", "EMPTY=", "A=1", "HERE=machine"]),
            // Quotes and escapes.
            (#"A="a # b" # c"#, ["A=a # b"]), ("A='a # b'#c", ["A=a # b"]), (#"A='it\'s' B="x""#, ["A=it's", "B=x"]),
            (#"A='\n$HERE ${HERE}'"#, [#"A=\n$HERE ${HERE}"#]), (#"A="{\"a\": \"b\"}""#, [#"A={"a": "b"}"#]),
            (#"A="Z\aZ\bZ\fZ\nZ\rZ\tZ\vZ\\Z\0123Z""#, ["A=Z\u{7}Z\u{8}Z\u{c}Z\nZ\rZ\tZ\u{b}Z\\ZSZ"]),
            (#"A="\x07 \u12e4 \c \z \08 \0777""#, [#"A=\x07 \u12e4 \c \z \08 \0777"#]), (#"A=a\tb"#, [#"A=a\tb"#]),
            (#"A="'d'""#, ["A='d'"]), (#"A="\\""#, [#"A=\"#]), (#"A='\\'"#, [#"A=\\"#]),
            ("A=\"\"\nB=''", ["A=", "B="]),
            (#"A=x"y z" #w"#, [#"A=x"y z""#]),
            ("A=\"one\ntwo # three\n\"\nB='\n  x: 1\n'", ["A=one\ntwo # three\n", "B=\n  x: 1\n"]),
            // Variables.
            ("A=1\nB=$A-${A}x$A", ["A=1", "B=1-1x1"]), ("A=$HERE/${HERE}", ["A=machine/machine"]),
            ("BOTH=file\nA=$BOTH", ["BOTH=file", "A=machine"]), ("A=\"a\nb\"\nB=$A", ["A=a\nb", "B=a\nb"]),
            ("A=${NO:-x}${NO-y}${EMPTY:-z}${EMPTY-w}", ["A=xyz"]), ("A=${NO:-${NO:-a b}}c", ["A=a bc"]),
            ("A=${HERE:-x}${HERE:+y}${HERE+z}${EMPTY:+v}${EMPTY+w}${NO+u}", ["A=machineyzw"]),
            ("A=${HERE:?x}${EMPTY?y}", ["A=machine"]), ("A=${NO:-a-b:?c+d}", ["A=a-b:?c+d"]),
            ("A=$$HERE $${HERE} a$ $1 $( $", ["A=$HERE ${HERE} a$ $1 $( $"]),
            (#"A="\$HERE \${HERE} $HERE""#, ["A=$HERE ${HERE} machine"]), ("A=[$NO]", ["A=[]"]),
            ("A='$HERE'\nB=$A", ["A=$HERE", "B=$HERE"]), (#"A="${NO:-say \"x\"}""#, [#"A=say "x""#]),
        ])
    func table(_ text: String, _ expected: [String]) throws {
        #expect(lines(try read(Array(text.utf8))) == expected.map { Array($0.utf8) })
    }

    @Test(
        "what cannot be read is named with its place",
        arguments: [
            ("A=1\r\nsome words\r\n", "f:2:1: the name has a blank"), ("=x", "f:1:1: there is no name before `=`"),
            ("A=1\n  B$C=1", "f:2:4: a name cannot have `$` in it"), ("é€/=1", "f:1:3: a name cannot have `/`"),
            ("A=1\nB=\"x\ny", "f:2:3: the value of `B` begins with \" and has no \" at its end"),
            (#"A='x\'"#, "f:1:3: the value of `A` begins with ' and has no '"),
            ("A=\"x\"y", "f:1:6: `y` stands right behind the closing quote of `A`"),
            ("A='a\nb'é", "f:2:3: `é` stands right behind the closing quote"),
            ("A=é${B", "f:1:4: `${` has no `}`"), ("A=${}", "f:1:3: `${}` is no variable"),
            ("A=${1}", "f:1:3: `${1}` is no variable"), ("A=${B/c/d}", "f:1:3: `${B/c/d}` is no variable"),
            ("A=${B:}", "is no variable"), ("\u{feff}A=\"x\ny ${NO:?give it}\"", "f:2:3: `$NO` is not set: give it"),
            ("A=${EMPTY:?}", "f:1:3: `$EMPTY` is empty"), (#"A="\0000""#, "f:1:1: the value of `A` has a NUL in it"),
        ])
    func wrong(_ text: String, _ words: String) {
        let failure = #expect(throws: Failure.self) { try read(Array(text.utf8)) }
        #expect(failure?.status == .usage && failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }

    @Test(
        "bytes that are no UTF-8 are named with their line",
        arguments: [([0x41, 0x3d, 0x31, 0x0a, 0xff, 0x0a], "`f:2` is not UTF-8"), ([0xff, 0xfe, 0x41, 0], "UTF-16")])
    func encodings(_ bytes: [UInt8], _ words: String) {
        let failure = #expect(throws: Failure.self) { try read(bytes) }
        #expect(failure?.status == .usage && failure?.message.contains(words) == true)
    }

    @Test("what came from this machine, and what nothing stands for, is said")
    func notes() throws {
        var file = try read(Array("HERE\nA=$HERE$EMPTY ${NO} ${NO:-x}\nB=$A\nNOWHERE\n".utf8))
        #expect(
            file.notes == [
                "warning: f:2:15: `$NO` is not set, neither earlier in the files nor in your environment: it becomes empty",
                "warning: f:4:1: `NOWHERE` has no value, neither here nor in your environment: it is left out",
                "note: `f` takes `HERE`, `EMPTY` from your environment",
            ])
        #expect(file.variables.map(\.place) == ["f:1:1", "f:2:1", "f:3:1"])
        // A value may use variables of the files before.
        try file.read(Array("C=$B".utf8), named: "g")
        #expect(file.variables.last?.value == "machine  x")
        #expect(file.notes.count == 3)
    }

    @Test("a large file is read in no time")
    func large() throws {
        let text = String(repeating: "NAME=\"a value\"\nOTHER=$NAME\n", count: 20_000)
        #expect(try read(Array(text.utf8)).variables.count == 40_000)
    }

    @Test("whatever the bytes are, they are read or named")
    func anyBytes() throws {
        let pieces = ["A", "=", "\"", "'", "\\", "$", "{", "}", ":-", "?", "#", " ", "\n", "export ", "é", "0", "\r"]
        var state: UInt64 = 7
        func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        var readable = 0
        for _ in 0..<3000 {
            let text = (0..<next(24)).map { _ in pieces[next(pieces.count)] }.joined()
            do {
                _ = try read(Array(text.utf8) + (next(20) == 0 ? [0xff] : []))
                readable += 1
            } catch let failure as Failure {
                #expect(failure.message.contains("f"), "\(text)")
            }
        }
        #expect(readable > 100)
    }

    @Test("--env is taken to the letter")
    func flag() throws {
        #expect(try EnvFile.variable(#"A="$HOME" # x"#).value == #""$HOME" # x"#)
        #expect(throws: Failure.self) { try EnvFile.variable("A") }
    }
}
