"""The documentation of the interface as a page, made from its OpenAPI document: no script, no other host."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

Document = Mapping[str, Any]

FEW = 3  # items of an array of fixed length that are written out


def render(openapi: Document, origin: str) -> str:
    """An HTML page that says what `/openapi.json` says; `origin`: where to ask, like https://digits.example."""
    info = openapi["info"]
    operations = [
        (path, method, operation) for path, methods in openapi["paths"].items() for method, operation in methods.items()
    ]
    contents = "".join(
        f'<li><a href="#{_anchor(method, path)}"><b>{method.upper()}</b> {escape(path)}</a> '
        f"{escape(each['summary'])}</li>"
        for path, method, each in operations
    )
    body = "".join("".join(_operation(origin, path, method, each)) for path, method, each in operations)
    schemas = "".join(_schema(name, schema) for name, schema in openapi["components"]["schemas"].items())
    problems = _problems(openapi["components"]["responses"])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}: HTTP interface</title>"
        '<link rel="stylesheet" href="docs.css"></head><body><main>'
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"{_prose(info['description'])}"
        '<p><a href="./">Draw</a> · <a href="openapi.json">OpenAPI document</a></p>'
        f"<nav><ul>{contents}</ul></nav>{body}<h2>Problems</h2>{problems}<h2>Shapes</h2>{schemas}</main></body></html>"
    )


def _anchor(method: str, path: str) -> str:
    return escape(f"{method}{path.replace('/', '-')}")


def _prose(text: str) -> str:
    """Paragraphs, with `code` marked as such."""
    paragraphs = (escape(paragraph).split("`") for paragraph in text.split("\n\n"))
    return "".join(
        f"<p>{''.join(f'<code>{part}</code>' if index % 2 else part for index, part in enumerate(parts))}</p>"
        for parts in paragraphs
    )


def _operation(origin: str, path: str, method: str, operation: Document) -> Iterator[str]:
    yield f'<section id="{_anchor(method, path)}"><h2><b>{method.upper()}</b> {escape(path)}</h2>'
    yield _prose(operation.get("description", operation["summary"]))
    yield f'<pre tabindex="0">{escape(_curl(origin + path, method, operation))}</pre>'
    rows = [
        (
            each["name"],
            f"`{_type(each['schema'])}`",
            f"`{json.dumps(each['schema'].get('default'))}`",
            each["description"],
        )
        for each in operation.get("parameters", ())
    ]
    yield _table(("Query parameter", "Type", "Default", ""), rows)
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        yield _prose(operation["requestBody"]["description"])
    yield _table(("Content-Type", "Body"), [(media, _body(each["schema"])) for media, each in content.items()])
    yield _table(
        ("Status", "Content-Type", ""),
        [
            (status, ", ".join(f"`{media}`" for media in response.get("content", ())), response["description"])
            for status, response in operation["responses"].items()
        ],
    )
    yield "</section>"


def _curl(address: str, method: str, operation: Document) -> str:
    """Lines to try it with."""
    if method == "get":
        return f"curl {address}"
    lines = []
    for media, each in operation["requestBody"]["content"].items():
        if media == "application/json":
            values = (json.dumps(example["value"]) for example in each["examples"].values())
            lines += [f"curl -H 'Content-Type: {media}' -d '{value}' {address}" for value in values]
        elif media == "multipart/form-data":
            lines.append(f"curl -F file=@7.png {address}")
        elif media == "image/png":
            lines.append(f"curl -H 'Content-Type: {media}' --data-binary @7.png {address}")
    return "\n".join(lines)


def _body(schema: Document) -> str:
    if "oneOf" in schema:
        return "; or ".join(f"{each['description']} `{_type(each)}`" for each in schema["oneOf"])
    return str(schema["description"])


def _type(schema: Document) -> str:
    """A JSON Schema in a few characters."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return _array(_type(schema["items"]), schema.get("minItems", 0), schema.get("maxItems"))
    if schema.get("type") == "object" and "properties" in schema:
        return "{" + ", ".join(f'"{name}": {_type(each)}' for name, each in schema["properties"].items()) + "}"
    return str(schema.get("type", "anything"))


def _array(item: str, least: int, most: int | None) -> str:
    """An array of such items, like `[number, number]`, `[number, ... 10 in all]` or `[number, ... up to 100]`."""
    if most is None:
        return f"[{item}, ...]"
    if least < most:
        return f"[{item}, ... up to {most:,}]"
    return f"[{', '.join([item] * most)}]" if most <= FEW else f"[{item}, ... {most:,} in all]"


def _problems(responses: Document) -> str:
    examples = [
        example["value"]
        for response in responses.values()
        for content in response["content"].values()
        for example in content["examples"].values()
    ]
    return _table(("Type", "Status", ""), [(each["type"], str(each["status"]), each["title"]) for each in examples])


def _schema(name: str, schema: Document) -> str:
    rows = [
        (member, f"`{_type(each)}`", each.get("description", ""))
        for member, each in schema.get("properties", {}).items()
    ]
    return f"<h3>{escape(name)}</h3>{_prose(schema.get('description', ''))}{_table(('Member', 'Type', ''), rows)}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    titles = "".join(f'<th scope="col">{escape(title)}</th>' if title else "<td></td>" for title in head)
    lines = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(
            f'<td data-title="{escape(title)}">{_prose(cell)}</td>' if cell else "<td></td>"
            for title, cell in zip(head[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"
