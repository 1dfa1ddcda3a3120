"""The compiled copy of a model in the cache, opened or made if there is no usable one."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cica_qa.models.cache import (
    cache_root,
    folder_lock,
    publish_folder,
    quick_problems,
    read_folder_manifest,
)
from cica_qa.models.runtime.backend import (
    DEVICE,
    INT8,
    compile_environment,
    first_line,
    import_openvino,
    native_precision,
    options,
)
from cica_qa.models.runtime.eight_bits import in_eight_bits
from cica_qa.models.runtime.network import BLOB, Network
from cica_qa.settings import Settings

log = logging.getLogger(__name__)

_Model = TypeVar("_Model")
_TIMED = 3
"""The number of times that the probes are timed; the shortest time counts."""


class Compilable(Protocol[_Model]):
    """A model that the runtime can compile.

    Attributes:
        name: The kind of model, for messages and the folder of its copy.
        version: The version of the conversion, incremented with every change of it.
        fingerprint: The identity of the model.
        tolerance: The greatest acceptable ``error`` and ``sample_error``.
        eight_bits: Whether weights may be stored in eight bits if that is faster. Results then
            differ between machines by as much as ``tolerance``.

    """

    name: str
    version: str
    fingerprint: str
    tolerance: float
    eight_bits: bool

    def traced(self) -> Iterator[Any]:
        """Yield OpenVINO networks of the model, the fastest first. May need torch."""

    def files(self) -> Iterable[tuple[str, bytes]]:
        """Return the names and contents of the files stored beside the network."""

    def assemble(self, folder: Path, network: Callable[[], Network]) -> _Model:
        """Return the model. ``network`` waits for the network, which is opened in parallel."""

    def probe(self, model: _Model) -> object:
        """Run the probes that the model is compared and timed by, and return their results."""

    def error(self, model: _Model) -> float:
        """Return the difference of the results of ``model`` from those of the reference."""

    def sample(self, model: _Model) -> Sequence[float]:
        """Return a small result of ``model``, by which a damaged copy is detected."""

    def sample_error(self, actual: Sequence[float], expected: Sequence[float]) -> float:
        """Return the difference of two samples."""


class CannotCompileError(Exception):
    """The model cannot be compiled, or its compiled results differ from the reference's."""


class NoRuntimeError(CannotCompileError):
    """OpenVINO is missing or broken."""


class _UnusableError(Exception):
    """The copy cannot be used; the message says why."""


def copy_path(name: str, fingerprint: str, settings: Settings) -> Path:
    """Return the folder of a model's compiled copy in the cache, whether it exists or not."""
    return cache_root(settings.cache_dir) / "compiled" / f"{name}-{fingerprint[:32]}"


def load_compiled(
    source: Compilable[_Model], settings: Settings, *, rebuild: bool = False
) -> _Model:
    """Return the model compiled for this processor, from its copy if that is usable.

    Raises ``NoRuntimeError`` if OpenVINO is missing, ``CannotCompileError`` if the model cannot
    be compiled or the cache cannot be written.
    """
    try:
        openvino = import_openvino()
    except ImportError as error:
        raise NoRuntimeError(first_line(error)) from error
    copy = copy_path(source.name, source.fingerprint, settings)
    environment = {"compilation": source.version, **compile_environment(openvino)}
    if copy.exists() and not rebuild:
        try:
            return _open(source, copy, openvino, environment, settings.threads)
        except _UnusableError as error:
            log.warning("compiling the %s again: %s", source.name, error)
    else:
        log.info("compiling the %s for this processor in %s", source.name, copy)
    try:
        with folder_lock(copy):
            if not rebuild:
                try:  # another process may have made it meanwhile
                    return _open(source, copy, openvino, environment, settings.threads)
                except _UnusableError as error:
                    log.debug("compiling: %s", error)
            _make(source, copy, openvino, environment, settings.threads)
            return _open(source, copy, openvino, environment, settings.threads)
    except OSError as error:
        raise CannotCompileError(f"its compiled copy cannot be kept: {error}") from error
    except _UnusableError as error:
        raise CannotCompileError(str(error)) from error


