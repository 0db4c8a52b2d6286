"""Reads and answers the mails in a Maildir, as a mail client would: a second opinion on what deskpost writes.

  mail.py list MAILDIR                            one line a mail: number, sender, subject
  mail.py text MAILDIR N                          headers and readable text, decoded
  mail.py raw MAILDIR N                           the bytes as delivered
  mail.py header MAILDIR N NAME                   one decoded header, each occurrence on a line
  mail.py wait MAILDIR REGEX SECONDS [AFTER]      number of the first matching mail after number AFTER
  mail.py reply MAILDIR N FROM                    a reply to mail N; its new text comes from standard input

REGEX is searched, across lines and without case, in what `text` prints. Mails are numbered from 1 in order
of arrival.
"""

import email
import email.policy
import email.utils
import pathlib
import re
import sys
import time

POLL_SECONDS = 0.1


def arrivals(maildir):
    """The mails of a Maildir's inbox, oldest first."""
    root = pathlib.Path(maildir)
    found = []
    for folder in ("new", "cur"):
        if (root / folder).is_dir():
            found.extend((root / folder).iterdir())
    # Delivery names begin with seconds.MmicrosecondsPpid; the rest, a client's flags, is not order.
    return sorted(found, key=lambda path: delivered(path.name))


def delivered(name):
    match = re.match(r"(\d+)\.M(\d+)P", name)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def nth(maildir, number):
    mails = arrivals(maildir)
    if not 1 <= number <= len(mails):
        sys.exit(f"mail {number} of {len(mails)} in {maildir}")
    return mails[number - 1]


def parse(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def body_text(message):
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return message.as_string() if message.is_multipart() else str(message.get_payload())
    return part.get_content()


def readable(path):
    message = parse(path)
    headers = "".join(f"{name}: {value}\n" for name, value in message.items())
    return headers + "\n" + body_text(message)


def wait(maildir, pattern, seconds, after):
    """Polls: what has been read once and did not match is not read again."""
    wanted = re.compile(pattern, re.MULTILINE | re.IGNORECASE | re.DOTALL)
    deadline = time.monotonic() + seconds
    refused = set()
    while True:
        for number, path in enumerate(arrivals(maildir), start=1):
            key = path.name.split(":")[0]
            if number <= after or key in refused:
                continue
            try:
                text = readable(path)
            except FileNotFoundError:  # the server moved it from new to cur under our eyes
                break
            if wanted.search(text):
                return number
            refused.add(key)
        if time.monotonic() > deadline:
            sys.exit(f"no mail with /{pattern}/ after number {after} in {maildir} within {seconds:g} s")
        time.sleep(POLL_SECONDS)


def reply(path, sender, new_text):
    """Builds what a common client sends: threading headers, a Re: subject, new text over the quoted old."""
    old = parse(path)
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
        case ["list", maildir]:
            for number, path in enumerate(arrivals(maildir), start=1):
                message = parse(path)
                print(f"{number}\t{message['From']}\t{message['Subject']}")
        case ["text", maildir, number]:
            print(readable(nth(maildir, int(number))))
        case ["raw", maildir, number]:
            sys.stdout.buffer.write(nth(maildir, int(number)).read_bytes())
        case ["header", maildir, number, name]:
            for value in parse(nth(maildir, int(number))).get_all(name, []):
                print(value)
        case ["wait", maildir, pattern, seconds, *after]:
            print(wait(maildir, pattern, float(seconds), int(after[0]) if after else 0))
        case ["reply", maildir, number, sender]:
            message = reply(nth(maildir, int(number)), sender, sys.stdin.read())
            sys.stdout.buffer.write(message.as_bytes())
        case _:
            sys.exit(__doc__)


main(sys.argv[1:])
