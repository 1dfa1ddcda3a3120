"""The check that an index was built with the model and the text analysis in use."""

from __future__ import annotations

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.errors import IndexMismatchError
from cica_qa.index.location import Location
from cica_qa.index.manifest import Manifest
from cica_qa.index.problems import rebuild_command
from cica_qa.protocols import Encoder


def require_match(
    index_dir: Location,
    manifest: Manifest,
    encoder: Encoder,
    normalizer: Normalizer,
    analyzer: Analyzer,
) -> None:
    """Raise ``IndexMismatchError`` if the index was built with another model or analysis.

    Fingerprints decide, since one model may go by several names, as a folder by several paths.
    """
    now = encoder.fingerprint, encoder.dimension, normalizer.fingerprint, analyzer.fingerprint
    made = (
        manifest.model_fingerprint,
        manifest.dimension,
        manifest.normalizer_fingerprint,
        manifest.analyzer_fingerprint,
    )
    if now == made:
        return
    command = rebuild_command(index_dir)
    if manifest.model_id != encoder.model_id:
        raise IndexMismatchError(
            f"the index in {index_dir} was made with the model {manifest.model_id!r}, "
            f"not {encoder.model_id!r}. Use that model (--model {manifest.model_id}), or make "
            f"the index again: {command}"
        )
    raise IndexMismatchError(
        f"the index in {index_dir} was made with another version of the model "
        f"{manifest.model_id!r} or of the text analysis. Make it again: {command}"
    )
