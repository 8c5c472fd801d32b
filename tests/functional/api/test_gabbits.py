"""Sentence by sentence what the API promises: gabbits/*.yaml, whose tests' names are the sentences (gabbi)."""

import unittest
from collections.abc import Iterator
from pathlib import Path

import pytest
from gabbi import case, driver, reporter
from gabbi.suite import GabbiSuite

from tests.functional.api.gabbits import fixtures

_SUITES: dict[str, GabbiSuite] = {
    suite._tests[0].test_base_name: suite
    for suite in driver.build_tests(
        str(Path(__file__).parent / "gabbits"),
        unittest.TestLoader(),
        intercept=lambda: fixtures.application,
        test_loader_name="gabbits",
        fixture_module=fixtures,
    )
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each sentence, in the order of its file: a sentence builds on those before it."""
    cases = [(noun, sentence) for noun in sorted(_SUITES) for sentence in _SUITES[noun]]
    ids = [f"{noun}-{sentence.test_data['name']}" for noun, sentence in cases]
    metafunc.parametrize(("noun", "sentence"), cases, ids=ids, scope="module")


@pytest.fixture(scope="module")
def started(noun: str) -> Iterator[None]:
    """The application of a file."""
    result = reporter.PyTestResult()
    _SUITES[noun].start(result)
    yield
    _SUITES[noun].stop()


@pytest.mark.usefixtures("started")
def test_sentence(sentence: case.HTTPTestCase) -> None:
    """Whatever ran before it in its file is run first if it has not been. What is not as it says is raised."""
    sentence.run(reporter.PyTestResult())
    assert sentence.has_run
