"""The rules of the house that no tool knows. A rule without a check decays."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from importlib import import_module
from pathlib import Path

import pytest

from fynlo.errors import DomainError
from fynlo.settings.env import BASE_DIR

APPS = ("fynlo", "pos", "payments", "employees", "syncing", "perf")
SIGNALS = {"django.dispatch", "django.db.models.signals", "django.core.signals"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> list[Path]:
    """Every Python file that people write, from the root of the project."""
    found = [path for app in APPS for path in (BASE_DIR / app).rglob("*.py")]
    written = [path for path in (*found, *BASE_DIR.glob("*.py")) if "migrations" not in path.parts]
    return sorted(path.relative_to(BASE_DIR) for path in written)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse((BASE_DIR / path).read_text())


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path in sources():
        for node in ast.walk(parsed(path)):
            yield path, node


def is_test(path: Path) -> bool:
    return "tests" in path.parts or path.name == "conftest.py"


def is_named(path: Path, *names: str) -> bool:
    """`views` is `views.py`, or any file in a package `views`."""
    return any(part in names for part in path.with_suffix("").parts)


def place(path: Path, node: ast.stmt | ast.expr) -> str:
    return f"{path}:{node.lineno}"


def test_files_are_short() -> None:
    lines = {path: len((BASE_DIR / path).read_text().splitlines()) for path in sources()}
    limits = {path: 600 if is_test(path) else 400 for path in lines}
    assert not {str(path): n for path, n in lines.items() if n > limits[path]}


def test_functions_are_short() -> None:
    lengths = {
        place(path, node): (node.end_lineno or 0) - node.lineno + 1
        for path, node in nodes()
        if isinstance(node, Function)
    }
    assert not {where: length for where, length in lengths.items() if length > 60}


def test_views_tasks_and_consumers_read_by_way_of_selectors() -> None:
    touched = [
        place(path, node)
        for path, node in nodes()
        if isinstance(node, ast.Attribute)
        and node.attr in {"objects", "_default_manager", "_base_manager"}
        and is_named(path, "views", "tasks", "consumers")
        and not is_test(path)
    ]
    assert not touched


def test_modules_are_named_for_what_they_hold() -> None:
    vague = ("utils", "util", "helpers", "helper", "common", "misc", "extras")
    assert not [str(path) for path in sources() if is_named(path, *vague)]


def test_packages_have_empty_init_files() -> None:
    celery_starts_here = Path("fynlo/__init__.py")
    written = [path for path in sources() if path.name == "__init__.py" and parsed(path).body]
    assert {str(path) for path in written if not is_an_index(path)} == {str(celery_starts_here)}


def is_an_index(path: Path) -> bool:
    """A package that Django imports by name may list what it is made of, and do no more."""
    only = (ast.Import, ast.ImportFrom, ast.Assign, ast.Expr)
    found = is_named(path, "admin", "models")
    return found and all(isinstance(node, only) for node in parsed(path).body)


def test_nothing_happens_by_signal() -> None:
    imported = [
        place(path, node)
        for path, node in nodes()
        if (isinstance(node, ast.ImportFrom) and node.module in SIGNALS)
        or (isinstance(node, ast.Import) and SIGNALS & {name.name for name in node.names})
    ]
    assert not imported


def test_no_model_has_a_save_or_an_order_of_its_own() -> None:
    classes = [(path, node) for path, node in nodes() if isinstance(node, ast.ClassDef)]
    members = [(path, member) for path, node in classes for member in node.body]
    saves = [
        place(path, member)
        for path, member in members
        if isinstance(member, Function) and member.name in {"save", "delete"}
        if is_named(path, "models")
    ]
    orders = [
        place(path, member)
        for path, member in members
        if isinstance(member, ast.Assign) and "ordering" in {ast.unparse(t) for t in member.targets}
        if is_named(path, "models")
    ]
    assert not saves + orders


def test_no_input_has_a_default_that_requests_would_share() -> None:
    """One serializer serves all: `default=list` makes a list for each request, `[]` does not."""
    shared = [
        place(path, word.value)
        for path, node in nodes()
        if is_named(path, "serializers", "inputs") and isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in {"default", "initial"}
        if isinstance(word.value, ast.List | ast.Dict | ast.Set | ast.ListComp)
    ]
    assert not shared


def published_errors() -> list[type[DomainError]]:
    """Every error of the house that is raised by its own name."""
    for path in sources():
        defines = "(DomainError)" in (BASE_DIR / path).read_text()
        if (path.name == "errors.py" or defines) and not is_test(path):
            import_module(".".join(path.with_suffix("").parts))
    waiting, found = [DomainError], []
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found += [kind for kind in below if ".tests." not in kind.__module__]
    return found


def test_every_code_is_published_once() -> None:
    codes = Counter(kind.code for kind in published_errors())
    assert len(codes) > 40
    assert not {code: count for code, count in codes.items() if count > 1}


@pytest.mark.parametrize("kind", published_errors(), ids=lambda kind: kind.__name__)
def test_an_error_says_its_code_its_status_and_what_to_do(kind: type[DomainError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", kind.code)
    assert 400 <= HTTPStatus(kind.status) <= 599
    assert re.fullmatch(r"[A-Z`].{10,160}[.!?]", kind.message)
