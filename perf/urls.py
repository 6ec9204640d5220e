"""`urlpatterns` stand under `/api/v1/`, `pages` under `/perf/`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
pages: list[URLPattern] = []
