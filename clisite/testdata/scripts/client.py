#!/usr/bin/python3
"""Speaks as Python clients do: it refuses a greeting without a challenge, does not ask
for INLINE, and reads data until brackets balance. With a third argument tls or stls the
connection is in TLS."""
import base64
import hashlib
import re
import socket
import ssl
import sys

host, port, login, password, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
connection = socket.create_connection((host, port), timeout=60)
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
if mode == "tls":
    connection = context.wrap_socket(connection)
stream = connection.makefile("rb")


def line():
    text = stream.readline()
    assert text.endswith(b"\r\n"), text
    return text[:-2].decode()


def status():
    text = line()
    code, _, rest = text.partition(" ")
    return int(code), rest


def send(command):
    connection.sendall(command.encode() + b"\r\n")


def balanced(text):
    text = re.sub(r'"(\\.|[^"\\])*"', "", text)
    return text.count("(") == text.count(")") and text.count("{") == text.count("}")


def ask(command, data=False, code=200):
    send(command)
    got, text = status()
    assert got == code, (command, got, text)
    if not data:
        return text
    text = line()
    while not balanced(text):
        text += line()
    return text


code, text = status()
challenge = re.search(r"<[^>]*@[^>]*>", text)
assert code == 200 and challenge, "greeting without a challenge"
if mode == "stls":
    ask("STLS")
    connection = context.wrap_socket(connection)
    stream = connection.makefile("rb")
answer = hashlib.md5((challenge.group() + password).encode()).hexdigest()
ask("APOP %s %s" % (login, answer))

assert ask("ListDomains", data=True) == "(client1.com,client2.com,client3.com)"
content = "Grüße ".encode() * 50_000
block = base64.b64encode(content).decode()
ask('WRITESTORAGEFILE john FILE "grün.txt" NEW DATA [%s]' % block)
ask('WRITESTORAGEFILE john FILE "grün.txt" NEW DATA []', code=501)
got = ask("READSTORAGEFILE john FILE grün.txt", data=True)
assert base64.b64decode(got[2 : got.index("]")]) == content
wrapped = base64.encodebytes(b"x" * 1000).decode().rstrip("\n").replace("\n", "\r\n")
ask('WRITESTORAGEFILE john FILE "wrapped" DATA [%s]' % wrapped)
got = ask('READSTORAGEFILE john FILE "wrapped"', data=True)
assert base64.b64decode(got[2 : got.index("]")]) == b"x" * 1000
assert "grün.txt" in ask("LISTSTORAGEFILES john", data=True)
assert ask('LISTSTORAGEFILES john PATH "none"', code=501) == "no such file or folder"
ask('DELETESTORAGEFILE john FILE "grün.txt"')
ask('DELETESTORAGEFILE john FILE "wrapped"')
assert re.fullmatch(r"\(#\d+,#\d+\)", ask("GETSTORAGEFILEINFO john", data=True))
ask("NOSUCHCOMMAND", code=500)
ask("QUIT")
assert stream.read() == b""
print("done")
