internal import ArgumentParser

/// A shell whose users are helped to complete words.
enum CompletionShell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish

    /// What the shell reads once: it has `buildspec complete` find the words. Nothing that a name holds is evaluated, and the program is
    /// the one that PATH leads to, not one of the folder that a path on the command line names.
    var script: String {
        switch self {
        case .bash: Self.bashScript
        case .zsh: Self.zshScript
        case .fish: Self.fishScript
        }
    }

    // bash 3.2 has neither mapfile nor compopt.
    private static let bashScript = #"""
        # Completion of buildspec's words in bash.
        _buildspec() {
            local word
            COMPREPLY=()
            while IFS= read -r word; do
                COMPREPLY+=("$word")
            done < <(command buildspec complete bash -- "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null </dev/null)
            if [ "${#COMPREPLY[@]}" = 1 ]; then
                case ${COMPREPLY[0]} in
                *[/=:,]) compopt -o nospace 2>/dev/null ;;
                esac
            fi
            return 0
        }
        complete -F _buildspec buildspec

        """#

    private static let zshScript = #"""
        #compdef buildspec
        # Completion of buildspec's words in zsh.
        _buildspec() {
            local line word tab=$'\t'
            local -a lines found shown open openShown
            if [[ $PREFIX == '~'* ]]; then
                _files
                return
            fi
            lines=("${(@f)$(command buildspec complete zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
            for line in "${(@)lines}"; do
                [[ -n $line ]] || continue
                word=${line%%$tab*}
                [[ $line == *$tab* ]] && line="$word  -- ${line#*$tab}"
                if [[ $word == *[/=:,] ]]; then
                    open+=("$word") openShown+=("$line")
                else
                    found+=("$word") shown+=("$line")
                fi
            done
            (( $#found + $#open )) || return 1
            (( $#found )) && compadd -V buildspec -l -d shown -a -- found
            (( $#open )) && compadd -V buildspec -S '' -d openShown -a -- open
            return 0
        }
        if [[ ${funcstack[1]} == _buildspec ]]; then
            _buildspec "$@"
        else
            compdef _buildspec buildspec
        fi

        """#

    private static let fishScript = #"""
        # Completion of buildspec's words in fish.
        function __buildspec_complete
            set -l words (commandline -opc)
            set -e words[1]
            set -l current (commandline -ct)
            if string match -q -- '~*' "$current"
                __fish_complete_path "$current"
                return
            end
            set -l plain (string unescape -- "$current")
            or set plain (string unescape -- "$current'")
            or set plain (string unescape -- "$current\"")
            or set plain "$current"
            command buildspec complete fish -- $words "$plain" 2>/dev/null </dev/null
        end
        complete -c buildspec -e
        complete -c buildspec -f -k -a '(__buildspec_complete)'

        """#
}
