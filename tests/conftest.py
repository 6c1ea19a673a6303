"""What tests share: where the public material lies that is not part of the project."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # the machine may be busy
settings.load_profile("untimed")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of suites and real records beside the project; skips (in CI: fails) without it."""
    folder = Path(os.environ.get("MAILSURVEY_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        reason = f"needs the suites and records of {folder}, which are not part of the project"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
