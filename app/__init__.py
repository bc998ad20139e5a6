"""What the pages share: the snapshot, the filters, the charts, the clip player."""
