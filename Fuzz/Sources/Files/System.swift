// In the house this is Platform.swift, which needs a package that is not built for libFuzzer.
@_exported public import Glibc
