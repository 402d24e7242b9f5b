internal import BuildPlanning

/// A program that writes git's hooks by a file of the repository.
struct HookManager {
    let name: String

    /// Finds the manager that has written a hook; `nil` for a hook of nobody else's.
    init?(ofHook text: [UInt8]) {
        let text = String(decoding: text, as: UTF8.self)
        guard let name = ["pre-commit", "lefthook", "husky", "overcommit"].first(where: text.contains) else {
            return nil
        }
        self.name = name
    }

    /// How its own file calls the build.
    ///
    /// - Parameter rules: of the hook, as words.
    func way(_ rules: [String]) -> String {
        let call =
            (["buildspec", "hook", "run", "pre-push"] + rules.map { $0.allSatisfy(\.isPlain) ? $0 : $0.shellQuoted })
            .joined(separator: " ")
        return switch name {
        case "lefthook": "better say `run: \(call) {1} {2}` and `use_stdin: true` under `pre-push` in lefthook.yml"
        case "pre-commit":
            "better add a local hook with `entry: \(call)`, `stages: [pre-push]` and `pass_filenames: false` to "
                + ".pre-commit-config.yaml"
        default: "better call `\(call) \"$@\"` in its own pre-push hook"
        }
    }

    /// The hook that husky 9 calls from the folder that it makes for itself; `nil` where the hook is in no such folder.
    ///
    /// - Parameter path: of the hook that git calls: `.husky/_/pre-push`.
    static func huskysOwn(beside path: String) -> String? {
        let steps = path.split(separator: "/")
        guard steps.count > 3, steps[steps.count - 2] == "_", steps[steps.count - 3] == ".husky" else { return nil }
        return "/" + (steps.dropLast(2) + steps.suffix(1)).joined(separator: "/")
    }
}
