"""Which flags a customer gets: asked of an OpenFeature provider in time, or the usual ones.

The embedded provider evaluates the folder's own file in process. Another one is asked in a thread, and never longer than the deadline.
Told is the customer's id alone: what changes with the contact would change his arm.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openfeature import api as openfeature
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason
from openfeature.provider import AbstractProvider, Metadata
from openfeature.provider.no_op_provider import NoOpProvider
from pydantic import ValidationError

from api.breaker import Breaker
from api.flag_file import RESERVED
from api.settings import SettingsError
from models.domain import Flags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openfeature.flag_evaluation import FlagEvaluationDetails
    from openfeature.provider import FeatureProvider

    from api.flag_file import FlagFile

log = logging.getLogger("behoud.flags")

AWAY: Final = "flags"
"""Named in `degraded` where the provider is away, and before a colon and the name of a flag that is no use."""
NUMBERS: Final = frozenset(("explore",))
UNUSABLE: Final = frozenset((ErrorCode.FLAG_NOT_FOUND, ErrorCode.TYPE_MISMATCH))
"""Errors of one flag, and not of the provider."""
BY_RULE: Final = frozenset((Reason.TARGETING_MATCH, Reason.SPLIT))
"""Why a variant is an arm: a rule chose it for this customer."""
THREADS: Final = 4
_domains = itertools.count(1)


Fits = Callable[[str, Mapping[str, Any]], bool]
"""Whether there is what one of these flags names."""
NEVER_SAID: Final = -1.0
"""What no provider answers, asked for where there is nothing usual."""


class Assigned(NamedTuple):
    """A customer's flags and the arm of each experiment he is in; `lost` as `degraded` has it: what the provider did not say in time, or what cannot be."""

    flags: Flags
    arms: Mapping[str, str]
    lost: tuple[str, ...] = ()


class InProcess(AbstractProvider):
    """A file of flags, evaluated by flagd's own rules without flagd."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._core = FlagdCore()
        self._core.set_flags(data.decode())

    def get_metadata(self) -> Metadata:
        return Metadata(name="flags.json")

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: Any = None
    ) -> Any:
        return self._core.resolve_boolean_value(flag_key, default_value, evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: Any = None
    ) -> Any:
        return self._core.resolve_string_value(flag_key, default_value, evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: Any = None
    ) -> Any:
        return self._core.resolve_integer_value(flag_key, default_value, evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: Any = None
    ) -> Any:
        return self._core.resolve_float_value(flag_key, default_value, evaluation_context)

    def resolve_object_details(
        self, flag_key: str, default_value: Any, evaluation_context: Any = None
    ) -> Any:
        return self._core.resolve_object_value(flag_key, default_value, evaluation_context)


class Flagging:
    """Asks a provider for `names`; `usual` stands for what it does not say, or names in vain. With a `deadline` (seconds) it is asked in a thread."""

    def __init__(
        self,
        provider: FeatureProvider,
        names: Sequence[str],
        usual: Flags,
        deadline: float | None = None,
        fits: Fits = lambda _name, _flags: True,
    ) -> None:
        self._fits = fits
        self._domain = f"behoud-{next(_domains)}"
        self.provider = provider.get_metadata().name
        self._names = tuple(names)
        self._usual = usual
        self._nothing = Assigned(usual, {}, (AWAY,))
        self._deadline = deadline
        self._breaker = Breaker()
        self._pool = None if deadline is None else ThreadPoolExecutor(THREADS, "flags")
        if deadline is None:
            openfeature.set_provider_and_wait(provider, self._domain)
        else:  # one that waits for its server must not hold up the start: until it is ready the usual flags stand
            openfeature.set_provider(provider, self._domain)
        self._client = openfeature.get_client(self._domain)

    def close(self) -> None:
        openfeature.set_provider(NoOpProvider(), self._domain)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def of(self, customer_id: str) -> Assigned:
        """This customer's. Never raises, and never takes longer than the deadline."""
        if self._pool is None:
            return self.ask(customer_id)
        if not self._breaker.admits():
            return self._nothing
        asked = asyncio.get_running_loop().run_in_executor(self._pool, self.ask, customer_id)
        try:
            found = await asyncio.wait_for(asked, self._deadline)
        except TimeoutError:
            found = self._nothing
        if AWAY in found.lost:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        return found

    def ask(self, customer_id: str) -> Assigned:
        """The same, as long as it takes."""
        context = EvaluationContext(targeting_key=customer_id)
        values, lost = self._usual.model_dump(), []
        arms: dict[str, str] = {}
        for name in self._names:
            told = self._details(name, values[name], context)
            if told.error_code is not None and told.error_code not in UNUSABLE:
                return self._nothing
            if told.error_code == ErrorCode.FLAG_NOT_FOUND or told.value == NEVER_SAID:
                continue
            why = told.error_message if told.error_code else self._misfit(name, {**values, name: told.value})
            if why:
                log.warning("flag not used", extra={"flag": name, "variant": told.variant, "why": why})
                lost.append(f"{AWAY}:{name}")
                continue
            values[name] = told.value
            experiment = str(told.flag_metadata.get("experiment", name))
            if told.variant is not None and told.reason in BY_RULE and experiment not in RESERVED:
                arms[experiment] = told.variant
        return Assigned(Flags.model_validate(values), arms, tuple(lost))

    def _misfit(self, name: str, values: Mapping[str, Any]) -> str | None:
        """Why a flag cannot be what it was said to be."""
        try:
            Flags.model_validate({name: values[name]})
        except ValidationError as error:
            return error.errors(include_url=False)[0]["msg"]
        return None if self._fits(name, values) else f"there is no '{values[name]}' here"

    def _details(self, name: str, usual: Any, context: EvaluationContext) -> FlagEvaluationDetails[Any]:
        if name not in NUMBERS:
            return self._client.get_string_details(name, usual, context)
        told = self._client.get_float_details(name, NEVER_SAID if usual is None else usual, context)
        if told.error_code != ErrorCode.TYPE_MISMATCH:
            return told
        # Many a server writes 1.0 as 1, which is no float to a provider.
        return self._client.get_integer_details(name, int(NEVER_SAID), context)


def flagging_of(
    file: FlagFile | None,
    usual: Flags,
    asked: Sequence[str],
    provider: str,
    options: Mapping[str, Any],
    deadline: float,
    fits: Fits = lambda _name, _flags: True,
) -> Flagging | None:
    """Who is to be `asked` for these flags for each customer; None where all get the same.

    Raises:
        SettingsError: a provider that cannot be made.
    """
    if provider:
        return Flagging(_made(provider, options), asked, usual, deadline, fits)
    names = [] if file is None else [name for name in asked if name in file.varying]
    return None if file is None or not names else Flagging(InProcess(file.data), names, usual, fits=fits)


def _made(provider: str, options: Mapping[str, Any]) -> FeatureProvider:
    module, _, name = provider.partition(":")
    try:
        made: FeatureProvider = getattr(import_module(module), name)(**options)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise SettingsError(
            f"BEHOUD_FLAGS: '{provider}' cannot be used ({error}); name an installed provider such as openfeature.contrib.provider.flagd:FlagdProvider, and its arguments in BEHOUD_FLAGS_OPTIONS"
        ) from None
    return made
