internal import Synchronization

/// What is still done when the program must end before its work has: each is short, and waits for nothing for long.
final class LastWords: Sendable {
    private let words = Mutex<[@Sendable () -> Void]>([])

    func add(_ word: @escaping @Sendable () -> Void) { words.withLock { $0.append(word) } }

    func speak() { for word in words.withLock({ $0 }) { word() } }
}
