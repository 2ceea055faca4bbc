"""Archives: folders, STAC catalogues and services; the only rooms that use the network.

A map of its rooms:

    every archive  base, named, memory;  globe, choose, vocabulary, offsets
    a folder       local, local_*, bundles
    STAC           stac, walk, catalogue, items
    Sentinel Hub   hub, hub_*, products
    bytes          http: answers, links, tokens ──► cache ──► remote ──► shelf ──► assets
    going out      webhook
"""
