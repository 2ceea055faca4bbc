"""What a page says of where it comes from: no folder of anybody, and no corner of a place."""

import pytest

from aoi.outputs.provenance import plain_command, plain_word, provenance_of

BOX = "104.81234567,11.56789012,104.82345678,11.57890123"

MANIFEST = {
    "command": f"stockade scan '/home/ana/my scenes/a.tif' --area {BOX} --coordinates 1000",
    "parameters": {"area": BOX, "tile": 3280, "archives": ["stac:/home/ana/catalog.json"]},
    "inputs": [{"path": "C:\\Users\\ana\\a.tif"}, {"path": "/home/ana/b.tif"}],
}


def test_a_page_that_rounds_keeps_the_command_and_the_area_to_itself():
    told = provenance_of(MANIFEST, rounded=True)
    assert told.command == ""
    assert list(told.settings) == ["tile", "archives"]


def test_a_page_that_rounds_nothing_tells_the_command_as_typed():
    told = provenance_of(MANIFEST, rounded=False)
    assert told.command == f"stockade scan a.tif --area {BOX} --coordinates 1000"
    assert told.settings["area"] == BOX


@pytest.mark.parametrize("rounded", [True, False])
def test_nobodys_folders_are_on_any_page(rounded):
    area = {**MANIFEST["parameters"], "area": "/home/ana/desk/area.geojson"}
    assert "ana" not in str(provenance_of({**MANIFEST, "parameters": area}, rounded=rounded))


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("/home/ana/a.tif", "a.tif"),
        ("../scenes/", "scenes"),
        (r"C:\Users\ana\a.tif", "a.tif"),
        ("--sites=/home/ana/my sites.csv", "--sites=my sites.csv"),
        ("-o=/home/ana/run", "-o=run"),
        ("stac:/home/ana/catalog.json", "stac:catalog.json"),
        ("file:///home/ana/a.tif", "a.tif"),
        ("stac:https://a.example/c.json", "stac:https://a.example/c.json"),
        ("--source=stac:https://a.example/c", "--source=stac:https://a.example/c"),
        ("hub:sentinel", "hub:sentinel"),
        (BOX, BOX),
        ("--json", "--json"),
    ],
)
def test_of_a_path_only_its_last_part_is_told(word, told):
    assert plain_word(word) == told


def test_a_command_written_down_without_quotes_is_told_all_the_same():
    assert plain_command("stockade scan /home/ana/o'smach/a.tif") == "stockade scan a.tif"
    assert plain_command(r"stockade scan C:\Users\ana\a.tif") == "stockade scan a.tif"
    assert plain_command("") == ""
