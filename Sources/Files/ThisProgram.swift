/// The program that is running.
public enum ThisProgram {
    /// The absolute path of the program's file, by which it can be started again. Where the system does not tell it, it is
    /// the name that the program was called by.
    public static let path: String = {
        #if os(Linux)
            var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink("/proc/self/exe", &bytes, bytes.count)
            if count > 0, count < bytes.count {
                return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        #endif
        return CommandLine.arguments.first ?? "buildspec"
    }()
}
