"""docs/pictures: what is committed is what the library computes now."""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
sys.path.insert(0, str(FOLDER))

import options as pictures  # noqa: E402


@pytest.mark.parametrize("draw", pictures.PICTURES, ids=lambda draw: draw.__name__)
def test_pictures_are_drawn_from_the_outputs(draw):
    assert str(draw()) == (FOLDER / f"{draw.__name__}.svg").read_text()


def test_every_picture_is_drawn():
    drawn = {draw.__name__ for draw in pictures.PICTURES}
    assert drawn == {path.stem for path in FOLDER.glob("*.svg")}
