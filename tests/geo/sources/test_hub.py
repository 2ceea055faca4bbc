"""Sentinel Hub's own client against a server on loopback."""

from datetime import date

import pytest
from sentinelhub.config import SHConfig
from shapely.geometry import box, mapping

from geo.errors import InputError, SourceError, UsageError
from geo.sources import hub
from geo.sources.cache import Cache
from geo.sources.globe import frame
from geo.sources.hub import HubSource, configured, open_hub
from tests.geo.sources import hostile
from tests.geo.sources.drawn import BAVET, wish
from tests.geo.sources.hub_server import SECRET, HubServer


def feature(name: str, day: int, ground=BAVET, *, second: int = 0, **properties) -> dict:
    """A scene as the catalogue tells of it."""
    time = f"2025-11-{day:02d}T03:30:{second:02d}+00:00"
    return {
        "type": "Feature", "id": name, "geometry": mapping(ground), "bbox": list(ground.bounds),
        "properties": {"datetime": time, "platform": "sentinel-2b", "eo:cloud_cover": 10.0}
        | properties,
    }  # fmt: skip


@pytest.fixture
def server():
    """A hub with two days, one of them in two tiles."""
    with HubServer() as running:
        west, south, east, north = BAVET.bounds
        left = box(west - 0.1, south, (west + east) / 2, north)
        right = box((west + east) / 2, south, east + 0.1, north)
        running.features = [
            feature("one", 3, left),
            feature("one_b", 3, right, second=14, **{"eo:cloud_cover": 30.0}),
            feature("two", 8),
        ]
        yield running
        running.shutdown()


