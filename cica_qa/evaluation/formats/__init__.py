"""The formats of question sets, one module each; ``cica_qa.evaluation.sets`` recognizes them."""
