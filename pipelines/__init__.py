"""The thinking of cloudhold: pure, without network and without screens."""

import os

# numpy's linear algebra, which nothing here uses, starts a thread for each further processor, and such a thread spends
# processor time on waiting.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
