"""From a trained network to a file of weights, such as comes with the package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.training.network import Network
from benchmarks.training.train import Recipe
from cica_qa.reader import text
from cica_qa.reader.weights import pack

SETS = ("arcd_train", "ardqa_dev", "mlqa_ar_dev", "tydiqa_other", "xquad_ar", "xquad_other")
TEXTS = ("wikipedia_distractors",)


def write_weights(
    network: Network, place: Path, data: Path, lower_layers: int, recipes: Mapping[str, Recipe]
) -> None:
    """Write the file of weights of a network, with what it was made of."""
    configuration = {name: asdict(recipe) for name, recipe in recipes.items()}
    about = {
        "lower_layers": lower_layers,
        "data_sha256": _digest(data / f"{name}.jsonl" for name in (*SETS, *TEXTS)),
        "code_sha256": _digest([*sorted(Path(__file__).parent.glob("*.py")), Path(text.__file__)]),
        "configuration_sha256": hashlib.sha256(
            json.dumps(configuration, sort_keys=True).encode()
        ).hexdigest(),
    }
    state = {name: values.cpu().numpy() for name, values in network.state_dict().items()}
    place.write_bytes(pack(state, about))


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
