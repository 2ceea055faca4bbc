"""The options that several commands take, told in the same words everywhere.

scan(sources: Sources, *, out: Out, device: Device = "auto")
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="Pictures: files, folders, patterns; or an archive: stac:URL, hub:NAME.",
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")]
Area = Annotated[
    str | None, typer.Option(help="A file, a box W,S,E,N, or a name (stockade areas).")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="DAY", help="Only pictures from this day on.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="DAY", help="Only pictures up to this day.")
]
AreaAsked = Annotated[
    str, typer.Option("--area", help="A file, a box W,S,E,N, or a name (stockade areas).")
]
FirstDay = Annotated[str, typer.Option("--from", metavar="DAY", help="First day, UTC.")]
LastDay = Annotated[str, typer.Option("--to", metavar="DAY", help="Last day, UTC.")]
Register = Annotated[
    Path | None, typer.Option("--sites", help="Register of sites; left out, the bundled one.")
]
Gsd = Annotated[
    float | None, typer.Option(metavar="METRES", help="Pixel size where the file has none.")
]
SceneGsd = Annotated[
    float | None,
    typer.Option(
        "--gsd",
        metavar="METRES",
        help="Pixel size; else that of the scenes.",
    ),
]
Bands = Annotated[
    str | None, typer.Option(metavar="R,G,B", help="Band numbers from 1, e.g. 3,2,1.")
]
Stats = Annotated[
    Path | None, typer.Option(help="manifest.json whose contrast statistics to use again.")
]
Weights = Annotated[
    Path | None, typer.Option("--weights", help="A .safetensors file; else the shipped net.")
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
Tile = Annotated[int, typer.Option(help="Side of the largest square tile; 1024 saves memory.")]
TilesAtOnce = Annotated[int, typer.Option("--batch", help="Tiles judged together.")]
NoLots = Annotated[int, typer.Option("--seed", help="Without effect: no lots are drawn.")]
Coordinates = Annotated[
    float | None,
    typer.Option(
        metavar="METRES",
        help="Round coordinates in the report, which then has no pictures, for they would show "
        "the place.",
    ),
]
Licence = Annotated[
    str, typer.Option(help='Of your pictures, in words: "CC BY 4.0"; told with every result.')
]
Credit = Annotated[str, typer.Option(help="Whom a publication of your pictures must name.")]
Collection = Annotated[
    list[str] | None,
    typer.Option(help="Of an archive, as it names it; may be repeated."),
]
Cloud = Annotated[
    float | None, typer.Option(metavar="PER CENT", help="Most cloud in an archive's scene.")
]
CacheFolder = Annotated[
    Path | None, typer.Option("--cache", help="Folder of everything fetched (STOCKADE_CACHE).")
]
Offline = Annotated[bool, typer.Option("--offline", help="Ask no archive; the cache answers.")]
Refresh = Annotated[bool, typer.Option(help="Ask catalogues again, even about days long past.")]
MostScenes = Annotated[int, typer.Option("--most", help="Scenes of a source, at most.")]
FilesAtOnce = Annotated[int, typer.Option("--workers", help="Files read at a time.")]
Pictures = Annotated[
    list[Path] | None,
    typer.Option(
        "--pictures", metavar="PLACE", help="File or folder where pictures are by now."
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Throw away another run that lies in --out.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Tell the outcome as JSON, for machines.")]

LabelledSets = Annotated[Path, typer.Argument(help="TOML that lists labelled sets.")]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Folder that paths in the TOML start from; else the TOML's own folder."
    ),
]
