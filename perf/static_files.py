"""Plotly's own script, from its Python package: no copy of five megabytes in this repository."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

FILE = "plotly.min.js"
PREFIX = "perf/vendor"


class PlotlyFinder(BaseFinder):
    """`perf/vendor/plotly.min.js`, and nothing else of the package."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        spec = find_spec("plotly")
        assert spec is not None
        assert spec.origin is not None
        self._folder = Path(spec.origin).parent / "package_data"
        self._storage = FileSystemStorage(location=str(self._folder))
        self._storage.prefix = PREFIX  # type: ignore[attr-defined]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [str(self._folder / FILE)] if path == f"{PREFIX}/{FILE}" else []
        return found if find_all else next(iter(found), [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        yield FILE, self._storage
