"""Processes that make and judge plates beside each other."""

import multiprocessing
from multiprocessing.pool import Pool

import cv2


def workers(processes: int) -> Pool:
    """A pool of so many, each with one thread; for a ``with`` statement, at whose end they are ended."""
    return multiprocessing.get_context("spawn").Pool(processes, _alone)


def _alone() -> None:
    """One core each is enough to share out."""
    cv2.setNumThreads(1)
