#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What libFuzzer's own `main` calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Fuzz.target(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

/// The targets, of which `FUZZ_TARGET` names the one that this process is for.
enum Fuzz {
    /// A target returns, or the process ends: that is what libFuzzer sees.
    static let target: @Sendable ([UInt8]) -> Void = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        switch name {
        case "yaml": return YAMLTarget.check
        case "glob": return GlobTarget.check
        case "references": return ReferenceTarget.check
        case "cache": return CacheTarget.check
        case "events": return EventTarget.check
        case "streams": return StreamTarget.check
        case "reports": return ReportTarget.check
        default:
            say("FUZZ_TARGET is `\(name)`, expected yaml, glob, references, cache, events, streams or reports")
            exit(64)
        }
    }()

    fileprivate static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// Ends the process when a target's promise is broken; libFuzzer then keeps the input.
func require(_ isKept: Bool, _ promise: @autoclosure () -> String, line: Int = #line) {
    guard !isKept else { return }
    Fuzz.say("broken promise, line \(line): \(promise())")
    abort()
}

extension [UInt8] {
    /// The input as fields: a target that needs more than one text has them with `separator` between.
    func fields(separator: UInt8 = 0) -> [[UInt8]] {
        split(separator: separator, omittingEmptySubsequences: false).map { Array($0) }
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}