@pytest.fixture
def hub_of(server, tmp_path, monkeypatch):
    """A function that opens the hub as some client."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # loopback has no certificate
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(hub, "ATTEMPTS", 3)

    def make(client: str = "me", secret: str = SECRET, **words) -> HubSource:
        config = configured(SHConfig(use_defaults=True), server.url, f"{server.url}/token")
        config.sh_client_id, config.sh_client_secret = client, secret
        config.download_sleep_time = 0.05
        usual = {"name": "hub:test", "config": config, "cache": Cache(tmp_path / "cache")}
        return HubSource(**usual | words)

    return make


def test_tiles_of_one_moment_are_one_scene(hub_of):
    scenes = hub_of().find(wish()).scenes
    assert [s.id for s in scenes] == ["one", "two"]
    assert scenes[0].cloud == pytest.approx(0.2)
    assert scenes[0].footprint.covers(BAVET)
    assert scenes[0].asset_of("red").bands == ("blue", "green", "red", "nir")


def test_a_window_comes_on_exactly_the_grid_asked_for(hub_of, server):
    source = hub_of()
    scene = source.find(wish()).scenes[0]
    grid = frame(BAVET, 50)
    raster = source.read(scene, scene.asset_of("red"), grid)
    assert raster.names == ("blue", "green", "red", "nir")
    assert raster.valid.all()
    top = grid.affine.f - 25
    assert raster.bands[2, 0, 0] == int(top // 10 % 5000)
    assert raster.bands[2, 5, 0] == int((top - 250) // 10 % 5000)
    said = server.asked[-1]
    assert said["input"]["data"][0]["dataFilter"]["timeRange"]["from"] == "2025-11-03T03:29:30Z"
    scl = source.read(scene, scene.asset_of("scl"), grid)
    assert (scl.bands == 4).all()
    assert scl.bands.dtype == "uint8"


def test_a_window_too_large_is_asked_for_in_pieces_that_fit(hub_of, server, monkeypatch):
    source = hub_of()
    scene = source.find(wish()).scenes[0]
    grid = frame(BAVET, 50)
    whole = source.read(scene, scene.asset_of("red"), grid)
    monkeypatch.setattr(hub, "SIDE", 40)
    server.hits.clear()
    pieces = source.read(scene, scene.asset_of("red"), grid)
    assert server.hits["process"] == 3 * 3
    assert (pieces.bands == whole.bands).all()


def test_radar_is_asked_for_as_power_flat_on_the_ground(hub_of, server):
    source = hub_of()
    scene = source.find(wish(collections=("sentinel-1-grd",))).scenes[0]
    raster = source.read(scene, scene.asset_of("vv"), frame(BAVET, 200))
    assert raster.bands[0].max() == pytest.approx(0.1)
    assert raster.bands[1].max() == pytest.approx(0.01)
    said = server.asked[-1]["input"]["data"][0]
    assert said["processing"] == {"backCoeff": "GAMMA0_TERRAIN", "orthorectify": True}


def test_what_was_cut_once_is_never_cut_again(hub_of, server):
    source = hub_of(today=date(2026, 3, 1))
    scene = source.find(wish()).scenes[0]
    first = source.read(scene, scene.asset_of("red"), frame(BAVET, 100))
    server.shutdown()
    server.server_close()
    cut = hub_of(offline=True)
    again = cut.find(wish()).scenes[0]
    assert (
        cut.read(again, again.asset_of("red"), frame(BAVET, 100)).bands == first.bands
    ).all()
    with pytest.raises(SourceError, match="--offline"):
        cut.read(again, again.asset_of("red"), frame(BAVET, 200))


@pytest.mark.parametrize("status", [503, 429, 500])
def test_a_moment_of_weakness_is_waited_out(hub_of, server, status):
    source = hub_of(f"weak{status}")
    scene = source.find(wish()).scenes[0]
    server.bad.append((status, {}))
    assert source.read(scene, scene.asset_of("red"), frame(BAVET, 200)).valid.all()


@pytest.mark.parametrize("status", [503, 429])
def test_a_service_that_stays_weak_is_named_and_nothing_hangs(hub_of, server, status):
    source = hub_of(f"gone{status}")
    scene = source.find(wish()).scenes[0]
    server.bad.extend([(status, {})] * 50)
    with pytest.raises(SourceError, match="hub:test failed"):
        source.read(scene, scene.asset_of("red"), frame(BAVET, 200))


def test_a_quota_that_is_used_up_is_told_in_the_services_own_words(hub_of, server):
    source = hub_of("poor")
    scene = source.find(wish()).scenes[0]
    told = {"error": {"status": 403, "message": "Insufficient processing units available."}}
    server.bad.append((403, told))
    with pytest.raises(SourceError, match="Insufficient processing units"):
        source.read(scene, scene.asset_of("red"), frame(BAVET, 200))


def test_a_token_service_that_says_nothing_is_not_waited_for(hub_of, server, monkeypatch):
    monkeypatch.setattr(hub, "PATIENCE", 0.3)
    server.moods.appendleft(("", hostile.silence(1.5)))
    with pytest.raises(SourceError, match="no token"):
        hub_of("patient").find(wish())


def test_wrong_credentials_are_told_and_never_shown(hub_of, caplog):
    caplog.set_level("DEBUG")
    with pytest.raises(InputError, match="SH_CLIENT_SECRET") as caught:
        hub_of("stranger", "WRONGSECRET").find(wish())
    assert "WRONGSECRET" not in str(caught.value) + caplog.text


def test_a_wrong_secret_does_not_pass_on_the_token_of_a_right_one(hub_of):
    assert hub_of("same").find(wish()).scenes
    with pytest.raises(InputError, match="does not accept"):
        hub_of(
            "same", "WRONGSECRET", refresh=True, cache=Cache(hub_of().cache.folder / "2")
        ).find(wish())


def test_secrets_are_in_no_repr(hub_of):
    assert SECRET not in repr(hub_of())


def test_hubs_are_opened_by_name_with_credentials_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SH_CLIENT_ID", "me")
    monkeypatch.setenv("SH_CLIENT_SECRET", "mine")
    source = open_hub("cdse", Cache(tmp_path))
    assert source.config.sh_base_url == "https://sh.dataspace.copernicus.eu"
    assert source.config.max_retries == hub.ATTEMPTS
    with pytest.raises(UsageError, match="no hub we know"):
        open_hub("elsewhere", Cache(tmp_path))
    monkeypatch.delenv("SH_CLIENT_ID")
    with pytest.raises(InputError, match="wants credentials"):
        open_hub("cdse", Cache(tmp_path))


def test_a_collection_that_is_none_of_ours_is_named(hub_of):
    with pytest.raises(InputError, match="landsat-9"):
        hub_of().find(wish(collections=("landsat-9",)))
