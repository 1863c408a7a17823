"""This package learns from what people decide: labels, trainings, versions of the model, the card, the questions."""
