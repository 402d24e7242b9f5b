"""schema-verdicts.py SCHEMA FILE…: what the JSON Schema says of each YAML file, one JSON object a line.

{"file": …, "syntax": false} where PyYAML cannot read it, else {"file": …, "syntax": true, "texts": [messages],
"typed": [messages]}: the schema's complaints when every scalar is the text it was written as (as buildspec reads it),
and when scalars have YAML 1.1's types.
"""

import json
import sys

import jsonschema
import yaml


class Typed(yaml.SafeLoader):
    """YAML 1.1 without its dates: JSON has none."""


Typed.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Texts(yaml.SafeLoader):
    """Nothing but texts and nulls; merge keys merge."""


Texts.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def complaints(validator, bytes, loader):
    document = yaml.load(bytes, Loader=loader)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}"[:300] for error in validator.iter_errors(document)]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    for path in sys.argv[2:]:
        with open(path, "rb") as file:
            content = file.read()
        try:
            verdict = {
                "syntax": True,
                "texts": complaints(validator, content, Texts),
                "typed": complaints(validator, content, Typed),
            }
        except (yaml.YAMLError, UnicodeError):
            verdict = {"syntax": False}
        print(json.dumps({"file": path, **verdict}))


main()
