// The one place where `FilePath` is chosen.
//
// swift-subprocess speaks `System.FilePath` on macOS and `SystemPackage.FilePath` on Linux, and two paths of different
// origin do not mix. The import is handed on (`@_exported`) so that nobody who sees these rooms can choose differently.
#if canImport(System)
    @_exported public import System
#else
    @_exported public import SystemPackage
#endif
