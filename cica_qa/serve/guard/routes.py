"""The template of the route that a request took, which holds nothing that a client made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Mount

if TYPE_CHECKING:
    from starlette.types import Scope

UNMATCHED = "unmatched"
"""What stands for all requests that took no route, those refused before included."""


def route_of(scope: Scope) -> str:
    """Return for example ``/v1/documents/{doc_id}``; ``/mcp/*`` inside a mount with no routes.

    To be asked once the request is done, of the scope that went in: the router writes into it.
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
