"""Signatures: had when needed, renewed when they expire, never shown."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from geo.errors import SourceError
from geo.sources import tokens
from geo.sources.links import joined, part, plain, public_s3
from geo.sources.tokens import Doors, Keys, cdse_keys, presigned
from tests.geo.sources.drawn import asset, scene

BLOB = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/47/X/B04.tif"


@pytest.fixture
def sas(server, monkeypatch):
    """A token service on loopback; gives token1, token2, ... for as many seconds as it says."""
    settings = tokens._library().settings.Settings.get()
    monkeypatch.setattr(settings, "sas_url", f"{server.url}/sas")
    monkeypatch.setattr(settings, "subscription_key", "SUBSCRIPTION")
    keys: list[str] = []

    def serve(*seconds: float) -> list[str]:
        def one(number: int, life: float):
            def mood(handler, _body):
                keys.append(handler.headers["Ocp-Apim-Subscription-Key"])
                expiry = (datetime.now(UTC) + timedelta(seconds=life)).isoformat()
                told = {"msft:expiry": expiry, "token": f"sig=SECRET{number}"}
                handler.plain(200, json.dumps(told).encode())
                return True

            return mood

        server.spoil(*[one(i, life) for i, life in enumerate(seconds, start=1)])
        return keys

    return serve


def test_a_blob_is_signed_with_the_token_of_its_container_fetched_once(sas, client, server):
    keys = sas(3600)
    doors = Doors(client)
    assert doors.sign(BLOB) == f"{BLOB}?sig=SECRET1"
    assert doors.sign(BLOB) == f"{BLOB}?sig=SECRET1"
    assert [entry[1] for entry in server.log] == ["/sas/sentinel2l2a01/sentinel2-l2"]
    assert keys == ["SUBSCRIPTION"]


def test_a_token_that_soon_expires_is_fetched_anew(sas, client):
    sas(30, 3600)
    doors = Doors(client)
    doors.sign(BLOB)
    assert doors.sign(BLOB).endswith("SECRET2")


def test_a_token_that_was_refused_is_fetched_anew(sas, client):
    sas(3600, 3600)
    doors = Doors(client)
    doors.sign(BLOB)
    assert doors.renew(BLOB)
    assert doors.sign(BLOB).endswith("SECRET2")
    assert not doors.renew("https://elsewhere/x.tif")


def test_a_token_service_that_talks_nonsense_is_named(client, server, sas):
    server.spoil(lambda h, _: h.plain(200, b"{}") or True)
    with pytest.raises(SourceError, match="no token"):
        Doors(client).sign(BLOB)


def test_signatures_that_came_with_addresses_are_put_on_again(client):
    doors = Doors(client)
    doors.remember([scene(assets={"red": asset(secret="sig=SECRET")})])  # noqa: S106 - a test
    assert doors.sign("https://host/red.tif") == "https://host/red.tif?sig=SECRET"
    assert doors.sign("https://host/nir.tif") == "https://host/nir.tif"


def test_a_presigned_address_is_that_of_amazons_own_example():
    """Amazon S3 API reference, Authenticating requests: using query parameters."""
    keys = Keys(
        access="AKIAIOSFODNN7EXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",  # noqa: S106 - Amazon's
        endpoint="https://examplebucket.s3.amazonaws.com",
        region="us-east-1",
    )
    when = datetime(2013, 5, 24, tzinfo=UTC)
    url = presigned(
        "s3://examplebucket/test.txt", keys, now=lambda: when, life=86400, hosted=True
    )
    assert url.endswith("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_bucket_addresses_are_signed_with_keys_and_public_without(client):
    keys = Keys(access="A", secret="SECRET", endpoint="https://eodata.example")  # noqa: S106
    signed = Doors(client, keys).sign("s3://eodata/a b/c.jp2")
    assert signed.startswith("https://eodata.example/eodata/a%20b/c.jp2?X-Amz-Algorithm=")
    assert "SECRET" not in signed + repr(keys)
    assert (
        Doors(client).sign("s3://b/k.tif")
        == public_s3("s3://b/k.tif")
        == ("https://b.s3.amazonaws.com/k.tif")
    )
    assert plain(signed) == "https://eodata.example/eodata/a%20b/c.jp2"


def test_keys_come_from_the_environment(monkeypatch):
    monkeypatch.delenv("CDSE_S3_ACCESS_KEY", raising=False)
    assert cdse_keys() is None
    monkeypatch.setenv("CDSE_S3_ACCESS_KEY", "A")
    monkeypatch.setenv("CDSE_S3_SECRET_KEY", "SECRET")
    assert "SECRET" not in repr(cdse_keys())


@pytest.mark.parametrize(
    "name",
    [
        "sig",
        "se",
        "X-Amz-Signature",
        "x-goog-signature",
        "access_token",
        "apikey",
        "api_key",
        "token",
    ],
)
def test_every_known_kind_of_secret_is_cut_off(name):
    assert part(f"https://h/p?v=1&{name}=SECRET") == ("https://h/p?v=1", f"{name}=SECRET")


def test_of_a_key_nothing_is_shown_and_a_hash_tells_files_apart():
    assert plain("https://h/get?v=1&key=SECRET") == "https://h/get?v=1"
    bare, cut = part("https://h/get?v=1&Key=a%2Fb.tif")
    assert cut == "Key=a%2Fb.tif"
    assert bare.startswith("https://h/get?v=1#")
    assert bare != part("https://h/get?v=1&Key=a%2Fc.tif")[0]
    assert joined(bare, cut) == "https://h/get?v=1&Key=a%2Fb.tif"


def test_a_path_is_shown_as_it_is():
    assert plain("pictures #1/a?key=b.tif") == "pictures #1/a?key=b.tif"
