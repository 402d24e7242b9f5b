/// Brings names of archive entries and listed files to one form: relative, joined by single slashes, without `.`.
public enum RelativePath {
    /// Why a name is not acceptable.
    public enum Flaw: Error, Equatable { case isAbsolute, leadsUp }

    public static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// - Returns: empty for the top folder itself (`.`, `./`).
    public static func normalized(_ path: [UInt8]) -> Result<[UInt8], Flaw> {
        if isNormal(path) { return .success(path) }
        if path.first == slash { return .failure(.isAbsolute) }
        var result: [UInt8] = []
        for part in path.split(separator: slash) where part != [dot] {
            if part == [dot, dot] { return .failure(.leadsUp) }
            if !result.isEmpty { result.append(slash) }
            result += part
        }
        return .success(result)
    }

    /// Whether a path is normal already, as nearly every one is. It takes one pass and no memory.
    private static func isNormal(_ path: [UInt8]) -> Bool {
        var length = 0, dots = 0
        for byte in path {
            if byte == slash {
                if length == 0 || length == dots && dots <= 2 { return false }
                length = 0
                dots = 0
            } else {
                length += 1
                if byte == dot { dots += 1 }
            }
        }
        return length > 0 && !(length == dots && dots <= 2)
    }

    /// A prefix as a caller wrote it, without slashes at its ends, doubled ones and `.`.
    public static func trimmed(_ path: some Sequence<UInt8>) -> [UInt8] {
        Array(path.split(separator: slash).filter { Array($0) != [dot] }.joined(separator: [slash]))
    }

    /// Whether `path` is `folder` or lies below it. The empty folder holds everything.
    public static func isBelowOrEqual(_ path: [UInt8], _ folder: [UInt8]) -> Bool {
        folder.isEmpty || path.starts(with: folder) && (path.count == folder.count || path[folder.count] == slash)
    }

    /// `rest` below `folder`; either may be empty.
    public static func join(_ folder: [UInt8], _ rest: some Collection<UInt8>) -> [UInt8] {
        folder.isEmpty ? Array(rest) : rest.isEmpty ? folder : folder + [slash] + rest
    }

    /// The proper folders above `path`, nearest first, without the top.
    public static func ancestors(of path: [UInt8]) -> some Sequence<[UInt8]> {
        sequence(state: path.count) { end -> [UInt8]? in
            guard let cut = path[..<end].lastIndex(of: slash) else { return nil }
            end = cut
            return Array(path[..<cut])
        }
    }

    /// Whether `path` has a component of this name.
    public static func has(_ name: [UInt8], in path: [UInt8]) -> Bool {
        var start = 0
        while start <= path.count {
            let end = path[start...].firstIndex(of: slash) ?? path.count
            if path[start..<end].elementsEqual(name) { return true }
            start = end + 1
        }
        return false
    }

    /// The order in which paths are listed and stored: byte by byte.
    public static func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.withUnsafeBytes { one in
            other.withUnsafeBytes { other in
                var index = 0
                let common = min(one.count, other.count)
                while index < common {
                    if one[index] != other[index] { return one[index] < other[index] }
                    index += 1
                }
                return one.count < other.count
            }
        }
    }

    /// The last name of `path`.
    public static func name(of path: [UInt8]) -> [UInt8] {
        path.lastIndex(of: slash).map { Array(path[($0 + 1)...]) } ?? path
    }
}
