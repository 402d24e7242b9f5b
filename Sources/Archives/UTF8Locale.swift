internal import Files

/// Sets a UTF-8 locale for this thread alone, for the time of one call.
///
/// The zip writer marks a name as UTF-8 when the locale is (without the mark other programs show mojibake), and the zip
/// reader understands the mark only then. The locale of the process is nobody's to change in a library.
enum UTF8Locale {
    static func during<Result>(_ body: () -> Result) -> Result {
        #if canImport(Darwin)
            let mask = LC_CTYPE_MASK
        #else
            let mask = Int32(1) << Int32(LC_CTYPE)
        #endif
        // Where the system has no such locale the names go unmarked, as they would without us.
        guard let locale = newlocale(mask, "C.UTF-8", nil) ?? newlocale(mask, "en_US.UTF-8", nil) else { return body() }
        let previous = uselocale(locale)
        defer {
            _ = uselocale(previous)
            freelocale(locale)
        }
        return body()
    }
}
