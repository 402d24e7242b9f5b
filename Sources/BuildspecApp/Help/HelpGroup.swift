/// The groups that the flags of a command stand in, as its help shows them.
enum HelpGroup {
    static let source = "Source"
    static let environment = "Environment"
    static let cache = "Cache"
    static let network = "Network"
    static let output = "Output"
    static let debugging = "Debugging"
    static let batch = "Batch"
    static let cloud = "AWS"
    /// Of commands with few flags.
    static let flags = "Flags"
}
