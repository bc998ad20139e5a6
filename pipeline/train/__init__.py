"""Networks of our own, trained on the clips of the store. Each recipe is one module here."""
