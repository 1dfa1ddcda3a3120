"""The template of a request's route, which holds no text that a client made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Mount

if TYPE_CHECKING:
    from starlette.types import Scope

UNMATCHED = "unmatched"
"""The label of requests that reached no route, including refused ones."""


def route_of(scope: Scope) -> str:
    """Return the route's template, such as ``/v1/documents/{doc_id}``, or ``/mcp/*`` in a mount.

    Call it once the request is done, with the scope that was passed in: the router writes to it.
    """
    if named := scope.get("state", {}).get("route"):
        return str(named)
    root = scope.get("root_path", "")
    mounted = root.removeprefix(scope.get("app_root_path", root))
    route = scope.get("route")
    path = getattr(route, "path", None)
    if isinstance(path, str) and not isinstance(route, Mount):
        return f"{mounted}{path}"
    return f"{mounted}/*" if mounted else UNMATCHED
