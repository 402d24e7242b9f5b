/// The text of a secret, which prints as `***` in any context and is revealed only by an explicit call.
public struct SecretText: Sendable, Hashable {
    private let text: String

    public init(_ text: String) { self.text = text }

    /// The secret itself, which may be passed only to the container and to a mask.
    public func revealed() -> String { text }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `***`.
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    /// An empty mirror, because `dump` and the descriptions of surrounding values use it instead of ``description``.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
