"""Checks answers against MailChimp's published API description (OpenAPI).

Its licence does not allow a copy in this repository; without one beside it, nothing is checked. Formats are
never checked, because the real service writes "" into date fields.
"""

import json
import re
from collections import Counter
from functools import lru_cache
from typing import Any

import requests
from jsonschema import Draft202012Validator

from tests.support.paths import API_DESCRIPTION

# How often each operation was checked.
checked_operations: Counter[str] = Counter()


def check(method: str, path: str, answer: requests.Response) -> None:
    """Raise AssertionError if the answer is not as described."""
    if not API_DESCRIPTION.exists():
        return
    template = _path_template(path)
    if template is None:
        assert answer.status_code in (404, 405), f"{method} {path} is not described"
        return
    if not answer.ok:
        _validate("ProblemDetailDocument", _problem_schema(), answer.json())
        return
    responses = _description()["paths"][template][method.lower()]["responses"]
    name, status = f"{method} {template}", str(answer.status_code)
    assert status in responses, f"{name}: {status}"
    checked_operations[name] += 1
    if answer.content:
        _validate(name, responses[status]["content"]["application/json"]["schema"], answer.json())


def _validate(name: str, schema: dict[str, Any], body: Any) -> None:
    with_components = {"allOf": [schema], "components": _description()["components"]}
    errors = [
        f"{error.json_path}: {error.message[:200]}"
        for error in Draft202012Validator(with_components).iter_errors(body)
        if error.instance != ""
    ]
    assert errors == [], f"{name}: {errors[:5]}"


@lru_cache(maxsize=1)
def _description() -> dict[str, Any]:
    description: dict[str, Any] = json.loads(API_DESCRIPTION.read_text(encoding="utf-8"))
    return description


def _problem_schema() -> dict[str, Any]:
    return {"$ref": "#/components/schemas/ProblemDetailDocument"}


@lru_cache(maxsize=1)
def _path_patterns() -> list[tuple[re.Pattern[str], str]]:
    """Paths with fixed parts come before those with placeholders."""
    templates = sorted(_description()["paths"], key=lambda path: (path.count("{"), path))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in templates]


@lru_cache(maxsize=4096)
def _path_template(path: str) -> str | None:
    full_path = f"/3.0{path}"
    matches = (template for pattern, template in _path_patterns() if pattern.fullmatch(full_path))
    return next(matches, None)
