import BuildPlanning
import Testing

@Suite struct ImageNamesTests {
    @Test(
        "a manifest is asked for where docker asks for it",
        arguments: [
            ("debian", "https://registry-1.docker.io/v2/library/debian/manifests/latest"),
            ("debian:12", "https://registry-1.docker.io/v2/library/debian/manifests/12"),
            ("docker.io/library/debian", "https://registry-1.docker.io/v2/library/debian/manifests/latest"),
            ("docker.io/debian", "https://registry-1.docker.io/v2/library/debian/manifests/latest"),
            ("some/app:1", "https://registry-1.docker.io/v2/some/app/manifests/1"),
            ("some/app:1@sha256:ab", "https://registry-1.docker.io/v2/some/app/manifests/sha256:ab"),
            ("public.ecr.aws/x/y:5.0", "https://public.ecr.aws/v2/x/y/manifests/5.0"),
            ("localhost/x", "https://localhost/v2/x/manifests/latest"),
            ("host:5000/x:y", "https://host:5000/v2/x/manifests/y"),
        ])
    func manifest(of name: String, is url: String) { #expect(ImageNames.manifestURL(of: name) == url) }
}
