"""Street files: OpenStreetMap, GraphML, tables of nodes and edges, graphs in osmnx form."""
