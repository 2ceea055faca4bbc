"""Turn what Sentinel Hub's client raises into sentences; secrets stay out of them.

    with hub_errors(name): …      OAuth ──► InputError      anything that fails ──► SourceError

Source: sentinelhub-py's exceptions; the service's error document.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from requests import RequestException
from sentinelhub.exceptions import (
    BaseSentinelHubException,
    DownloadFailedException,
    SHRateLimitWarning,
)

from geo.errors import InputError, SourceError, StockadeError


@contextmanager
def hub_errors(name: str, attempts: int) -> Iterator[None]:
    """Speak for the client.

    Args:
        name: of the hub.
        attempts: how often the client tried.

    Raises:
        InputError: the credentials were not accepted.
        SourceError: anything else that the service or the way to it did.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SHRateLimitWarning)  # it waits, which is enough
            yield
    except StockadeError:
        raise
    except DownloadFailedException as error:
        response = getattr(error.request_exception, "response", None)
        status = "no answer" if response is None else f"status {response.status_code}"
        raise SourceError(f"{name} failed ({status}){_said(response)}.") from None
    except (RequestException, BaseSentinelHubException, OSError) as error:
        raise SourceError(
            f"{name} failed ({type(error).__name__}) after {attempts} tries. Too many "
            "requests, or the service is down; run the same command again later."
        ) from None
    except Exception as error:
        if type(error).__module__.startswith("oauthlib"):
            raise InputError(
                f"{name} does not accept these credentials ({type(error).__name__}). Check "
                "SH_CLIENT_ID and SH_CLIENT_SECRET, or the profile in SH_PROFILE."
            ) from None
        raise


def _said(response: Any) -> str:
    """Quote what the service says of a refusal: a quota used up, a band that is none."""
    try:
        told = response.json()["error"]
        said = str(told.get("message") or told.get("reason") or "")
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""
    return f": {' '.join(said.split())[:200].rstrip('.')}" if said else ""


def in_time(job: Callable[[], None], seconds: float, complaint: str) -> None:
    """Do a job, but wait no longer than so for it.

    Raises:
        SourceError: it took longer; ``complaint`` says what.
    """
    failed: list[BaseException] = []

    def work() -> None:
        """Do the job, and keep what it raised."""
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise SourceError(f"{complaint} Run the same command again later.")
    if failed:
        raise failed[0]
