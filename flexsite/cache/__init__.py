"""What was computed once is kept, under a name made from everything it depends on.

A cache is a folder of entries `<kind>/<first two of the key>/<key>/`. An entry is complete or absent, whatever happens
to the process or the machine while it is written; any number of runs may share a folder.
"""

from flexsite.cache.digest import sha256
from flexsite.cache.entry import Entry
from flexsite.cache.keys import key
from flexsite.cache.sizes import size_from, size_text, table
from flexsite.cache.store import Cache
from flexsite.cache.upkeep import Removed

__all__ = ["Cache", "Entry", "Removed", "key", "sha256", "size_from", "size_text", "table"]
