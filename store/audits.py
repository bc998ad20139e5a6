"""Audits and fingerprints in the staging database. Call each function inside ``writer.transaction()``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from store.errors import StoreError
from store.results_reader import CODES
from store.writer import Writer

Row = Mapping[str, Any]
FOUND = ("audit_pairs", "audit_leaks", "audit_removed", "audit_label_issues", "audit_facts", "audit_balance")
"""What an audit found, a table a kind; any of them may have no row."""
OF_AUDITS = ("audit_parts", *FOUND, "audits")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AuditRows:
    """The rows of one dataset's audit as the tables of ``schema.sql`` have them."""

    audit: Row
    """The row of ``audits``."""
    parts: Sequence[Row]
    """``part``, ``summary``, ``notes``, in the order in which they are to be read."""
    found: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """By name of the table, one of ``FOUND``; the dataset is added."""


def replace_audit(writer: Writer, rows: AuditRows) -> None:
    """Write an audit in the place of the one of the same dataset.

    Raises
    ------
    StoreError
        A table that is none of an audit's, or a value that does not fit.
    """
    unknown = sorted(set(rows.found) - set(FOUND))
    if unknown:
        raise StoreError(
            f"'{unknown[0]}' is no table of an audit; expected one of {', '.join(FOUND)}. "
            "This is a fault of the program: report it."
        )
    dataset = str(rows.audit["dataset"])
    drop_audits(writer, dataset=dataset)
    writer.append("audits", [rows.audit])
    writer.append("audit_parts", [{"dataset": dataset} | dict(part) for part in rows.parts])
    for table, frame in rows.found.items():
        if len(frame):
            writer.append(table, pa.Table.from_pandas(frame.assign(dataset=dataset), preserve_index=False))


def drop_audits(writer: Writer, *, dataset: str | None = None) -> None:
    """Forget the audit of a dataset; without one, the audits whose experiment has gone."""
    gone = (
        "select dataset from audits where experiment_id is not null "
        "and experiment_id not in (select experiment_id from experiments)"
    )
    datasets = [dataset] if dataset is not None else [row[0] for row in writer.con.execute(gone).fetchall()]
    for table in OF_AUDITS:
        writer.con.execute(
            f"delete from {table} where dataset in (select unnest($names))", {"names": datasets}
        )


def write_fingerprints(
    writer: Writer, version: int, content_hashes: Sequence[str], fingerprints: NDArray[np.uint32]
) -> None:
    """Write fingerprints, each in the place of one of the same content.

    Parameters
    ----------
    version : int
        Of the way they are computed.
    content_hashes : sequence of str, (n,)
    fingerprints : uint32 (n, ...)
        512 numbers each, in any shape.

    Raises
    ------
    StoreError
        Another number of them.
    """
    if not len(content_hashes):
        return
    flat = np.ascontiguousarray(fingerprints, dtype=np.uint32).reshape(-1)
    if len(flat) != CODES * len(content_hashes):
        raise StoreError(
            f"{len(flat):,} numbers came for {len(content_hashes):,} fingerprints; expected {CODES} for each. "
            "This is a fault of the program: report it."
        )
    codes = pa.FixedSizeListArray.from_arrays(pa.array(flat), CODES)
    versions = pa.array([version] * len(content_hashes), pa.int32())
    hashes = pa.array(list(content_hashes), pa.string())
    writer.insert(
        "fingerprints", pa.table({"content_hash": hashes, "version": versions, "fingerprint": codes})
    )


def drop_fingerprints(writer: Writer, *, version: int) -> None:
    """Forget the fingerprints that no clip has any more, and those of another version."""
    writer.con.execute(
        "delete from fingerprints where version != ? or content_hash not in (select content_hash from clips)",
        [version],
    )
