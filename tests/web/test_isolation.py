"""Every part with requests shuts out what htmx would inherit from the Host's page."""

import re
from pathlib import Path

import cxmc_ext


def test_every_root_element_is_isolated() -> None:
    templates = Path(cxmc_ext.__file__).parent / "templates"
    roots = [
        (path.name, tag)
        for path in templates.glob("**/*.html")
        for tag in re.findall(r'<section class="cxmc[ "][^>]*', path.read_text("utf-8"))
        if path.name != "error.html"  # has no htmx and nothing around it
    ]
    assert len(roots) > 8
    assert [name for name, tag in roots if "{{ isolation }}" not in tag] == []


def test_every_element_with_a_request_names_its_own_target_and_swap() -> None:
    templates = Path(cxmc_ext.__file__).parent / "templates"
    for path in templates.glob("**/*.html"):
        text = path.read_text("utf-8")
        requests = len(re.findall(r"\bhx-(?:get|post)=", text))
        assert text.count("hx-target=") == requests, path.name
        assert text.count("hx-swap=") == requests, path.name
