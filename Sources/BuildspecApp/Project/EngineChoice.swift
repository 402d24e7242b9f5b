internal import Engines

extension Machine {
    /// The engine that builds run on: the only place outside its room that names one.
    ///
    /// - Parameter context: a docker context's name; the current one when absent.
    func engine(context: String?) -> any Engine { DockerEngine(context: context) }
}
