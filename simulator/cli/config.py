"""The settings as verbs get them: options over variables over the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.main import EnvironmentFailure

if TYPE_CHECKING:
    from simulator.settings import Settings


def settings_in_force(config: Path | None, flags: Mapping[str, object]) -> Settings:
    """The settings of a node that a verb is about to run.

    Args:
        config: the file of ``--config``, or None for that of ``AIFE_SIM_CONFIG``, if it is set.
        flags: options by path, None for those not given (see `simulator.settings.load`).

    Raises:
        EnvironmentFailure: what is wrong, one line each; the command ends with 3.
    """
    from simulator.settings import SettingsError, load

    named = os.environ.get("AIFE_SIM_CONFIG")
    file = config or (Path(named) if named else None)
    try:
        return load(file, os.environ, flags)
    except SettingsError as error:
        raise EnvironmentFailure(str(error)) from None
