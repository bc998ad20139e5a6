"""The commands of ``python -m pipeline``, one file each: ``add_arguments`` and ``run``."""
