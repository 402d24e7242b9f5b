"""call.py REGION make-repositories NAME… | call.py REGION SERVICE OPERATION [--parameter [VALUE…]]…

The second form is the AWS CLI's, as far as a build's parameters and secrets need it: answers are JSON, errors in the CLI's words.
"""

import json
import os
import sys

import boto3
import registry
from botocore.exceptions import BotoCoreError, ClientError


def client(service, region):
    return boto3.client(
        service, region, endpoint_url="http://127.0.0.1:5000", aws_access_key_id="local", aws_secret_access_key="local"
    )


def make_repositories(region, names):
    """Makes those that are missing; a name may be a whole URI, too."""
    for name in names:
        host, _, path = name.partition("/")
        match = registry.HOST.fullmatch(host)
        if match:
            name = path
        ecr = client("ecr", match["region"] if match else region)
        account = match["account"] if match else os.environ["MOTO_ACCOUNT_ID"]
        ecr.meta.events.register(
            "before-sign.ecr", lambda request, account=account, **_: request.headers.add_header("x-moto-account-id", account)
        )
        try:
            ecr.create_repository(repositoryName=name)
        except ecr.exceptions.RepositoryAlreadyExistsException:
            pass


def camel(word):
    return "".join(part.capitalize() for part in word.split("-"))


def call(region, service, operation, words):
    method = operation.replace("-", "_")
    chosen = client(service, region)
    shape = chosen.meta.service_model.operation_model(chosen.meta.method_to_api_mapping[method]).input_shape
    parameters, values = {}, {}
    for word in words:
        if word.startswith("--"):
            values = parameters.setdefault(camel(word[2:]), [])
        else:
            values.append(word)
    for name, values in parameters.items():
        kind = shape.members[name].type_name
        parameters[name] = values if kind == "list" else True if kind == "boolean" else values[0]
    answer = getattr(chosen, method)(**parameters)
    answer.pop("ResponseMetadata", None)
    return json.dumps(answer, default=str)


def main():
    region, service, *rest = sys.argv[1:]
    try:
        if service == "make-repositories":
            make_repositories(region, rest)
        else:
            print(call(region, service, rest[0], rest[1:]))
    except (BotoCoreError, ClientError) as error:
        sys.exit(str(error))


main()
