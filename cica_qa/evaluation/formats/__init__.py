"""The formats of question sets, a module each; ``cica_qa.evaluation.sets`` tells which is which."""
