/// The driver's program text: see `Resources/driver.sh`.
public let driverText = String(decoding: PackageResources.driver_sh, as: UTF8.self)

/// The part of the driver that only a build with its own Docker daemon gets: see `Resources/docker.sh`.
public let innerDockerText = String(decoding: PackageResources.docker_sh, as: UTF8.self)

/// The program text that becomes a shell for people in a build's container: see `Resources/shell.sh`.
public let shellText = String(decoding: PackageResources.shell_sh, as: UTF8.self)

/// The text of the programs of `/codebuild/user/bin`: see `Resources/codebuild-files.sh`.
public let buildProgramsText = String(decoding: PackageResources.codebuild_files_sh, as: UTF8.self)

/// The names that the programs of user/bin are called by.
public let buildProgramNames = [
    "codebuild-breakpoint", "codebuild-glob-search", "codebuild-hash-files", "codebuild-resume",
]

/// The program that git in the build asks for credentials: see `Resources/git-credential-helper.sh`.
public let gitCredentialHelperText = String(decoding: PackageResources.git_credential_helper_sh, as: UTF8.self)
