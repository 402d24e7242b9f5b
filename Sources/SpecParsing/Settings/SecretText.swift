/// The text of a secret: it prints as `***`, whatever it is put into, and is read by a call that is easy to search for.
public struct SecretText: Sendable, Hashable {
    private let text: String

    public init(_ text: String) { self.text = text }

    /// The secret itself. It may go into the container and into a mask, nowhere else.
    public func revealed() -> String { text }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    /// `dump` and the text of a surrounding value look here rather than at the description.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
