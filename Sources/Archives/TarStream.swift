public import Files

/// A tar stream, and what its names mean.
public struct TarStream: Sendable {
    /// The reading end of a pipe or an open file. It belongs to the call it is given to, which closes it in every case.
    public var descriptor: Int32
    public var map: PathMap

    public init(_ descriptor: Int32, map: PathMap = .identity) {
        self.descriptor = descriptor
        self.map = map
    }
}
