"""What a browser does with pages, as far as these checks need it: cookies, forms, and where a request comes from."""

import html.parser
import http.client
import http.cookies
import urllib.parse
from dataclasses import dataclass, field


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def location(self):
        return self.headers.get("location", "")

    @property
    def is_page(self):
        return self.headers.get("content-type", "").startswith("text/html")


@dataclass
class Form:
    action: str
    method: str
    multipart: bool
    # Name, value and kind of each field, in their order.
    fields: list = field(default_factory=list)

    def values(self):
        """What is sent when nothing is changed and the first button is pressed."""
        buttons = [one for one in self.fields if one[2] == "button"][:1]
        return [one[:2] for one in self.fields if one[2] not in ("button", "file")] + [one[:2] for one in buttons]


class Page(html.parser.HTMLParser):
    """The links and forms of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.forms, self.outside, self.by_id, self.text = [], [], [], {}, ""
        self.feed(text)
        for form_id, one in self.outside:
            if form_id in self.by_id:
                self.by_id[form_id].fields.append(one)

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        self.links += [said[name] for name in ("href", "src", "formaction") if said.get(name)]
        if tag == "form":
            multipart = said.get("enctype") == "multipart/form-data"
            self.forms.append(Form(said.get("action") or "", said.get("method", "get").upper(), multipart))
            self.by_id[said.get("id")] = self.forms[-1]
        elif tag in ("input", "textarea", "select", "button") and said.get("name"):
            kind = "button" if tag == "button" else said.get("type", "text") if tag == "input" else tag
            if kind in ("checkbox", "radio") and "checked" not in said:
                return
            one = (said["name"], said.get("value") or "", kind)
            if said.get("form"):
                self.outside.append((said["form"], one))
            elif self.forms:
                self.forms[-1].fields.append(one)


class Browser:
    """One browser at one server, which keeps its connection and its cookies."""

    def __init__(self, port, base=""):
        self.port, self.base = port, base
        self.cookies = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def copy(self):
        other = Browser(self.port, self.base)
        other.cookies = dict(self.cookies)
        return other

    def send(self, method, path, body=None, headers=()):
        headers = dict(headers)
        if self.cookies and "Cookie" not in headers:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        for attempt in (1, 2):
            try:
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                break
            except (ConnectionError, http.client.BadStatusLine):
                self.connection.close()
                if attempt == 2:
                    raise
        streams = answer.headers.get("content-type", "").startswith("text/event-stream")
        read = Answer(answer.status, answer.headers, b"" if streams else answer.read())
        if streams or answer.status == 101:
            self.connection.close()
        for line in answer.headers.get_all("set-cookie", []):
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self.cookies.pop(name, None)
                if morsel.value and morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value
        return read

    def get(self, path, headers=()):
        return self.send("GET", path, headers=headers)

    def post(self, path, fields, headers=None):
        """A form as a page of this server sends it, or with other headers as another one would."""
        own = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"} if headers is None else headers
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urllib.parse.urlencode(fields), {**kind, **own})

    def post_parts(self, path, fields, files=()):
        """The same in parts. `files` are (field, name, content)."""
        mark, text = b"a-part-begins-here", b""
        for name, value in fields:
            text += b'--%s\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (mark, name.encode(), encoded(value))
        for name, file, content in files:
            head = b'--%s\r\ncontent-disposition: form-data; name="%s"; filename="%s"\r\ncontent-type: image/png\r\n\r\n'
            text += head % (mark, name.encode(), file.encode()) + content + b"\r\n"
        text += b"--%s--\r\n" % mark
        kind = f"multipart/form-data; boundary={mark.decode()}"
        return self.send("POST", path, text, {"Content-Type": kind, "Origin": self.origin, "Sec-Fetch-Site": "same-origin"})

    def token(self, path):
        """The form token of a page."""
        for form in Page(self.get(path).text).forms:
            for name, value, _ in form.fields:
                if name == "csrf":
                    return value
        raise AssertionError(f"{path} has no form")

    def sign_in(self, user, password):
        login = f"{self.base}/login"
        answer = self.post(login, {"csrf": self.token(login), "user": user, "password": password, "remember": "yes"})
        assert answer.status == 303, f"{user} cannot sign in: {answer.status} {answer.text[:300]}"
        return self


def encoded(value):
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
