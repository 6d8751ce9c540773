"""The insights: a page for who is answerable for the whole, and the figures it draws."""

from __future__ import annotations

from email.utils import formatdate

from starlette.requests import Request
from starlette.responses import Response

from api.contract import JSON, operation
from api.errors import UnknownError
from api.examples.insights import INSIGHTS_EXAMPLE
from api.pages import served
from api.service import service_of
from models.insights import Insights


@operation(
    "GET",
    "/insights",
    "The insights, as a page",
    scope=None,
    gives_media="text/html",
    example_out="<!doctype html>…",
)
async def insights_page(request: Request) -> Response:
    return served(request, "insights/insights.html")


@operation(
    "GET",
    "/insights/{file}",
    "What the page of the insights loads: scripts, style, words by language",
    scope=None,
    gives_media="text/javascript",
    problems=(404,),
    example_out="export const …",
)
async def insights_part(request: Request) -> Response:
    return served(request, f"insights/{request.path_params['file']}")


@operation(
    "GET",
    "/v1/insights",
    "The figures as the offline job computed them last",
    scope="insights:read",
    gives=Insights,
    problems=(404,),
    example_out=INSIGHTS_EXAMPLE,
)
async def insights(request: Request) -> Response:
    found = service_of(request).insights.current
    if found is None:
        raise UnknownError("there are no insights yet; make them with `python -m training insights`")
    headers = {
        "ETag": found.etag,
        "Last-Modified": formatdate(found.written, usegmt=True),
        "Cache-Control": "private, no-cache",
    }
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.data, headers=headers, media_type=JSON)
