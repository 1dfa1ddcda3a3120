"""The main content of a web page: what is left without menus, adverts, links and forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cica_qa.documents.builder import one_line
from cica_qa.documents.html_nodes import UNSEEN, is_hidden, text_of
from cica_qa.documents.package import attribute, local

if TYPE_CHECKING:
    from lxml.etree import _Element

_AROUND = {"nav", "aside", "footer", "form", "button", "select", "textarea", "input", "dialog"}
_AROUND_ROLES = {
    *("navigation", "banner", "contentinfo", "search", "complementary", "dialog", "menu"),
    *("menubar", "alertdialog", "toolbar", "tablist", "status", "alert"),
}
_AROUND_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|side-?bar|footer|breadcrumbs?|share|sharing|social"
    r"|related|comments?|cookies?|banner|adverts?|advertisement|ads?|popup|modal|toolbar|paginat(?:ion|or)"
    r"|pager|newsletter|subscribe|login|skip-?link|rating|toc|editsection|catlinks|navbox|recommend"
    r"(?:ed|ations?)?|most-?read|widgets?|no-?print|print-?footer"
    r"|feedback|promo|sponsor(?:ed)?|tags?)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MOST = 0.4  # of the page's text: so much is no clutter, whatever it is called
_LINKED = 0.6  # of a block's text: so much in links, and it only leads elsewhere
_WORTH = 0.6  # of the page's text outside of links that a main element must hold


def main_content(body: _Element) -> _Element:
    """Return the part of a page to read. What is around it is removed from the tree."""
    _drop(body.iter(), lambda element: local(element) in UNSEEN or is_hidden(element), body)
    whole = _own_length(body)
    _drop(
        list(body.iter()),
        lambda element: _is_around(element) and _own_length(element) <= _MOST * whole,
        body,
    )
    whole = _own_length(body)
    main = _declared(body)
    if main is not None and _own_length(main) < _WORTH * whole:
        main = None
    main = body if main is None else main
    whole = _own_length(main)
    _drop(
        [e for e in main.iter() if local(e) in ("ul", "ol", "div", "table", "section", "p", "dl")],
        lambda element: _only_leads(element) and _own_length(element) <= _MOST * whole,
        main,
    )
    return main


def _declared(body: _Element) -> _Element | None:
    """The element that the page itself calls its main one, or that holds all of those."""
    for find in (
        lambda element: local(element) == "main" or element.get("role") == "main",
        lambda element: element.get("itemprop") == "articleBody",
        lambda element: local(element) == "article",
    ):
        found = [element for element in body.iter("*") if find(element)]
        if found:
            return max(found, key=_own_length) if len(found) < 3 else None
    return None


def _is_around(element: _Element) -> bool:
    kind = local(element)
    if kind in ("body", "html", "main", "article") or not kind:
        return False
    if kind in _AROUND or element.get("role", "") in _AROUND_ROLES:
        return True
    if kind == "header":
        return not any(local(one) == "h1" for one in element.iter())
    if kind in ("td", "th", "tr", "tbody", "h1", "p"):
        return False
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return _AROUND_NAMES.search(names) is not None


def _only_leads(element: _Element) -> bool:
    """Whether a block is little more than three links or more to elsewhere."""
    links = [link for link in element.iter("a") if attribute(link, "href")]
    if len(links) < 3 or any(local(one) in ("h1", "h2") for one in element.iter()):
        return False
    total = len(one_line(text_of(element)))
    linked = sum(len(one_line(text_of(link))) for link in links)
    return linked > _LINKED * total


def _own_length(element: _Element) -> int:
    """The length of an element's text outside of links."""
    total = len(one_line(text_of(element)))
    return total - sum(len(one_line(text_of(link))) for link in element.iter("a"))


def _drop(elements: Iterable[_Element], unwanted: object, root: _Element) -> None:
    """Remove the unwanted of some elements from the tree, and keep the text behind them."""
    assert callable(unwanted)
    for element in list(elements):
        parent = element.getparent()
        if element is root or parent is None or not unwanted(element):
            continue
        if element.tail:
            before = element.getprevious()
            if before is None:
                parent.text = (parent.text or "") + " " + element.tail
            else:
                before.tail = (before.tail or "") + " " + element.tail
        parent.remove(element)
