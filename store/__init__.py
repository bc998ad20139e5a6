"""Everything that knows DuckDB: snapshots, reader, writer, export. Imports nothing of ours."""
