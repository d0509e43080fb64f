"""Holds an answer against MailChimp's published API description, where a copy lies beside the repository.

Formats are not checked: the real service writes "" into date fields.
"""

import json
import re
from collections import Counter
from functools import lru_cache
from typing import Any

import requests
from jsonschema import Draft202012Validator

from tests.support.paths import API_DESCRIPTION

checked_operations: Counter[str] = Counter()


def check(method: str, path: str, answer: requests.Response) -> None:
    """Raise AssertionError where the answer is not as described; nothing without the description."""
    if not API_DESCRIPTION.exists():
        return
    template = _template(path)
    if template is None:
        assert answer.status_code in (404, 405), f"{method} {path} is not described"
        return
    if not answer.ok:
        _errors("ProblemDetailDocument", _problem_schema(), answer.json())
        return
    described = _document()["paths"][template][method.lower()]["responses"]
    assert str(answer.status_code) in described, f"{method} {template}: {answer.status_code}"
    checked_operations[f"{method} {template}"] += 1
    if answer.content:
        content = described[str(answer.status_code)]["content"]
        name = f"{method} {template}"
        _errors(name, content["application/json"]["schema"], answer.json())


def _errors(name: str, schema: dict[str, Any], body: Any) -> None:
    rooted = {"allOf": [schema], "components": _document()["components"]}
    found = [
        f"{each.json_path}: {each.message[:200]}"
        for each in Draft202012Validator(rooted).iter_errors(body)
        if each.instance != ""
    ]
    assert found == [], f"{name}: {found[:5]}"


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(API_DESCRIPTION.read_text(encoding="utf-8"))
    return document


def _problem_schema() -> dict[str, Any]:
    return {"$ref": "#/components/schemas/ProblemDetailDocument"}


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Fixed parts before placeholders."""
    paths = sorted(_document()["paths"], key=lambda each: (each.count("{"), each))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", each)), each) for each in paths]


@lru_cache(maxsize=4096)
def _template(path: str) -> str | None:
    full = f"/3.0{path}"
    return next((each for pattern, each in _patterns() if pattern.fullmatch(full)), None)
