"""The least a service like this can cost: one read, one atomic write of the same bytes, a constant answer of the same size."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator  # forty lines are all there are
from contextlib import asynccontextmanager
from itertools import count

from fastapi import FastAPI, Request, Response

from api.app import settle_garbage
from api.connection import connect

WRITE = b"redis.call('SET', KEYS[1], ARGV[1]) redis.call('XADD', KEYS[2], '*', 'id', KEYS[1])"


def floor() -> FastAPI:
    record, answer = b"x" * int(os.environ["FLOOR_RECORD"]), b"x" * int(os.environ["FLOOR_ANSWER"])
    redis, number = connect(os.environ["BEHOUD_REDIS_URL"], 1.0), count()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.write = await redis.script_load(WRITE)
        settle_garbage()
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/decisions")
    async def decide(request: Request) -> Response:
        await request.body()
        await redis.get("{p00}:customer:C-1")
        await redis.evalsha(app.state.write, 2, f"{{p00}}:decision:{next(number)}", "{p00}:floor", record)
        return Response(answer, media_type="application/json")

    return app
