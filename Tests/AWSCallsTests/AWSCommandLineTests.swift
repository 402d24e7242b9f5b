import Testing

@testable import AWSCalls
import ChildProcesses

@Suite struct AWSCommandLineTests {
    @Test(arguments: [
        (
            "\nAn error occurred (AccessDeniedException) when calling the GetParameters operation: User: arn:aws:sts::1:x is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:y\n",
            "AccessDeniedException: User: arn:aws:sts::1:x is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:y"
        ),
        (
            "aws: [ERROR]: An error occurred (ThrottlingException) when calling the GetSecretValue operation (reached max retries: 4): Rate exceeded",
            "ThrottlingException: Rate exceeded"
        ),
        (
            "fatal error: An error occurred (404) when calling the HeadObject operation: Key \"x\" does not exist",
            "404: Key \"x\" does not exist"
        ),
        (
            "\nUnable to locate credentials. You can configure credentials by running \"aws configure\".\n",
            "Unable to locate credentials. You can configure credentials by running \"aws configure\"."
        ),
        ("", "`aws ssm get-parameters` ended with status 255"),
    ])
    func `AWS's own words are taken from what the CLI prints`(said: String, message: String) {
        let error = AWSError(said: said, doing: "aws ssm get-parameters", status: .exited(255))
        #expect(error.description == message)
    }
}
