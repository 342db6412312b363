"""Threads of libraries below us, settled before these are loaded; what the user has set stays.

numpy and scipy each bring a matrix library, which starts a thread per core. Nothing here multiplies large matrices, and
those threads wait by asking again and again for work: half a second of computing in a question that takes five.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
