"""A plain caller of Unipile's v1 API, for tests of the simulator: no rules, no repeats."""

import http.client
import json
import socket
import urllib.parse

SECONDS = 10


class Cut(Exception):
    """The connection ended before the whole answer was there."""


def multipart(fields, boundary="b0undary"):
    """(content type, body) of a form; fields are (name, value) in their order."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    ]
    body = "".join(parts) + f"--{boundary}--\r\n"
    return f"multipart/form-data; boundary={boundary}", body.encode()


class Api:
    """One call, one connection; answers are (status, parsed JSON)."""

    def __init__(self, url, key):
        self.host = urllib.parse.urlsplit(url).netloc
        self.key = key

    def raw(self, method, path, body=None, content_type=None, seconds=SECONDS):
        """(status, content type, text)."""
        headers = {"X-API-KEY": self.key} if self.key else {}
        if content_type:
            headers["Content-Type"] = content_type
        connection = http.client.HTTPConnection(self.host, timeout=seconds)
        try:
            connection.request(method, "/api/v1" + path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except (http.client.HTTPException, ConnectionError) as error:
            raise Cut(str(error)) from error
        finally:
            connection.close()

    def call(self, *arguments, **options):
        status, _, text = self.raw(*arguments, **options)
        return status, json.loads(text)

    def get(self, path, **query):
        query = {name: value for name, value in query.items() if value is not None}
        return self.call("GET", path + "?" + urllib.parse.urlencode(query))

    def post(self, path, body):
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.call("POST", path, text, "application/json")

    def form(self, path, *fields):
        content_type, body = multipart(fields)
        return self.call("POST", path, body, content_type)

    # ---- the calls that SAM makes ----

    def invite(self, account, provider_id, message=None):
        body = {"account_id": account, "provider_id": provider_id}
        if message is not None:
            body["message"] = message
        return self.post("/users/invite", body)

    def start_chat(self, account, provider_id, text):
        fields = ("account_id", account), ("attendees_ids", provider_id), ("text", text)
        return self.form("/chats", *fields)

    def say(self, account, chat_id, text):
        return self.form(f"/chats/{chat_id}/messages", ("account_id", account), ("text", text))

    def profile(self, account, identifier):
        return self.get(f"/users/{identifier}", account_id=account)

    def id_of(self, account, slug):
        return self.profile(account, slug)[1]["provider_id"]

    def pages(self, path, **query):
        """All pages of a list, as lists of items; a cursor that repeats ends it."""
        pages, seen, cursor = [], set(), None
        while cursor not in seen:
            seen.add(cursor)
            status, answer = self.get(path, cursor=cursor, **query)
            if status != 200:
                raise AssertionError(f"{path}: {status} {answer}")
            pages.append(answer["items"])
            cursor = answer["cursor"]
            if cursor is None:
                break
        return pages

    def items(self, path, **query):
        return [item for page in self.pages(path, **query) for item in page]


def connected(host):
    """A bare connection, to send what no client would."""
    name, port = host.rsplit(":", 1)
    return socket.create_connection((name, int(port)), SECONDS)
