"""Whatever is added, replaced, moved and deleted: the index is the one made from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st
from word_encoder import build

from cica_qa.index.generation import open_generation
from cica_qa.types import Document

WORDS = st.sampled_from("القط قط نام في المدينة مدينه المدينة 1999 عام، ثم. و؟ Asia أكل".split())
TEXTS = st.lists(WORDS, min_size=1, max_size=30).map(lambda words: "كلمة " + " ".join(words))
DOCUMENTS = st.builds(Document, st.sampled_from("12345"), st.sampled_from(["عنوان", "قط"]), TEXTS)
COLLECTIONS = st.lists(DOCUMENTS, min_size=1, max_size=5, unique_by=lambda one: one.doc_id)
ONE, TWO = Document("1", "قط", "القط نام. القط أكل."), Document("2", "مدينة", "نام في المدينة.")


@given(st.lists(COLLECTIONS, min_size=2, max_size=4))
@example([[ONE, TWO], [TWO]])
@example([[ONE], [TWO, ONE]])
@example([[ONE, TWO], [TWO, ONE]])
@settings(max_examples=40, deadline=None)
def test_an_index_that_changed_has_the_files_of_one_made_anew(
    versions: Sequence[Sequence[Document]],
) -> None:
    with TemporaryDirectory() as name:
        changed, anew = Path(name, "changed"), Path(name, "anew")
        for documents in versions:
            build(documents, changed)
        build(versions[-1], anew)
        assert open_generation(changed).manifest.files == open_generation(anew).manifest.files