def _open(
    source: Compilable[_Model],
    copy: Path,
    openvino: Any,
    environment: dict[str, str],
    threads: int | None,
) -> _Model:
    """Open a copy.

    Raises ``_UnusableError`` if it is damaged or outdated, ``CannotCompileError`` if it records
    that the model cannot be compiled.
    """
    if problems := quick_problems(copy):
        raise _UnusableError(f"its copy in {copy} is damaged ({problems[0]})")
    manifest = read_folder_manifest(copy)
    for name, now in environment.items():
        if manifest.get(name) != now:
            raise _UnusableError(f"its copy was made with {name} {manifest.get(name)}, not {now}")
    if reason := manifest.get("cannot_compile"):
        raise CannotCompileError(reason)
    try:
        with ThreadPoolExecutor(1) as pool:  # reading the other files takes as long
            opened = pool.submit(Network.open, copy, openvino, manifest["precision"], threads)
            model = source.assemble(copy, opened.result)
        # The sample also warms the network up for the first question.
        error = source.sample_error(source.sample(model), manifest["sample"])
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as failure:
        raise _UnusableError(f"its copy in {copy}: {first_line(failure)}") from failure
    if not error <= source.tolerance:
        raise _UnusableError(f"its copy in {copy} is damaged (its results are {error:.4f} off)")
    return model


def _make(
    source: Compilable[_Model],
    copy: Path,
    openvino: Any,
    environment: dict[str, str],
    threads: int | None,
) -> None:
    """Compile the model and publish its copy, which may record that it cannot be compiled.

    The copy has the first precision within the tolerance or, if weights may be in eight bits, the
    one that is fastest here.
    """
    facts: dict[str, object] = {"fingerprint": source.fingerprint, **environment}
    why = "it has no network"  # a text, as the frames of an error would keep the model alive
    try:
        for network in source.traced():
            made: list[_Compiled] = []
            for precision in _precisions(source, openvino):
                try:
                    made.append(_verified(source, network, openvino, precision, threads))
                except CannotCompileError as error:
                    why = str(error)
                if made and not source.eight_bits:
                    break
            if made:
                best = min(made, key=lambda one: one.seconds)
                files = [(BLOB, best.blob), *source.files()]
                publish_folder(copy, files, {**facts, **best.facts})
                return
    except CannotCompileError as error:
        why = str(error)
    except OSError:
        raise
    except Exception as error:  # a model's own code and the converter may raise anything
        why = f"it cannot be converted: {first_line(error)}"
    publish_folder(copy, [], {**facts, "cannot_compile": why})


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A compiled network, the facts for its manifest, and the seconds that the probes take."""

    blob: bytes
    facts: dict[str, object]
    seconds: float


def _precisions(source: Compilable[_Model], openvino: Any) -> list[str]:
    """Return the precisions to try, the native one of the processor first."""
    own = [native_precision(openvino), *([INT8] if source.eight_bits else []), "f32"]
    return list(dict.fromkeys(own))


def _verified(
    source: Compilable[_Model],
    network: Any,
    openvino: Any,
    precision: str,
    threads: int | None,
) -> _Compiled:
    """Return a compiled network after comparing its results with the reference's.

    Raises ``CannotCompileError`` if they differ too much or OpenVINO fails.
    """
    with tempfile.TemporaryDirectory(prefix="cica-qa-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            file = folder / "network.xml"
            openvino.save_model(network, file, compress_to_fp16=precision != "f32")
            read = openvino.Core().read_model(file)
            if precision == INT8 and not in_eight_bits(openvino, read):
                raise CannotCompileError("it has no weights to be put into eight bits")
            compiled = openvino.Core().compile_model(read, DEVICE, options(precision, threads))
            for beside, content in source.files():
                (folder / beside).write_bytes(content)
            opened = Network(compiled)
            model = source.assemble(folder, lambda: opened)
            error = source.error(model)
            if not error <= source.tolerance:
                raise CannotCompileError(f"its results are {error:.4f} off the reference's")
            blob = bytes(compiled.export_model().getvalue())
            sample = list(source.sample(model))
            told: dict[str, object] = {"precision": precision, "error": error, "sample": sample}
            return _Compiled(blob, told, min(_seconds(source, model) for _ in range(_TIMED)))
        except RuntimeError as failure:
            raise CannotCompileError(f"OpenVINO: {first_line(failure)}") from failure


def _seconds(source: Compilable[_Model], model: _Model) -> float:
    start = time.perf_counter()
    source.probe(model)
    return time.perf_counter() - start
