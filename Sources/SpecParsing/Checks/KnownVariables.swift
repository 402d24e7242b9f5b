/// The variables that are set in every build without the buildspec's doing.
enum KnownVariables {
    /// Whether the shell, CodeBuild or CodeBuild's own images set a variable, as far as its name tells.
    static func isSet(_ name: String) -> Bool {
        if shell.contains(name) || service.contains(name) { return true }
        if name.hasPrefix("BASH_") || name.hasPrefix("LC_") { return true }
        // CodeBuild sets the folder of a secondary source only when the project has one (CODEBUILD.md 5.1).
        if name.hasPrefix("CODEBUILD_") { return !name.hasPrefix("CODEBUILD_SRC_DIR_") }
        return isImage(name)
    }

    private static let shell: Set<String> = [
        "_", "PATH", "HOME", "PWD", "OLDPWD", "IFS", "SHELL", "USER", "LOGNAME", "HOSTNAME", "UID", "EUID", "PPID",
        "RANDOM", "SECONDS", "LINENO", "REPLY", "OPTARG", "OPTIND", "SHLVL", "TERM", "LANG", "BASH", "FUNCNAME",
        "PIPESTATUS", "DIRSTACK", "COLUMNS", "LINES", "EPOCHSECONDS", "EPOCHREALTIME", "GROUPS", "OSTYPE", "HOSTTYPE",
        "MACHTYPE", "TMPDIR", "EDITOR", "PS1", "ENV", "MAPFILE", "COMP_WORDS", "DEBIAN_FRONTEND",
    ]

    /// CODEBUILD.md 5.1.
    private static let service: Set<String> = [
        "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_EXECUTION_ENV",
    ]

    private static let languages: Set<String> = [
        "JAVA", "JRE", "JDK", "NODE", "NODEJS", "PYTHON", "GOLANG", "GO", "PHP", "RUBY", "RUST", "DOTNET", "GRADLE",
        "MAVEN", "M2", "ANT", "SBT", "ANDROID", "DOCKER", "DIND", "NVM", "PYENV", "RBENV", "GOENV", "PHPENV", "KOTLIN",
        "ECS", "POWERSHELL", "FIREFOX", "CHROME", "CHROMEDRIVER", "GECKODRIVER", "STUNNEL", "COMPOSER", "GITVERSION",
    ]

    /// Whether a name is of the kind that images have for what is installed in them: `JAVA_21_HOME`, `GOPATH`.
    private static func isImage(_ name: String) -> Bool {
        if ["GOPATH", "GOROOT", "NVM_DIR", "N_SRC_DIR", "SRC_DIR", "ANDROID_SDK_ROOT", "GEM_HOME"].contains(name) {
            return true
        }
        guard name.hasSuffix("_HOME") || name.hasSuffix("_VERSION") || name.hasSuffix("_BIN") || name.hasSuffix("_DIR")
        else { return false }
        return languages.contains(String(name.prefix { $0 != "_" }))
    }
}
