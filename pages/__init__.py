"""One script a page: read the filters, call app, draw."""
