/// The driver's program text: see `Resources/driver.sh`.
public let driverText = String(decoding: PackageResources.driver_sh, as: UTF8.self)

/// The program text that ends a driver in a kept container with all that it has started, but not what has made itself
/// independent of it. `$1` is the file with the driver's process id.
///
/// An engine gives a further shell of a container a session of its own; its id is the shell's.
let endingText = """
    read -r driver <"$1" || exit
    # Twice: what is just being started is missed the first time.
    for round in 1 2; do
        for file in /proc/[0-9]*/stat; do
            read -r stat <"$file" || continue
            id=${stat%% *}
            set -- ${stat##*) }
            if [ "$id" = "$driver" ] || [ "$3" = "$driver" ] || [ "$4" = "$driver" ]; then kill -KILL "$id"; fi
        done
    done 2>/dev/null
    """

/// The part of the driver that only a build with its own Docker daemon gets: see `Resources/docker.sh`.
public let innerDockerText = String(decoding: PackageResources.docker_sh, as: UTF8.self)

/// The program text that becomes a shell for people in a build's container: see `Resources/shell.sh`.
public let shellText = String(decoding: PackageResources.shell_sh, as: UTF8.self)

/// The text of the programs of `/codebuild/user/bin`: see `Resources/codebuild-files.sh`.
public let buildProgramsText = String(decoding: PackageResources.codebuild_files_sh, as: UTF8.self)

/// The names that the programs of user/bin are called by.
public let buildProgramNames = [
    "codebuild-breakpoint", "codebuild-glob-search", "codebuild-hash-files", "codebuild-resume",
    "codebuild-tests-run",
]

/// The program that git in the build asks for credentials: see `Resources/git-credential-helper.sh`.
public let gitCredentialHelperText = String(decoding: PackageResources.git_credential_helper_sh, as: UTF8.self)
