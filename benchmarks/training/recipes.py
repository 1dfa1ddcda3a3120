"""The recipes of the reader's training: shares of sets, steps and rates."""

from __future__ import annotations

from benchmarks.training.train import Recipe

TRUNK_SHARES = {
    "uqa_squad2_train_ur": 0.17,
    "squad_en": 0.14,
    "tydiqa_other": 0.10,
    "pquad_fa": 0.08,
    "mlqa_ar_dev": 0.04,
    "cloze": 0.10,
    "made": 0.18,
    "afriqa_en": 0.03,
    "nq_open_gold_en": 0.02,
    "qed_nq_dev_en": 0.01,
    "heq_he": 0.02,
    "thquad_tr": 0.02,
    "jaquad_ja": 0.02,
    "amqa_am": 0.01,
    "piaf10_fr": 0.01,
    "norquad_no": 0.01,
    "fairytaleqa_span_en": 0.02,
    "friendsqa_en": 0.01,
    "policyqa_en": 0.01,
    "qamr_en": 0.01,
    "facqa_id": 0.01,
    "arnli_ar": 0.02,
    "ans_stance_ar": 0.01,
    "farstail_fa": 0.02,
    "indonli_id": 0.015,
    "fever_symmetric_en": 0.005,
    "condaqa_en": 0.02,
    "sharc_en": 0.01,
    "boolq_en": 0.02,
    "afriqa_yesno": 0.005,
}
TRUNK = Recipe(20_000, TRUNK_SHARES)
