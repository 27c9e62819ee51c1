"""Lists what a mock patches in the process."""

from __future__ import annotations

import os

import boto3
import botocore.session
from botocore.httpsession import URLLib3Session
from botocore.signers import RequestSigner
from moto.core.models import botocore_stubber, responses_mock


def patched() -> tuple[object, ...]:
    """What a mock changes in this process, to see that all of it is put back."""
    return (
        URLLib3Session.send,
        RequestSigner.get_auth_instance,
        RequestSigner.get_auth,
        "process_request" in vars(botocore_stubber),
        botocore_stubber.enabled,
        botocore.session.create_loader,
        botocore.session.get_session,
        boto3.DEFAULT_SESSION,
        os.environ.get("AWS_ACCESS_KEY_ID"),
        os.environ.get("AWS_DEFAULT_REGION"),
        len(responses_mock.registered()),
    )
