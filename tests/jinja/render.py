"""Renders templates with Jinja2 in the settings of transformers' chat templates.

Reads JSON from standard input: a list of {"source", "variables"}. Writes JSON: {"versions", "outputs"}, where an
output is the text, or null where Jinja2 raises an error.
"""
import json
import platform
import sys
from datetime import datetime

import jinja2
import jinja2.ext
import jinja2.sandbox


class Generation(jinja2.ext.Extension):
    """The block {% generation %} of transformers: its text is the assistant's."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_text"), [], [], body).set_lineno(line)

    def _text(self, caller):
        return caller()


def refuse(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def environment(now):
    made = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    made.filters["tojson"] = to_json
    made.globals["raise_exception"] = refuse
    made.globals["strftime_now"] = now.strftime
    return made


compiled = {}


def render(env, source, variables):
    try:
        if source not in compiled:
            compiled[source] = env.from_string(source)
        text = compiled[source].render(**variables)
        text.encode("utf-8")
        return text
    except Exception as error:
        if "--errors" in sys.argv:
            print(f"{source[:100]!r}: {type(error).__name__}: {error}", file=sys.stderr)
        return None


def main():
    env = environment(datetime(2024, 12, 9, 15, 4, 5))
    outputs = [render(env, case["source"], case["variables"]) for case in json.load(sys.stdin)]
    versions = {"python": platform.python_version(), "jinja2": jinja2.__version__}
    json.dump({"versions": versions, "outputs": outputs}, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
