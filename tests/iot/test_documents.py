"""The copy of the document that devices get."""

from __future__ import annotations

import inspect
import json
import math
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_jobs.iot.documents.device_document import device_copy, java_double
from mock_jobs.iot.documents.json_text import is_json


@pytest.mark.parametrize(
    ("document", "copy"),
    [
        pytest.param('{ "a": 1.50, "n": null }', '{"a":1.5}', id="spaces, a trailing zero and a null"),
        pytest.param("null", "null", id="null document"),
        pytest.param("[null, {}]", "[null,{}]", id="null in a list"),
        pytest.param('{"a": {"b": null}}', '{"a":{}}', id="null member deeper"),
        pytest.param('{"a": "null"}', '{"a":"null"}', id="the text null"),
        pytest.param('{"a": 1, "b": 2, "a": 3}', '{"a":3,"b":2}', id="repeated key"),
        pytest.param('{"a": 1, "b": 2, "\\u0061": 3}', '{"a":3,"b":2}', id="repeated key, written otherwise"),
        pytest.param('{"a": 1, "a": null}', "{}", id="repeated key, null at last"),
        pytest.param(r'"\u0041\/\u00fc"', '"A/ü"', id="needless escapes"),
        pytest.param(r'"\"\\"', r'"\"\\"', id="needed escapes"),
        pytest.param(r'"\b\t\n\f\r"', r'"\b\t\n\f\r"', id="short escapes"),
        pytest.param(r'"\u0008\u0009\u000a\u000c\u000d"', r'"\b\t\n\f\r"', id="short escapes written long"),
        pytest.param(r'"\u001f\u0000"', r'"\u001F\u0000"', id="control characters"),
        pytest.param(r'"\ud83d\ude00"', '"😀"', id="a pair of surrogates"),
        pytest.param(r'"\ud83d x \ude00"', r'"\uD83D x \uDE00"', id="lone surrogates"),
        pytest.param("123456789012345678901234567890", "123456789012345678901234567890", id="large integer"),
        pytest.param("-0", "0", id="minus zero"),
        pytest.param("-12", "-12", id="negative integer"),
        pytest.param("2.50", "2.5", id="trailing zero"),
        pytest.param("1E2", "100.0", id="1E2"),
        pytest.param("1e-7", "1.0E-7", id="1e-7"),
        pytest.param("12345678.9", "1.23456789E7", id="12345678.9"),
        pytest.param("1E400", '"Infinity"', id="1E400"),
        pytest.param("-1E400", '"-Infinity"', id="-1E400"),
        pytest.param("0.001", "0.001", id="0.001"),
        pytest.param("0.0001", "1.0E-4", id="0.0001"),
        pytest.param("9999999.5", "9999999.5", id="below ten million"),
        pytest.param("10000000.0", "1.0E7", id="ten million"),
        pytest.param("0.0", "0.0", id="zero"),
        pytest.param("1.0", "1.0", id="one"),
        pytest.param("1e16", "1.0E16", id="1e16"),
        pytest.param("100.25", "100.25", id="100.25"),
        pytest.param("0.05", "0.05", id="0.05"),
        pytest.param(" [ 1 , true , false , \n\t{ } , [ ] ] ", "[1,true,false,{},[]]", id="white space"),
    ],
)
def test_the_device_gets_the_document_written_anew(iot, iot_data, document, copy):
    iot.create_thing(thingName="t")
    iot.create_job(jobId="job", targets=["arn:aws:iot:us-east-1:123456789012:thing/t"], document=document)

    assert iot_data.describe_job_execution(jobId="job", thingName="t")["execution"]["jobDocument"] == copy
    assert iot.get_job_document(jobId="job")["document"] == document


def test_a_document_of_a_thousand_levels_reaches_the_device():
    document = "[ " * 1000 + "] " * 1000

    assert device_copy(document) == "[" * 1000 + "]" * 1000


def test_a_document_is_read_however_deep_the_stack_of_the_test_is():
    document = "[" * 150 + "]" * 150

    def at_depth(depth):
        return is_json(document) if depth == 0 else at_depth(depth - 1)

    depth = len(inspect.stack())
    room = sys.getrecursionlimit() - depth
    assert at_depth(room - 60) is True


finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def without_null_members(value):
    if isinstance(value, dict):
        return {key: without_null_members(each) for key, each in value.items() if each is not None}
    return [without_null_members(each) for each in value] if isinstance(value, list) else value


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_the_copy_means_the_same_as_the_original_but_for_null_members(value, ascii_only, indent):
    document = json.dumps(value, ensure_ascii=ascii_only, indent=indent)

    assert is_json(document)
    assert json.loads(device_copy(document)) == without_null_members(value)


@given(values)
def test_a_copy_of_the_copy_is_the_same(value):
    copy = device_copy(json.dumps(value))

    assert device_copy(copy) == copy


@given(finite)
def test_java_prints_a_double_that_reads_back_as_the_same(value):
    printed = java_double(value)

    assert struct.pack("d", float(printed)) == struct.pack("d", value)
    mantissa, _, exponent = printed.partition("E")
    assert "." in mantissa
    size = abs(value)
    assert bool(exponent) is (size != 0 and not 1e-3 <= size < 1e7)
    if exponent:
        assert 1 <= math.fabs(float(mantissa)) < 10


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (4.9e-324, "4.9E-324"),
        (-4.9e-324, "-4.9E-324"),
        (1e-323, "9.9E-324"),
        (1.5e-323, "1.5E-323"),
        (2e-323, "2.0E-323"),
        (1e23, "1.0E23"),
        (0.005, "0.005"),
        (3.0, "3.0"),
    ],
)
def test_where_one_digit_would_do_java_prints_the_closest_two(value, printed):
    assert java_double(value) == printed


def is_strict_json(text):
    def refuse(name):
        raise ValueError(name)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


@given(st.text(alphabet='{}[]:,"\\ue0123456789.-+ truefalsnN\n', max_size=30))
def test_what_counts_as_json_is_what_pythons_strict_parser_takes(text):
    assert is_json(text) is is_strict_json(text)
    # With so many brackets it may be deeper than Python's parser can follow, and is read part by part.
    assert is_json(f"[{'[],' * 1001}{text}]") is is_strict_json(f"[[],{text}]")
