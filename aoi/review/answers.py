"""What went wrong, in a sentence, whatever it was.

StockadeError, unfit request, no such page, crash ──► {"sentence": …} and a status
"""

from __future__ import annotations

import logging

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from geo.errors import InputError

log = logging.getLogger(__name__)


async def told(_: Request, error: Exception) -> JSONResponse:
    """Pass on what was raised on purpose: its text is a sentence."""
    status = 400 if isinstance(error, InputError) else 503
    return JSONResponse({"sentence": str(error)}, status_code=status)


async def unfit(_: Request, error: Exception) -> JSONResponse:
    """Say which part of a request does not fit."""
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    first = next(iter(faults), {"loc": ("request",), "msg": "unreadable"})
    where = " ".join(str(part) for part in first["loc"] if part not in {"body", "query"})
    sentence = f"The request does not fit: {where or 'body'}: {first['msg']}."
    return JSONResponse({"sentence": sentence}, status_code=422)


async def not_so(_: Request, error: Exception) -> JSONResponse:
    """Say that there is no such thing, or why not."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    sentence = str(error.detail) if isinstance(error, HTTPException) else ""
    own_words = {"Not Found": "There is nothing here.",
                 "Method Not Allowed": "That cannot be done here."}  # fmt: skip
    sentence = own_words.get(sentence, sentence)
    return JSONResponse({"sentence": sentence}, status_code=status)


async def crashed(request: Request, error: Exception) -> JSONResponse:
    """The outer edge: what nobody foresaw is logged whole, and told as what it is."""
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    sentence = "Stockade failed here; the terminal says where. Reload to see what stands."
    return JSONResponse({"sentence": sentence}, status_code=500)
