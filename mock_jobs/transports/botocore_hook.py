"""The hook into botocore: while it is open, it answers botocore's requests to AWS in this process.

It does not matter when a client was created. Only requests that moto's settings let out (`passthrough`, for example) reach AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.signers import RequestSigner

from mock_jobs.core.errors import HIDDEN, UsageError, UsageValueError
from mock_jobs.core.process import start_lock
from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.moto_adapters import polls
from mock_jobs.transports import aiobotocore_hook, services
from mock_jobs.transports.lost_answers import answering_requests, lost_error
from mock_jobs.transports.router import RETRY_HEADER, HttpRequest, Router
from mock_jobs.transports.sessions import new_session
from mock_jobs.transports.unmocked import AnyRequest, not_implemented_error, unmocked_error
from mock_jobs.transports.worlds import Worlds
from mock_jobs.wire.http import Answer
from mock_jobs.wire.loader import shared_loader
from mock_jobs.wire.origin import is_aws_host, without_last_dot

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

    from mock_jobs.batch.scenario.pace_stack import PaceStack

__tracebackhide__ = HIDDEN

_FAKE_KEYS = "FOOBARKEY", "FOOBARSECRET"


class BotocoreHook:
    """Answers the requests of botocore in this process.

    Uses are counted. The last `close` restores botocore.
    """

    def __init__(self) -> None:
        self._worlds = Worlds(shared=True)
        self.world = self._worlds.of("")
        self._router = Router(self._worlds, obeys_passthrough=True)
        self.tidy = moto_core.tidy_requests_library
        self._opened = 0
        self._seeding: list[object] = []
        self._put_back = ExitStack()

    @property
    def pace_stack(self) -> PaceStack:
        """The pace of Batch jobs in this process."""
        return self.world.shared(services.batch().scenario).pace_stack

    def begin_seed(self, owner: object, seed: int | None) -> None:
        """Draw ids from a seed until `end_seed` is called for the same owner. The first owner decides, and the others may agree.

        Args:
            owner: Who asks; before its mock starts, so that the reset at its start begins the seed.
            seed: The seed; None lets the world draw one if this is the first owner.

        Raises:
            UsageValueError: Another seed is in use already.
        """
        with start_lock:
            if not self._seeding:
                self._begin_seed(seed)
            elif seed not in (None, self.world.seed):
                raise UsageValueError(
                    f"this mock is inside another one, which draws its ids from the seed {self.world.seed} already: "
                    f"give seed={seed} to the outermost mock"
                )
            self._seeding.append(owner)

    def _begin_seed(self, seed: int | None) -> None:
        try:
            self._worlds.begin_seed(seed)
        except BaseException:
            self._worlds.end_seed()
            raise

    def end_seed(self, owner: object) -> None:
        """End one use; the last one restores chance."""
        with start_lock:
            self._seeding.remove(owner)
            if not self._seeding:
                self._worlds.end_seed()

    def open(self) -> None:
        """Start answering requests; moto must be active."""
        with start_lock:
            self._opened += 1
            if self._opened > 1:
                return
            try:
                self._patch()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """End one use; the last one restores botocore."""
        with start_lock:
            self._opened -= 1
            if self._opened == 0:
                self._put_back.close()

    def _patch(self) -> None:
        self._put_back.callback(self._worlds.pause)
        aiobotocore_hook.opening.begin()
        self._put_back.callback(aiobotocore_hook.opening.end)
        self._put_back.callback(polls.stop_looking)
        self._replace(moto_core.stubber, "process_request", self._process)
        self._replace(type(moto_core.stubber), "__call__", aiobotocore_hook.answer_either)
        if hasattr(moto_core.stubber, "process_prepared_request"):
            prepared = answering_requests(moto_core.stubber.process_prepared_request)
            self._replace(moto_core.stubber, "process_prepared_request", prepared)
        self._put_back.callback(moto_core.tidy_requests_library)
        moto_core.serve_requests_library()
        self._replace(moto_core.MockAWS, "reset", _keeping_requests(moto_core.MockAWS.reset))
        self._replace(URLLib3Session, "send", _early_send(URLLib3Session.send))
        # Most of a client's cost is reading models and registering handlers. While the hook is open, both are shared.
        self._replace(botocore.session, "create_loader", shared_loader)
        self._replace(botocore.session, "get_session", new_session)
        lenient = _lenient_signer if moto_core.mocks_credentials() else None
        if lenient is not None:
            self._replace(RequestSigner, "get_auth_instance", lenient(RequestSigner.get_auth_instance, Credentials))
            self._replace(RequestSigner, "get_auth", RequestSigner.get_auth_instance)
        for each in aiobotocore_hook.replacements(lenient):
            self._replace(*each)

    def _replace(self, owner: Any, name: str, value: object) -> None:
        kept = vars(owner).get(name)
        setattr(owner, name, value)

        def put_back() -> None:
            if kept is None:
                delattr(owner, name)
            else:
                setattr(owner, name, kept)

        self._put_back.callback(put_back)

    def _process(self, request: AWSPreparedRequest) -> moto_core.MotoAnswer | None:
        """Answer a request as `BotocoreStubber.process_request` does: mock_jobs first, then moto."""
        url, headers = request.url, request.headers
        scheme, _, rest = url.partition("://")
        host, _, target = rest.partition("/")
        if not is_aws_host(host):
            return moto_core.moto_answers(request)
        if host.partition(":")[0].endswith("."):
            # The name is absolute, and the patterns of moto know no such names.
            host = without_last_dot(host)
            url = request.url = f"{scheme}://{host}/{target}"
        path, _, query = target.partition("?")
        sent = HttpRequest(
            request.method,
            scheme,
            host,
            f"/{path}",
            query,
            lambda: _body(request),
            headers.get("Authorization"),
            _text(headers.get(moto_core.ACCOUNT_HEADER)),
            retry_info=headers.get(RETRY_HEADER),
        )
        decided = self._router.route(sent)
        if decided is None:
            return None
        if isinstance(decided, Answer):
            if decided.failure is not None:
                raise lost_error(decided.failure, request)
            return decided.status, decided.headers, decided.body
        if decided.account is not None:
            _name_account(request, decided.account)
        try:
            answered = self._ask_moto(request, is_for_stacks=decided.is_for_stacks)
        except NotImplementedError as error:
            if isinstance(error, UsageError):
                raise
            raise not_implemented_error(_any(sent, headers), error) from error
        is_stopped = not moto_core.lets_out(sent.url) if answered is None else answered == moto_core.NOT_MOCKED
        if is_stopped and moto_core.is_known(host):
            raise not_implemented_error(_any(sent, headers), moto_core.MissingError("moto has no such path"))
        if is_stopped:
            raise unmocked_error(_any(sent, headers))
        if decided.lists_records and answered is not None and answered[0] == HTTPStatus.OK:
            kept = {name: value for name, value in answered[1].items() if name.lower() != "content-length"}
            return HTTPStatus.OK, kept, self._router.with_records(answered[2])
        return answered

    def _ask_moto(self, request: AWSPreparedRequest, *, is_for_stacks: bool) -> moto_core.MotoAnswer | None:
        if not is_for_stacks:
            return moto_core.moto_answers(request)
        with self._router.stack_run() as note_status:
            answered = moto_core.moto_answers(request)
            if answered is not None:
                note_status(answered[0])
        return answered


def _any(sent: HttpRequest, headers: Any) -> AnyRequest:
    return AnyRequest(sent.method, sent.host, sent.path, sent.query, headers, sent.read_body())


def _name_account(request: Any, account: str) -> None:
    # Before moto 5.2.5 a request of the requests library comes as one of werkzeug's, with headers that cannot be set.
    if hasattr(request, "environ"):
        request.environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
    else:
        request.headers[moto_core.ACCOUNT_HEADER] = account


def _text(header: Any) -> str | None:
    return header.decode("latin-1") if isinstance(header, bytes) else header


def _body(request: Any) -> bytes:
    # Before moto 5.2.5 a request of the requests library comes as one of werkzeug's.
    body = request.body if hasattr(request, "body") else request.data
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return bytes(body.read() if hasattr(body, "read") else body)


def _keeping_requests(reset: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return moto's reset, which also makes the `requests` library unmocked, without that."""

    def reset_and_serve(mock: Any) -> None:
        reset(mock)
        moto_core.serve_requests_library()

    return reset_and_serve


