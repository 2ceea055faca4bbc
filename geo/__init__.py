"""Pixels into places: frames, doors, tiles, shapes, scores.  Never torch.

A map of its rooms; each stands on those above it.

    words       errors, types, log, bands, when
    frames      grid, lattice, raster, scene, candidate
    doors in    images, read ──► place, inside, attached, vrt, plain, reader, stretch;
                vectors, sources
    doors out   write, cog, store;  geopackage
    hands       flow (three at once), work (here, in processes, on a cluster), retry
    tiles       tiles ──► (a net) ──► blend
    alike       prepare (clouds, numbers, where they lie), correlate, agree
    barriers    heights, rim ──► escape, flood;  follow ──► walls (drawn as lines)
    traps       runlengths ──► rooms ──► ground, fill ──► basins ──► trap, rounds, islands
    yards       survey: perimeter, feet, ridge, subordination ──► yard;  sheet, blocks ──► yards
    roofs       patches: contours, weigh, looks ──► roofs;  outline
    compounds   layout, evidence ──► score: term, reasons
    time        change (two pictures), series (many dates)
"""
