"""Archives: folders, STAC catalogues and services; the only rooms that use the network."""