def _early_send(send: Callable[..., Any]) -> Callable[..., Any]:
    """Mock clients that were made before moto was imported, which lack its botocore handler."""

    def send_or_answer(session: URLLib3Session, request: AWSPreparedRequest) -> Any:
        if is_aws_host(request.url.partition("://")[2].partition("/")[0]):
            response = aiobotocore_hook.answer(request)
            if response is not None:
                return response
        return send(session, request)

    return send_or_answer


def _lenient_signer(get_auth_instance: Callable[..., Any], make_credentials: Callable[[str, str], Any]) -> Callable[..., Any]:
    """Return a signer's method that signs with fake credentials for a client that was made without any."""
    credentials = make_credentials(*_FAKE_KEYS)

    def get_auth_or_fake(
        signer: RequestSigner,
        signing_name: str,
        region_name: str,
        signature_version: str | None = None,
        request_credentials: Credentials | None = None,
        **kwargs: Any,
    ) -> Any:
        if request_credentials is None and signer._credentials is None:  # type: ignore[attr-defined]  # noqa: SLF001 - the seam
            request_credentials = credentials
        return get_auth_instance(signer, signing_name, region_name, signature_version, request_credentials, **kwargs)

    return get_auth_or_fake


_hook: BotocoreHook | None = None


def the_hook() -> BotocoreHook:
    """Return the hook of this process. There is one, since there is one botocore."""
    global _hook  # noqa: PLW0603 - made when first needed
    with start_lock:
        if _hook is None:
            _hook = BotocoreHook()
        return _hook
