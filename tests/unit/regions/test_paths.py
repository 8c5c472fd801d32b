"""Paths of requests, made of what users have sent."""

from urllib.parse import unquote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tricircle.regions.errors import RegionError
from tricircle.regions.paths import path

PARTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda part: part not in (".", ".."))


@given(st.lists(PARTS, min_size=1))
def test_each_part_means_itself_wherever_it_goes(parts: list[str]) -> None:
    made = requests.Request("GET", f"http://central/v2.0{path(*parts)}").prepare()
    segments = (made.path_url).split("/")[2:]
    assert [unquote(segment) for segment in segments] == parts


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_directory_is_no_object(part: str) -> None:
    with pytest.raises(RegionError) as raised:
        path("quotas", part)
    assert raised.value.code == 404
    assert repr(part) in raised.value.message
