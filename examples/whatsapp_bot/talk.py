"""Talk to the bot in a terminal: the stand-in is the platform, you are the customer.

    BEHOUD_KEY=bh_… BEHOUD_WHATSAPP_SECRET=… CUSTOMER=C-1 python -m examples.whatsapp_bot.talk

Write what a customer would; a number taps the choice with that number. The service needs the same BEHOUD_WHATSAPP_SECRET.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from examples.whatsapp_bot.bot import Bot, server
from examples.whatsapp_bot.stand_in import NUMBER, TOKEN, Platform, choices


def talk(platform: Platform, lines: Iterable[str]) -> Iterator[str]:
    """What the customer reads after each line. Each message is reported as delivered, as the platform does."""
    for line in lines:
        said, count = line.strip(), len(platform.sent)
        offered = choices(platform.sent[-1]) if platform.sent else []
        if said.isdecimal() and 0 < int(said) <= len(offered):
            platform.taps(offered[int(said) - 1][1]["title"])
        else:
            platform.writes(said)
        message = platform.wait_for(count + 1)
        platform.reports("delivered")
        yield shown(message)


def shown(message: dict[str, Any]) -> str:
    """As a telephone shows it, with a number before each choice."""
    text = message["text"]["body"] if message["type"] == "text" else message["interactive"]["body"]["text"]
    numbered = [f"  [{place}] {reply['title']}" for place, (_, reply) in enumerate(choices(message), start=1)]
    return "\n".join([text, *numbered])


def main() -> None:
    """Until there is nothing more to say."""
    language = os.environ.get("BOT_LANGUAGE", "nl")
    platform = Platform(os.environ["BEHOUD_WHATSAPP_SECRET"])
    behoud = os.environ.get("BEHOUD_URL", "http://127.0.0.1:8080")
    bot = Bot(
        behoud, os.environ["BEHOUD_KEY"], platform.url, TOKEN, {NUMBER: os.environ["CUSTOMER"]}, language
    )
    webhook = server(bot)
    platform.webhook = f"http://127.0.0.1:{webhook.server_port}"
    for http in (platform.server, webhook):
        threading.Thread(target=http.serve_forever, daemon=True).start()
    for answer in talk(platform, sys.stdin):
        print(answer, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
