internal import ArgumentParser

/// The flags of `run`, as ArgumentParser reads them; all others know them as ``Asked``.
struct RunOptions: ParsableArguments {
    @OptionGroup(title: HelpGroup.source) var source: SourceOptions
    @OptionGroup(title: HelpGroup.environment) var environment: EnvironmentOptions
    @OptionGroup(title: HelpGroup.cache) var cache: CacheOptions
    @OptionGroup(title: HelpGroup.network) var network: NetworkOptions
    @OptionGroup(title: HelpGroup.output) var output: OutputOptions
    @OptionGroup(title: HelpGroup.debugging) var debugging: DebuggingOptions

    var asked: Asked {
        var asked = Asked()
        source.add(to: &asked)
        environment.add(to: &asked)
        cache.add(to: &asked)
        network.add(to: &asked)
        output.add(to: &asked)
        debugging.add(to: &asked)
        return asked
    }
}
