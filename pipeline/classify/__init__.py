"""Classifiers over views. A new one is a module here and one line in ``CLASSIFIERS``."""

from __future__ import annotations

from pipeline.classify import baselines, kernels, linear, neighbours, trees
from pipeline.classify.classifier import Classifier

CLASSIFIERS: dict[str, Classifier] = {
    "logistic": linear.LOGISTIC,
    "svm_linear": linear.SVM,
    "svm_rbf": kernels.RBF,
    "svm_laplace": kernels.LAPLACE,
    "knn": neighbours.CLASSIFIER,
    "forest": trees.FOREST,
    "boosting": trees.BOOSTING,
    "chance": baselines.CHANCE,
    "majority": baselines.MAJORITY,
}
