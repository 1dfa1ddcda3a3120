"""Write the pages of docs/reference that are made from the code: command line, REST, Python.

Usage: python .ci/reference.py [--check]

With ``--check`` nothing is written; the exit code is 1 if a page is stale.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cica_qa
from cica_qa import errors
from cica_qa.cli import _parser
from cica_qa.serve.app import create_app
from cica_qa.settings import Settings

FOLDER = Path(__file__).resolve().parents[1] / "docs/reference"
NOTE = "This page is generated: `python .ci/reference.py` writes it.\n"
STATUSES = {
    400: "the request cannot be read: nested too deeply, numbers of thousands of digits, or a "
    "`Host` that is not the server's",
    401: "the server has keys, and the request brought none of them",
    403: "documents may not be changed, the key does not allow it, or another site's page asked",
    404: "there is no such collection, document or address",
    405: "the address takes another method; `Allow` says which",
    408: "the request did not arrive in time",
    413: "the body is larger than the server accepts",
    422: "the body is not JSON, or a value is invalid; `detail` says which one, and the limit",
    429: "too many requests a minute; `Retry-After` says when to try again",
    431: "the headers are too long",
    500: "an unexpected error; the server's log says more",
    503: "too many requests at once, or another change of the documents in progress: `Retry-After` "
    "says when to try again; or an index that cannot be read",
    504: "the request took longer than it may",
}
METHODS = ("get", "post", "put", "patch", "delete")


def command_line() -> str:
    """Return the help of every command."""
    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1"}
    parser = _parser()
    (commands,) = (
        action.choices
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    parts = [f"# The command line\n\n{NOTE}"]
    for one in (parser, *commands.values()):
        parts.append(f"\n## {one.prog}\n\n```text\n{one.format_help().rstrip()}\n```\n")
    return "".join(parts)


def rest() -> str:
    """Return every route of the OpenAPI description, with what it takes and answers."""
    no_collections: Any = None  # the description needs none
    described = create_app(no_collections, Settings()).openapi()
    schemas = described["components"]["schemas"]
    parts = [
        f"# REST API\n\n{NOTE}\n",
        "A running server describes these routes at `/openapi.json`. [REST](../how-to/rest.md)\n",
        "shows how to use them, [The server](server.md) lists limits and logs.\n\n",
        "Every error is a problem (RFC 9457, `application/problem+json`) with `title`, `status`,\n",
        "`detail`, `arabic` and `request_id`; the OpenAI-compatible routes use OpenAI's format.\n",
        "`detail` says what to do next, `arabic` is for Arabic readers, and the server's log has\n",
        "a line with the same `request_id`.\n",
    ]
    bodies: list[str] = []
    for path, item in described["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                parts.append(
                    f"\n## {method.upper()} {path}\n\n{_prose(operation['description'])}\n"
                )
                parts += _parameters(operation)
                for name in (_body(operation), _result(operation)):
                    if name and name not in bodies:
                        bodies.append(name)
                parts += _bodies(operation)
    parts.append("\n## Status codes\n\n| status | meaning |\n| --- | --- |\n")
    parts += [f"| {status} | {meaning} |\n" for status, meaning in STATUSES.items()]
    for name in _with_parts(bodies, schemas):
        schema = schemas[name]
        parts.append(f"\n## {name}\n\n{_prose(schema.get('description', ''))}\n\n")
        parts.append("| field | type | default | meaning |\n| --- | --- | --- | --- |\n")
        wanted = schema.get("required", ())
        for field, value in schema.get("properties", {}).items():
            default = "required" if field in wanted else f"`{_literal(value.get('default'))}`"
            about = _prose(value.get("description", "")).replace("|", "\\|")
            parts.append(f"| `{field}` | {_type(value)} | {default} | {about} |\n")
    return "".join(parts)


def _parameters(operation: Mapping[str, Any]) -> Iterator[str]:
    if found := operation.get("parameters"):
        yield "\n| parameter | in | type | default |\n| --- | --- | --- | --- |\n"
        for one in found:
            default = (
                "required" if one["required"] else f"`{_literal(one['schema'].get('default'))}`"
            )
            yield f"| `{one['name']}` | {one['in']} | {_type(one['schema'])} | {default} |\n"


def _bodies(operation: Mapping[str, Any]) -> Iterator[str]:
    taken, given = _body(operation), _result(operation)
    if taken or given:
        yield "\n"
    if taken:
        yield f"- Body: {_link(taken)}\n"
    if given:
        yield f"- Response: {_link(given)}\n"


def _body(operation: Mapping[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return _name(content.get("application/json", {}).get("schema", {}))


def _result(operation: Mapping[str, Any]) -> str:
    good = next(value for status, value in operation["responses"].items() if status < "300")
    return _name(good.get("content", {}).get("application/json", {}).get("schema", {}))


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _with_parts(names: list[str], schemas: Mapping[str, Any]) -> Iterator[str]:
    """Yield schemas and those that they refer to, each once."""
    waiting, seen = list(names), set()
    while waiting:
        if (name := waiting.pop(0)) not in seen and schemas[name].get("properties"):
            seen.add(name)
            yield name
            waiting[:0] = re.findall(r"schemas/(\w+)", str(schemas[name]))


def _type(schema: Mapping[str, Any]) -> str:
    if name := _name(schema):
        return _link(name)
    if "anyOf" in schema:
        kinds = dict.fromkeys(_type(one) for one in schema["anyOf"])
        return " or ".join(kinds)
    if schema.get("prefixItems"):
        return f"array of {len(schema['prefixItems'])} {_type(schema['prefixItems'][0])}s"
    if schema.get("type") == "array":
        return f"array of {_type(schema.get('items', {}))}"
    kind = schema.get("type", "any")
    bounds = [
        f"{word} {schema[key]:.0f}"
        for key, word in (
            ("minimum", "≥"), ("maximum", "≤"),
            ("minLength", "length ≥"), ("maxLength", "length ≤"),
        )
        if key in schema
    ]  # fmt: skip
    return ", ".join(["/".join(kind) if isinstance(kind, list) else kind, *bounds])


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def python() -> str:
    """Return the public names with their signatures and docstrings, and the errors."""
    parts = [
        f"# Python API\n\n{NOTE}\n",
        "These are the names in `cica_qa.__all__`. [Python](../how-to/python.md) shows them at\n",
        "work, and [Settings](settings.md) lists every setting.\n",
    ]
    for name in sorted(set(cica_qa.__all__) - {"__version__", "CicaError"}):
        value = getattr(cica_qa, name)
        parts.append(f"\n## {name}\n\n")
        if inspect.isclass(value):
            parts += _class(value)
        else:
            parts.append(f"{_signature(value, name)}\n{_doc(value)}\n")
    parts.append("\n## Errors\n\n")
    parts.append("All are in `cica_qa.errors`, `CicaError` also in `cica_qa`.\n\n")
    parts.append("| error | is a | meaning |\n| --- | --- | --- |\n")
    for kind in _errors():
        summary = _doc(kind).split("\n\n", 1)[0].replace("\n", " ")
        bases = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
        parts.append(f"| `{kind.__name__}` | {bases} | {summary} |\n")
    return "".join(parts)


def _class(value: type) -> Iterator[str]:
    if not issubclass(value, Settings):
        yield f"{_signature(value, value.__name__)}\n"
    yield f"{_doc(value)}\n"
    fields = {f.name for f in dataclasses.fields(value)} if dataclasses.is_dataclass(value) else ()
    for name, member in vars(value).items():
        plain = getattr(member, "__func__", member)
        if name.startswith(("_", "model_", "settings_")) or name in fields:
            continue
        if isinstance(member, property):
            yield f"\n### {value.__name__}.{name}\n\n{_doc(member)}\n"
        elif inspect.isfunction(plain):
            shown = _signature(plain, f"{value.__name__}.{name}")
            yield f"\n### {value.__name__}.{name}\n\n{shown}\n{_doc(plain)}\n"


def _signature(value: Any, name: str) -> str:
    found = inspect.signature(value)
    kept = [p for p in found.parameters.values() if p.name not in ("self", "cls")]
    inside = [_parameter(p) for p in kept]
    for at, p in reversed([*enumerate(kept)]):
        if p.kind is p.KEYWORD_ONLY and (at == 0 or kept[at - 1].kind is not p.KEYWORD_ONLY):
            inside.insert(at, "*")
    back = found.return_annotation
    arrow = f" -> {str(back).strip(chr(39))}" if isinstance(back, str) and back != "None" else ""
    if inspect.isclass(value):
        arrow = ""
    called = f"async {name}" if inspect.iscoroutinefunction(value) else name
    line = f"{called}({', '.join(inside)}){arrow}"
    if len(line) > 88:
        line = f"{called}(\n" + "".join(f"    {part},\n" for part in inside) + f"){arrow}"
    return f"```text\n{line}\n```\n"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    shown = f"{stars}{parameter.name}: {parameter.annotation}"
    if parameter.default is parameter.empty:
        return shown
    made = type(parameter.default).__name__ == "_HAS_DEFAULT_FACTORY_CLASS"
    return f"{shown} = {'...' if made else repr(parameter.default)}"


def _errors() -> list[type]:
    own = [v for v in vars(errors).values() if inspect.isclass(v)]
    return [v for v in own if issubclass(v, errors.CicaError)]


def _doc(value: object) -> str:
    return _prose(inspect.getdoc(value) or "")


def _prose(text: str) -> str:
    """Return a docstring as Markdown."""
    return re.sub(r"``([^`]+)``", r"`\1`", inspect.cleandoc(text)).strip()


PAGES = {"cli.md": command_line, "rest-api.md": rest, "python-api.md": python}


def main(check: bool) -> int:
    """Write the pages, or report those that are stale."""
    stale = 0
    for name, made in PAGES.items():
        file, text = FOLDER / name, made()
        # Python 3.13 breaks the lines of a usage elsewhere than 3.11 does.
        if file.exists() and file.read_text("utf-8").split() == text.split():
            continue
        stale += 1
        if check:
            print(f"{file.name} is stale: python .ci/reference.py", file=sys.stderr)
        else:
            file.write_text(text, "utf-8")
            print(f"wrote docs/reference/{name}")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
