extension BuildJob {
    /// A text without the secrets of the build, as its log would show it.
    public func masked(_ text: String) -> String {
        SecretMask(surroundings.secrets.texts, rule: surroundings.secrets.mask).masked(text)
    }
}
