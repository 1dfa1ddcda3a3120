"""The main content of a web page, without menus, adverts, lists of links and forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cica_qa.documents.builder import clean_line
from cica_qa.documents.html_nodes import UNSEEN, is_hidden
from cica_qa.documents.package import local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

_AROUND = {"nav", "footer", "form", "button", "select", "textarea", "input", "dialog"}
_AROUND_ROLES = {
    *("navigation", "banner", "contentinfo", "search", "complementary", "dialog", "menu"),
    *("menubar", "alertdialog", "toolbar", "tablist", "status", "alert"),
}
_AROUND_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|side-?bar|footer|breadcrumbs?|share|sharing|social|related"
    r"|comments?|cookies?|adverts?|advertisement|paginat(?:ion|or)|pager|newsletter|subscribe|login"
    r"|skip-?link|toc|editsection|catlinks|navbox|recommend(?:ed|ations?)?|most-?read|no-?print"
    r"|print-?footer|feedback|sponsor(?:ed)?)(?:$|[\s_-])",
    re.IGNORECASE,
)
# Elements with these names may hold content; they are clutter only if they are mostly links.
_MAYBE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:menu|banner|ads?|popup|modal|toolbar|rating|widgets?|promo|tags?|links|header)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_LEADING = ("ul", "ol", "div", "section", "p", "dl", "table")
_MOST = 0.4  # share of the page's text above which an element is content, whatever its name
_LINKED = 0.6  # share of linked text above which a block is mere navigation
_WORTH = 0.6  # share of the page's unlinked text that a declared main element must hold
_HEADLINE_CHARS = 25  # mean length of links to other articles; links that are names are shorter


@dataclass(frozen=True, slots=True)
class _Measure:
    """The amount of text in an element: in all, within links, and the counts of links and h1/h2."""

    text: int = 0
    linked: int = 0
    links: int = 0
    heads: int = 0

    @property
    def own(self) -> int:
        """The length of the text outside links."""
        return self.text - self.linked

    @property
    def leads(self) -> bool:
        """Whether the element is little more than links."""
        return self.linked > _LINKED * self.text or not self.text


def main_content(body: _Element) -> _Element:
    """Return the element with the main content. Clutter is removed from the tree in place."""
    _drop([one for one in body.iter() if local_name(one) in UNSEEN or is_hidden(one)], body)
    sizes = _measured(body)
    most = _MOST * sizes[body].own
    _drop([one for one, size in sizes.items() if size.own <= most and _is_around(one, size)], body)
    sizes = _measured(body)
    declared = _declared(sizes)
    if declared is not None and sizes[declared].own < _WORTH * sizes[body].own:
        declared = None
    main = body if declared is None else declared
    most = _MOST * sizes[main].own
    inner = set(main.iter())
    _drop(
        [
            one
            for one, size in sizes.items()
            if one in inner and size.own <= most and _only_leads(one, size, declared is not None)
        ],
        main,
    )
    return main


def _measured(root: _Element) -> dict[_Element, _Measure]:
    """Return the measure of each element, in document order."""
    found: dict[_Element, _Measure] = {}
    elements = [element for element in root.iter() if local_name(element)]
    for element in reversed(elements):  # descendants first
        parts = [found[child] for child in element if child in found]
        tails = sum(_length(child.tail) for child in element)
        text = _length(element.text) + tails + sum(part.text for part in parts)
        linked, links = sum(part.linked for part in parts), sum(part.links for part in parts)
        if local_name(element) == "a":
            linked, links = text, 1 if text else 0
        head = local_name(element) in ("h1", "h2")
        heads = sum(part.heads for part in parts) + head
        found[element] = _Measure(text, linked, links, heads)
    return {element: found[element] for element in elements}


def _length(text: str | None) -> int:
    return len(clean_line(text)) if text else 0


def _declared(sizes: Mapping[_Element, _Measure]) -> _Element | None:
    """Return the element that the page itself declares as its main content."""
    for find in (
        lambda element: local_name(element) == "main" or element.get("role") == "main",
        lambda element: element.get("itemprop") == "articleBody",
        lambda element: local_name(element) == "article",
    ):
        found = [element for element in sizes if find(element)]
        if found:
            return max(found, key=lambda element: sizes[element].own) if len(found) < 3 else None
    return None


def _is_around(element: _Element, size: _Measure) -> bool:
    kind = local_name(element)
    if kind in ("body", "html", "main", "article"):
        return False
    if kind in _AROUND or element.get("role", "") in _AROUND_ROLES:
        return True
    if kind in ("aside", "header"):
        inside = any(local_name(one) in ("main", "article") for one in element.iterancestors())
        if kind == "header":
            return not inside and not size.heads
        return size.leads or not inside
    if kind in ("td", "th", "tr", "tbody", "h1", "h2", "p"):
        return False
    names = f"{element.get('class', '')} {element.get('id', '')}"
    if _AROUND_NAMES.search(names):
        return True
    return size.leads and _MAYBE_NAMES.search(names) is not None


def _only_leads(element: _Element, size: _Measure, declared: bool) -> bool:
    """Return whether a block is little more than three or more links.

    Within declared main content only long links count, as short ones may be a list of names.
    """
    if local_name(element) not in _LEADING or size.links < 3 or size.heads or not size.leads:
        return False
    headlines = size.linked >= _HEADLINE_CHARS * size.links
    return not declared or (headlines and local_name(element) != "table")


def _drop(elements: Iterable[_Element], root: _Element) -> None:
    """Remove elements from the tree but keep the text after them."""
    for element in elements:
        parent = element.getparent()
        if element is root or parent is None:
            continue
        if element.tail:
            before = element.getprevious()
            if before is None:
                parent.text = (parent.text or "") + " " + element.tail
            else:
                before.tail = (before.tail or "") + " " + element.tail
        parent.remove(element)
