"""Reads and answers the mails in a mailbox, as a mail client would: a second opinion on what deskpost writes.

  mail.py list INBOX                            one line a mail: number, sender, subject
  mail.py text INBOX N                          headers and readable text, decoded
  mail.py raw INBOX N                           the bytes as delivered, but with lines that end in LF
  mail.py header INBOX N NAME                   one decoded header, each occurrence on a line
  mail.py wait INBOX REGEX SECONDS [AFTER]      number of the first matching mail after number AFTER
  mail.py reply INBOX N FROM                    a reply to mail N; its new text comes from standard input

INBOX is imap://USER:PASSWORD@HOST:PORT, all of it percent-encoded. REGEX is searched, across lines and without
case, in what `text` prints. Mails are numbered from 1 in order of arrival.
"""

import email
import email.policy
import email.utils
import imaplib
import re
import sys
import time
import urllib.parse

POLL_SECONDS = 0.1


class Mail:
    """One mail of an inbox. Its bytes are fetched when they are wanted, and only once."""

    def __init__(self, connection, uid):
        self.connection, self.uid, self.fetched = connection, uid, None

    def bytes(self):
        if self.fetched is None:
            _, answer = self.connection.uid("FETCH", self.uid, "(BODY.PEEK[])")
            self.fetched = answer[0][1].replace(b"\r\n", b"\n")
        return self.fetched


class Inbox:
    """The inbox of a user, opened without changing anything in it."""

    def __init__(self, url):
        place = urllib.parse.urlsplit(url)
        self.connection = imaplib.IMAP4(place.hostname, place.port)
        self.connection.login(urllib.parse.unquote(place.username), urllib.parse.unquote(place.password))
        self.connection.select("INBOX", readonly=True)
        self.mails = {}

    def arrivals(self):
        """Its mails, oldest first: UIDs rise in the order of arrival."""
        self.connection.noop()
        _, answer = self.connection.uid("SEARCH", "ALL")
        uids = sorted(answer[0].split(), key=int)
        self.mails = {uid: self.mails.get(uid) or Mail(self.connection, uid) for uid in uids}
        return list(self.mails.values())


def nth(inbox, number):
    mails = Inbox(inbox).arrivals()
    if not 1 <= number <= len(mails):
        sys.exit(f"mail {number} of {len(mails)} in {inbox}")
    return mails[number - 1]


def parse(mail):
    return email.message_from_bytes(mail.bytes(), policy=email.policy.default)


def body_text(message):
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return message.as_string() if message.is_multipart() else str(message.get_payload())
    return part.get_content()


def readable(mail):
    message = parse(mail)
    headers = "".join(f"{name}: {value}\n" for name, value in message.items())
    return headers + "\n" + body_text(message)


def wait(inbox, pattern, seconds, after):
    """Polls: what has been read once and did not match is not read again."""
    wanted = re.compile(pattern, re.MULTILINE | re.IGNORECASE | re.DOTALL)
    deadline = time.monotonic() + seconds
    opened, read = Inbox(inbox), after
    while True:
        for number, mail in enumerate(opened.arrivals()[read:], start=read + 1):
            if wanted.search(readable(mail)):
                return number
            read = number
        if time.monotonic() > deadline:
            sys.exit(f"no mail with /{pattern}/ after number {after} in {inbox} within {seconds:g} s")
        time.sleep(POLL_SECONDS)


def reply(mail, sender, new_text):
    """Builds what a common client sends: threading headers, a Re: subject, new text over the quoted old."""
    old = parse(mail)
    new = email.message.EmailMessage(policy=email.policy.SMTP)
    new["From"] = sender
    new["To"] = str(old.get("Reply-To") or old["From"])
    subject = str(old.get("Subject", ""))
    new["Subject"] = subject if re.match(r"re:", subject, re.IGNORECASE) else f"Re: {subject}"
    new["Date"] = email.utils.formatdate(localtime=True)
    new["Message-ID"] = email.utils.make_msgid(domain=email.utils.parseaddr(sender)[1].partition("@")[2])
    if old_id := old.get("Message-ID"):
        new["In-Reply-To"] = old_id
        new["References"] = f"{old.get('References', '')} {old_id}".strip()
    quoted = "".join(f"> {line}\n" for line in body_text(old).splitlines())
    new.set_content(f"{new_text.rstrip()}\n\nOn {old['Date']}, {old['From']} wrote:\n{quoted}")
    return new


def main(arguments):
    match arguments:
        case ["list", inbox]:
            for number, mail in enumerate(Inbox(inbox).arrivals(), start=1):
                message = parse(mail)
                print(f"{number}\t{message['From']}\t{message['Subject']}")
        case ["text", inbox, number]:
            print(readable(nth(inbox, int(number))))
        case ["raw", inbox, number]:
            sys.stdout.buffer.write(nth(inbox, int(number)).bytes())
        case ["header", inbox, number, name]:
            for value in parse(nth(inbox, int(number))).get_all(name, []):
                print(value)
        case ["wait", inbox, pattern, seconds, *after]:
            print(wait(inbox, pattern, float(seconds), int(after[0]) if after else 0))
        case ["reply", inbox, number, sender]:
            message = reply(nth(inbox, int(number)), sender, sys.stdin.read())
            sys.stdout.buffer.write(message.as_bytes())
        case _:
            sys.exit(__doc__)


main(sys.argv[1:])
