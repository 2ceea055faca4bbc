"""Pixels into places: frames, doors, tiles, shapes, scores.  Never torch."""
