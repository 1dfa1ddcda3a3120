"""Writing a trained network to a weights file, as in the package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.training.network import Network
from benchmarks.training.sets import find
from benchmarks.training.train import Recipe
from cica_qa.models.reader import text
from cica_qa.models.reader.weights import Calibration, pack_weights


def write_weights(
    network: Network,
    calibration: Calibration,
    place: Path,
    data: Path,
    recipes: Mapping[str, Recipe],
) -> None:
    """Write the weights file of a network, with a record of how it was trained."""
    configuration = {name: asdict(recipe) for name, recipe in recipes.items()}
    sets = sorted({name for recipe in recipes.values() for name in recipe.shares})
    about = {
        "sets": sets,
        "data_sha256": _digest(_files(data, sets)),
        "code_sha256": _digest([*sorted(Path(__file__).parent.rglob("*.py")), Path(text.__file__)]),
        "configuration_sha256": hashlib.sha256(
            json.dumps(configuration, sort_keys=True).encode()
        ).hexdigest(),
    }
    state = {name: values.cpu().numpy() for name, values in network.state_dict().items()}
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(pack_weights(state, calibration, about))


def _files(data: Path, sets: Iterable[str]) -> list[Path]:
    names = {"xquad_other" if name.startswith("xquad ") else name for name in sets}
    found = []
    for name in sorted(names):
        try:
            found.append(find(data, name))
        except FileNotFoundError:  # what is made by script
            continue
    return found


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
