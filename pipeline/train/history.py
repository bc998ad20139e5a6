"""What a training tells of each epoch, and the names under which it does."""

from __future__ import annotations

Row = tuple[int, str, float]
"""Epoch, from 1, a metric's name and its value."""

TRAIN_LOSS, TRAIN_ACCURACY, LEARNING_RATE = "train_loss", "train_accuracy", "learning_rate"
VALIDATION_LOSS, VALIDATION_ACCURACY = "validation_loss", "validation_accuracy"
TEST_LOSS, TEST_ACCURACY = "test_loss", "test_accuracy"
"""Of clips that nothing is chosen on: only the learning curve shows them."""
