"""The main content of a web page: what is left without menus, adverts, links and forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cica_qa.documents.builder import one_line
from cica_qa.documents.html_nodes import UNSEEN, is_hidden
from cica_qa.documents.package import local

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
# What is so called may be content too: it is around it only if it is little more than links.
_MAYBE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:menu|banner|ads?|popup|modal|toolbar|rating|widgets?|promo|tags?|links|header)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_LEADING = ("ul", "ol", "div", "section", "p", "dl", "table")
_MOST = 0.4  # of the page's text: so much is no clutter, whatever it is called
_LINKED = 0.6  # of a block's text: so much in links, and it only leads elsewhere
_WORTH = 0.6  # of the page's text outside of links that a main element must hold
_HEADLINE_CHARS = 25  # the mean length of links to other articles, where names are shorter


@dataclass(frozen=True, slots=True)
class _Measure:
    """How much text an element has, how much of it in links, how many of these and of headings."""

    text: int = 0
    linked: int = 0
    links: int = 0
    heads: int = 0

    @property
    def own(self) -> int:
        """The length of the text outside of links."""
        return self.text - self.linked

    @property
    def leads(self) -> bool:
        """Whether it is little more than links."""
        return self.linked > _LINKED * self.text or not self.text


def main_content(body: _Element) -> _Element:
    """Return the part of a page to read. What is around it is removed from the tree."""
    _drop([one for one in body.iter() if local(one) in UNSEEN or is_hidden(one)], body)
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
    """Return the measure of each element, in the order of the page."""
    found: dict[_Element, _Measure] = {}
    elements = [element for element in root.iter() if local(element)]
    for element in reversed(elements):  # what is inside comes first
        parts = [found[child] for child in element if child in found]
        tails = sum(_length(child.tail) for child in element)
        text = _length(element.text) + tails + sum(part.text for part in parts)
        linked, links = sum(part.linked for part in parts), sum(part.links for part in parts)
        if local(element) == "a":
            linked, links = text, 1 if text else 0
        head = local(element) in ("h1", "h2")
        heads = sum(part.heads for part in parts) + head
        found[element] = _Measure(text, linked, links, heads)
    return {element: found[element] for element in elements}


def _length(text: str | None) -> int:
    return len(one_line(text)) if text else 0


def _declared(sizes: Mapping[_Element, _Measure]) -> _Element | None:
    """The element that the page itself calls its main one."""
    for find in (
        lambda element: local(element) == "main" or element.get("role") == "main",
        lambda element: element.get("itemprop") == "articleBody",
        lambda element: local(element) == "article",
    ):
        found = [element for element in sizes if find(element)]
        if found:
            return max(found, key=lambda element: sizes[element].own) if len(found) < 3 else None
    return None


def _is_around(element: _Element, size: _Measure) -> bool:
    kind = local(element)
    if kind in ("body", "html", "main", "article"):
        return False
    if kind in _AROUND or element.get("role", "") in _AROUND_ROLES:
        return True
    if kind in ("aside", "header"):
        inside = any(local(one) in ("main", "article") for one in element.iterancestors())
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
    """Whether a block is little more than three links or more to elsewhere.

    In what the page declares to be its main content short links may be a list of names.
    """
    if local(element) not in _LEADING or size.links < 3 or size.heads or not size.leads:
        return False
    headlines = size.linked >= _HEADLINE_CHARS * size.links
    return not declared or (headlines and local(element) != "table")


def _drop(elements: Iterable[_Element], root: _Element) -> None:
    """Remove elements from the tree, and keep the text behind them."""
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
