"""The reader's network compiled for this processor, and its copy in the cache."""

from __future__ import annotations

import hashlib
import logging
import threading
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from cica_qa.encoders.convert import first_line
from cica_qa.encoders.folders import (
    cache_root,
    folder_lock,
    publish_folder,
    quick_problems,
    read_manifest,
)
from cica_qa.encoders.openvino_network import (
    DEVICE,
    import_openvino,
    machine,
    native_precision,
    options,
)
from cica_qa.reader.graph import Graphs
from cica_qa.reader.layers import NumpyNetwork
from cica_qa.reader.weights import Array, Weights
from cica_qa.settings import Settings

log = logging.getLogger(__name__)

COMPILATION = "2"
LOWER, UPPER = "lower.blob", "upper.blob"
UPPER_PRECISION = "f32"
"""In bf16 scores would be up to 0.1 off; of the lower layers' states that matters less."""
MOST_APART = 0.1
"""How far scores may be from those in single precision, on average; they are about ±10."""
SAMPLE = ((0, 5, 12, 20, 31, 2), (0, 6, 12, *range(40, 72), 2))


class Network(Protocol):
    """From tokens to states, and from the states of a question and a text to scores."""

    def lower(self, ids: tuple[int, ...]) -> Array:
        """Return the states of a question or a window, shape ``(tokens, width)``."""

    def upper(self, question: Array, text: Array) -> Array:
        """Return the scores of starts and of ends, shape ``(tokens, 2)``."""


class _UnusableError(Exception):
    """The copy cannot be used; the message says why."""


class CompiledNetwork:
    """The network on OpenVINO. Safe to share by threads: they take turns."""

    def __init__(self, weights: Weights, lower: Any, upper: Any, memory: object = None) -> None:
        """``memory`` is what the compiled graphs read their weights from."""
        self._weights = weights
        self._lower, self._upper = lower.create_infer_request(), upper.create_infer_request()
        self._lock = threading.Lock()
        self._memory = memory

    def lower(self, ids: tuple[int, ...]) -> Array:
        """Return the states of a question or a window, shape ``(tokens, width)``."""
        embedded = self._weights.embed(ids)
        with self._lock:
            states: Array = self._lower.infer([embedded])[0].copy()
        return states

    def upper(self, question: Array, text: Array) -> Array:
        """Return the scores of starts and of ends, shape ``(tokens, 2)``."""
        with self._lock:
            scores: Array = self._upper.infer([question, text])[0].copy()
        return scores


def load_network(weights: Weights, settings: Settings) -> Network:
    """Return the network compiled, from its copy where there is one that fits.

    Where OpenVINO is missing or the copy cannot be kept, that is logged and the one in NumPy
    returned, which is slower and says the same.
    """
    try:
        openvino = import_openvino()
    except ImportError as error:
        log.info("the reader runs on NumPy, which is slower: %s", first_line(error))
        return NumpyNetwork(weights)
    made_on = {"compilation": COMPILATION, "weights": weights.fingerprint, **machine(openvino)}
    copy = copy_path(weights, settings)
    try:
        return _open(copy, weights, openvino, made_on, settings)
    except _UnusableError as error:
        log.info("compiling the reader for this processor: %s", error)
    try:
        with folder_lock(copy):
            return _make(copy, weights, openvino, made_on, settings)
    except (OSError, RuntimeError, _UnusableError) as error:
        log.warning("the reader runs on NumPy, which is slower: %s", first_line(error))
        return NumpyNetwork(weights)


def copy_path(weights: Weights, settings: Settings) -> Path:
    """Return the folder that the compiled copy has, or will have."""
    key = f"{weights.fingerprint} {settings.threads}"
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return cache_root(settings.cache_dir) / "compiled" / f"reader-{name}"


def _open(
    copy: Path, weights: Weights, openvino: Any, made_on: dict[str, str], settings: Settings
) -> Network:
    if problems := quick_problems(copy):
        raise _UnusableError(f"its copy in {copy}: {problems[0]}")
    manifest = read_manifest(copy)
    for name, now in made_on.items():
        if manifest.get(name) != now:
            raise _UnusableError(f"its copy was made with {name} {manifest.get(name)}, not {now}")
    try:
        core = openvino.Core()
        kept: list[object] = []
        graphs: list[Any] = []
        for name in (LOWER, UPPER):
            mapped = np.memmap(copy / name, np.uint8, "c")
            blob = openvino.Tensor(mapped, shared_memory=True)
            kept += [mapped, blob]
            precision = manifest["precision"] if name == LOWER else UPPER_PRECISION
            chosen = options(precision, settings.threads)
            graphs.append(core.import_model(blob, DEVICE, chosen))
        network = CompiledNetwork(weights, graphs[0], graphs[1], kept)
        apart = float(np.abs(_sampled(network) - np.array(manifest["sample"])).mean())
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise _UnusableError(f"its copy in {copy}: {first_line(error)}") from error
    if not apart <= MOST_APART:
        raise _UnusableError(f"its copy in {copy} is damaged (scores are {apart:.2f} apart)")
    return network


def _make(
    copy: Path, weights: Weights, openvino: Any, made_on: dict[str, str], settings: Settings
) -> Network:
    """Compile the network and publish the copy, unless another process has done so meanwhile."""
    try:
        return _open(copy, weights, openvino, made_on, settings)
    except _UnusableError as error:
        log.debug("compiling: %s", error)
    graphs, core = Graphs(openvino, weights), openvino.Core()
    right = _sampled(NumpyNetwork(weights))

    def compiled(graph: Any, precision: str) -> Any:
        return core.compile_model(graph, DEVICE, options(precision, settings.threads))

    upper = compiled(graphs.upper(), UPPER_PRECISION)
    for precision in dict.fromkeys((native_precision(openvino), "f32")):
        lower = compiled(graphs.lower(), precision)
        apart = float(np.abs(_sampled(CompiledNetwork(weights, lower, upper)) - right).mean())
        if apart <= MOST_APART:
            break
    else:
        raise _UnusableError(f"its scores are {apart:.2f} from what they should be")
    blobs = [bytes(graph.export_model().getvalue()) for graph in (lower, upper)]
    facts = {**made_on, "precision": precision, "apart": apart, "sample": right.tolist()}
    publish_folder(copy, zip((LOWER, UPPER), blobs, strict=True), facts)
    return _open(copy, weights, openvino, made_on, settings)


def _sampled(network: Network) -> Array:
    question, text = map(network.lower, SAMPLE)
    return network.upper(question, text)
